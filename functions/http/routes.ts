import { jobSchema, jobStatusesSchema } from '../../shared/contract/job.ts';
import { outcomeSchema } from '../../shared/contract/outcome.ts';
import {
  cancelJobBody,
  cancelJobsRequest,
  findRequest,
  getJobsRequest,
} from '../../shared/contract/requests.ts';
import {
  bulkResultSchema,
  confirmationViewSchema,
  listResultSchema,
  oneResultSchema,
  providerListSchema,
  waitingListSchema,
} from '../../shared/contract/responses.ts';
import { showConfirmationRequest, waitingRequest } from '../../shared/use-cases/confirmation-requests.ts';
import { callerViewSchema } from '../../shared/use-cases/get-caller.ts';
import { auditRequest, auditResultSchema } from '../../shared/use-cases/read-audit.ts';
import { backgroundField, inBackground, operationRoutes } from './operation-routes.ts';
import type { Route } from './route.ts';

const oneJob = '/v1/providers/{provider}/jobs/{job_id}';
const confirmation = {
  path: '/v1/confirmations/{confirmation_id}',
  input: 'body',
  success: { description: 'The confirmation as it is now', schema: confirmationViewSchema },
  problems: [403, 409, 429],
} as const;

/** Every route of the API but the probes and `/openapi.json`, in the order of the document. */
export const routes: readonly Route[] = [
  {
    method: 'POST',
    path: `${oneJob}/cancel`,
    operation: 'cancelJob',
    summary: 'Cancel one job',
    input: 'body',
    request: cancelJobBody,
    bodyIsOptional: true,
    outcome: oneResultSchema,
    problems: [404],
  },
  {
    method: 'POST',
    path: '/v1/jobs/cancel',
    operation: 'cancelJobs',
    summary: 'Cancel many jobs at any of the providers',
    input: 'body',
    request: cancelJobsRequest.extend(backgroundField),
    success: {
      description: 'One outcome for each job, in the order of the request',
      schema: bulkResultSchema,
    },
    background: inBackground,
    problems: [403, 404, 409, 422],
  },
  {
    method: 'GET',
    path: oneJob,
    operation: 'getJob',
    summary: 'Get the status of one job',
    input: 'path',
    success: { description: 'The job as its provider shows it', schema: jobSchema },
    outcome: outcomeSchema,
    problems: [403, 404, 429],
  },
  {
    method: 'GET',
    path: '/v1/jobs',
    operation: 'listJobs',
    summary: 'List jobs across providers',
    input: 'query',
    request: findRequest,
    success: { description: 'The jobs that match', schema: listResultSchema },
    problems: [403, 404, 429],
  },
  {
    method: 'POST',
    path: '/v1/jobs/status',
    operation: 'getJobs',
    summary: 'Get the status of many jobs',
    input: 'body',
    request: getJobsRequest,
    success: {
      description:
        'Each job as its provider shows it, or why it could not be read, in the order of the request',
      schema: jobStatusesSchema,
    },
    field: 'jobs',
    problems: [403, 404, 429],
  },
  {
    method: 'GET',
    path: '/v1/caller',
    operation: 'getCaller',
    summary: 'Show who you are, and what you may do',
    input: 'path',
    success: { description: 'The caller whose token this is', schema: callerViewSchema },
    problems: [],
  },
  {
    method: 'GET',
    path: '/v1/providers',
    operation: 'listProviders',
    summary: 'List the connections of this installation',
    input: 'path',
    success: {
      description: 'The connections, and what calloff can do at each',
      schema: providerListSchema,
    },
    problems: [],
  },
  {
    method: 'GET',
    path: '/v1/confirmations',
    operation: 'listConfirmations',
    summary: 'List what waits for your consent',
    input: 'query',
    request: waitingRequest,
    success: { description: 'The confirmations, the soonest to expire first', schema: waitingListSchema },
    hasEtag: true,
    problems: [403, 429],
  },
  {
    ...confirmation,
    method: 'GET',
    operation: 'showConfirmation',
    summary: 'Show a request that needs a confirmation',
    input: 'query',
    request: showConfirmationRequest.pick({ check: true }),
  },
  {
    ...confirmation,
    method: 'POST',
    operation: 'approveConfirmation',
    summary: 'Confirm the request, for one use',
  },
  {
    ...confirmation,
    method: 'DELETE',
    operation: 'closeConfirmation',
    summary: 'Close a confirmation without using it',
  },
  ...operationRoutes,
  {
    method: 'GET',
    path: '/v1/audit',
    operation: 'readAudit',
    summary: 'Read the audit: requests and their outcomes',
    input: 'query',
    request: auditRequest,
    success: { description: 'Audit entries, newest first', schema: auditResultSchema },
    hasEtag: true,
    problems: [403, 429],
  },
];
