import * as z from 'zod';
import { countsSchema, outcomeNames, outcomeSchema } from './outcome.ts';
import {
  cancelJobBody,
  getJobRequest,
  mostJobs,
  numberUpTo,
  pageLimit,
  selectorSchema,
  word,
} from './requests.ts';
import { confirmationSchema, unavailableSchema } from './responses.ts';

/** The most jobs of one operation. */
export const mostOperationJobs = 100_000;
/** The most operations of one caller that have not ended. */
export const mostUnfinished = 20;

/**
 * The states of an operation, computed when it is read. `following`: every cancel was sent, and some jobs have not ended.
 * `finished`: every job has an outcome that will not change, or the time to follow is over.
 */
export const operationStates = [
  'draft',
  'listing',
  'waiting_for_confirmation',
  'running',
  'paused',
  'following',
  'finished',
] as const;
export type OperationState = (typeof operationStates)[number];
/** A state of an operation in an answer. */
export const operationStateSchema = z.enum(operationStates);

/** The form of an operation's id. */
export const operationIdPattern = /^op_[a-z2-9]{20}$/;

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

/** The outcomes that `resume` does again if it is not told which: to check the status first makes that safe. */
export const resumable = ['not_attempted', 'unknown', 'failed'] as const;

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
export type Resumable = (typeof resumable)[number];

const count = z.number().int();

/** An operation's jobs at one connection. */
export const operationShareSchema = z.strictObject({
  provider: z.string().describe('The connection'),
  jobs: count,
  pending: count.describe('Jobs without an outcome so far'),
  counts: countsSchema,
  under_way: count
    .optional()
    .describe(
      'Pending jobs that were sent a cancel or seen to need none; their outcomes are counted within a minute',
    ),
  held_up: z.string().optional().describe('Why nothing is sent there at the moment'),
});

/** An operation: a stored set of jobs that calloff cancels and follows until each has ended. */
export const operationSchema = z.strictObject({
  id: z.string(),
  state: operationStateSchema,
  caller: z.string().describe('Who made it'),
  reason: z.string().optional(),
  selector: z.record(z.string(), z.string()).optional().describe('The filters that pick the jobs'),
  send_if_status_unknown: z.literal(true).optional(),
  follow_hours: z.number(),
  max_per_second: z.number().optional(),
  created_at: z.string().describe('RFC 3339'),
  started_at: z.string().optional().describe('RFC 3339'),
  started_by: z.string().optional().describe('Who started or resumed it last'),
  listed_at: z.string().optional().describe('With a selector: when its jobs were listed, RFC 3339'),
  send_until: z.string().optional().describe('Nothing is sent later than this, RFC 3339'),
  follow_until: z.string().optional().describe('Jobs are not checked later than this, RFC 3339'),
  jobs: count.describe('How many distinct jobs it has'),
  duplicates: count,
  pending: count.describe('Jobs without an outcome so far'),
  counts: countsSchema,
  came_back: count.describe('Jobs seen alive again after they were cancelled; counted under no outcome'),
  not_checked_again: count.describe('Cancelled jobs that were not checked a second time'),
  per_minute: z.number().optional().describe('Jobs done in a minute, on average over the last round'),
  providers: z.array(operationShareSchema),
  confirmation: confirmationSchema.optional(),
  unavailable: z
    .array(unavailableSchema)
    .optional()
    .describe('With a selector: jobs that it may have missed because they could not be read, and why'),
  message: z.string(),
  next_step: z.string().optional(),
});
export type OperationView = z.infer<typeof operationSchema>;
export type OperationShareView = z.infer<typeof operationShareSchema>;

/** The outcome of a job of an operation. `came_back`: it was seen alive again after it was cancelled. */
export const operationOutcomeSchema = outcomeSchema.extend({
  came_back: z.literal(true).optional().describe('Seen alive again after it was cancelled'),
  pending: z.literal(true).optional().describe('It has no outcome yet'),
  sent: z.literal(true).optional().describe('A cancel was sent for it, or may have been'),
});
export type OperationOutcome = z.infer<typeof operationOutcomeSchema>;

/** The answer to the deletion of a draft. */
export const deletedOperationSchema = z.strictObject({ id: z.string(), deleted: z.literal(true) });

/** A page of an operation's outcomes. */
export const operationOutcomesSchema = z.strictObject({
  outcomes: z.array(operationOutcomeSchema),
  next_cursor: z.string().nullable(),
});
export type OperationOutcomes = z.infer<typeof operationOutcomesSchema>;

/** A page of operations, newest first. It may be short or even empty without being the last. */
export const operationListSchema = z.strictObject({
  operations: z.array(operationSchema),
  next_cursor: z.string().nullable(),
});
export type OperationList = z.infer<typeof operationListSchema>;
