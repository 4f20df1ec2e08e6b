import * as z from 'zod';
import { operationIdPattern, operationStates, resumable } from './operations.ts';
import { outcomeNames } from './outcome.ts';
import {
  cancelJobBody,
  getJobRequest,
  mostJobs,
  numberUpTo,
  pageLimit,
  selectorSchema,
  word,
} from './requests.ts';

const operationId = word
  .regex(operationIdPattern, 'must be the id of an operation: op_ and 20 letters or digits')
  .describe('The id of an operation');
const { reason, send_if_status_unknown, confirmation_token, confirmation_id } = cancelJobBody.shape;

/** How an operation cancels its jobs. */
const howToOperate = {
  reason,
  send_if_status_unknown,
  follow_hours: z
    .number()
    .min(0)
    .max(72)
    .optional()
    .describe('How long to check jobs that have not ended after their cancel, in hours; default 24'),
  max_per_second: z
    .number()
    .min(0.01)
    .max(1_000)
    .optional()
    .describe('The most cancels a second. Default: what the providers allow'),
};

/** The jobs of an operation, or of a page of it. */
const jobs = z.array(getJobRequest).min(1).max(mostJobs);

/** A new operation. `draft`: it is not started, so that more pages of jobs can be added. */
export const createOperationRequest = z.strictObject({
  jobs: jobs.optional(),
  selector: selectorSchema.optional().describe('Instead of jobs; calloff lists them in the background'),
  ...howToOperate,
  draft: z.boolean().optional().describe('Do not start it yet: pages of jobs will follow'),
  confirmation_token,
  confirmation_id,
});

/** A page of jobs for a draft. The same page again replaces it. */
export const uploadPageRequest = z.strictObject({
  operation_id: operationId,
  page: numberUpTo(1_000).describe('The number of the page, from 1'),
  jobs,
});

/** The start of a draft, with its confirmation if it needs one. */
export const startOperationRequest = z.strictObject({
  operation_id: operationId,
  confirmation_token,
  confirmation_id,
});

/** A request about one operation. */
export const operationRequest = z.strictObject({ operation_id: operationId });

/** Continues an operation: what is not attempted, unknown or failed, or only the outcomes named. */
export const resumeOperationRequest = z.strictObject({
  operation_id: operationId,
  outcome: z
    .array(z.enum(resumable))
    .min(1)
    .optional()
    .describe(
      'Which outcomes to do again. Default: not_attempted, unknown and failed. Jobs without an outcome are always done',
    ),
  confirmation_token,
  confirmation_id,
});

const cursor = word.max(2_000).optional().describe('next_cursor of the previous page');
const listedOutcomes = z
  .string()
  .transform((text) => text.split(',').map((each) => each.trim()))
  .pipe(z.array(z.enum([...outcomeNames, 'came_back', 'pending'])).min(1));

/** A page of an operation's outcomes, by connection and then as requested. */
export const listOutcomesRequest = z.strictObject({
  operation_id: operationId,
  outcome: listedOutcomes
    .optional()
    .describe('One outcome, or several separated by commas; also came_back and pending'),
  provider: word.optional().describe('One connection only'),
  limit: pageLimit.describe('The most outcomes to return'),
  cursor,
});

/** The caller's operations, newest first; with the right `audit` those of all callers. */
export const listOperationsRequest = z.strictObject({
  state: z
    .string()
    .transform((text) => text.split(',').map((each) => each.trim()))
    .pipe(z.array(z.enum(operationStates)).min(1))
    .optional()
    .describe('One state, or several separated by commas'),
  caller: word.max(200).optional().describe("Another caller's, or * for all; needs the right audit"),
  limit: pageLimit.describe('The most operations to return'),
  cursor,
});

export type CreateOperation = z.infer<typeof createOperationRequest>;
export type ListOutcomes = z.infer<typeof listOutcomesRequest>;
