import * as z from 'zod';
import { auditResultSchema } from '../../../shared/access/audit/entry.ts';
import { callerViewSchema } from '../../../shared/access/caller-view.ts';
import { jobSchema, jobStatusesSchema } from '../../../shared/contract/answers/job-schema.ts';
import {
  deletedOperationSchema,
  operationListSchema,
  operationOutcomesSchema,
  operationSchema,
} from '../../../shared/contract/answers/operation-schema.ts';
import { outcomeSchema } from '../../../shared/contract/answers/outcome-schema.ts';
import {
  bulkResultSchema,
  confirmationViewSchema,
  listResultSchema,
  oneResultSchema,
  providerListSchema,
  waitingListSchema,
} from '../../../shared/contract/answers/responses.ts';
import {
  createOperationRequest,
  listOperationsRequest,
  listOutcomesRequest,
  resumeOperationRequest,
  startOperationRequest,
  uploadPageRequest,
} from '../../../shared/contract/operation-requests.ts';
import {
  cancelJobBody,
  cancelJobsRequest,
  findRequest,
  getJobsRequest,
} from '../../../shared/contract/requests.ts';
import type { GatewayMethod } from '../../../shared/gateway.ts';
import { showConfirmationRequest, waitingRequest } from '../../../shared/use-cases/confirmation-requests.ts';
import { auditRequest } from '../../../shared/use-cases/read-audit.ts';

interface OperationSchemas {
  /** The schema of the body or the query, if there is one. */
  readonly request?: z.ZodObject;
  /** The schema of the answer to a request that is carried out. */
  readonly answer?: z.ZodType;
  /** The schema of an answer about one job, whose outcome decides the HTTP status. */
  readonly outcome?: z.ZodType;
}

/** The field of a cancel of many jobs that makes it an operation. */
const backgroundField = {
  background: z
    .boolean()
    .optional()
    .describe('Answer at once with an operation that cancels the jobs, instead of with their outcomes'),
};
const named = { operation_id: true } as const;

/** The schemas of each operation. A request is checked by its use case, so the table of routes does not hold them. */
export const operationSchemas: Readonly<Record<GatewayMethod, OperationSchemas>> = {
  cancelJob: { request: cancelJobBody, outcome: oneResultSchema },
  cancelJobs: { request: cancelJobsRequest.unwrap().extend(backgroundField), answer: bulkResultSchema },
  getJob: { answer: jobSchema, outcome: outcomeSchema },
  getJobs: { request: getJobsRequest.unwrap(), answer: jobStatusesSchema },
  listJobs: { request: findRequest.unwrap(), answer: listResultSchema },
  getCaller: { answer: callerViewSchema },
  listProviders: { answer: providerListSchema },
  listConfirmations: { request: waitingRequest.unwrap(), answer: waitingListSchema },
  showConfirmation: {
    request: showConfirmationRequest.unwrap().pick({ check: true }),
    answer: confirmationViewSchema,
  },
  approveConfirmation: { answer: confirmationViewSchema },
  closeConfirmation: { answer: confirmationViewSchema },
  createOperation: { request: createOperationRequest, answer: operationSchema },
  listOperations: { request: listOperationsRequest, answer: operationListSchema },
  getOperation: { answer: operationSchema },
  deleteOperation: { answer: deletedOperationSchema },
  uploadPage: {
    request: uploadPageRequest.omit({ ...named, page: true }),
    answer: operationSchema,
  },
  startOperation: { request: startOperationRequest.omit(named), answer: operationSchema },
  pauseOperation: { answer: operationSchema },
  resumeOperation: { request: resumeOperationRequest.omit(named), answer: operationSchema },
  listOutcomes: { request: listOutcomesRequest.omit(named), answer: operationOutcomesSchema },
  readAudit: { request: auditRequest.unwrap(), answer: auditResultSchema },
};
