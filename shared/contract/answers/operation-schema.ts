import * as z from 'zod';
import { operationStates } from '../operations.ts';
import { countsSchema, outcomeSchema } from './outcome-schema.ts';
import { confirmationSchema } from './responses.ts';
import { unavailableSchema } from './unavailable.ts';

/** A state of an operation in an answer. */
export const operationStateSchema = z.enum(operationStates);

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
