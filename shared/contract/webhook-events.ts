import * as z from 'zod';
import { outcomeNames, states } from './outcome.ts';

const operation = z.string().describe('The id of the operation');
const link = z.string().describe('The route of the operation at this calloff, such as /v1/operations/op_…');

/** The data of `operation.finished`. */
const operationFinishedSchema = z.strictObject({
  operation,
  state: z.literal('finished'),
  jobs: z.number().int().describe('How many distinct jobs the operation has'),
  counts: z.record(z.enum(outcomeNames), z.number().int()).describe('How many jobs have each outcome'),
  came_back: z
    .number()
    .int()
    .describe('Jobs seen alive again after they were cancelled; counted under no outcome'),
  finished_at: z.string().describe('RFC 3339'),
  link,
});

/** The data of `job.came_back`. */
const jobCameBackSchema = z.strictObject({
  operation,
  provider: z.string().describe('The connection'),
  job_id: z.string(),
  outcome: z.enum(outcomeNames).describe('The outcome that calloff reported before'),
  state: z.enum(states).describe('The normalised state in which it was seen again'),
  observed_at: z.string().describe('When it was seen again, RFC 3339'),
  link,
});

/**
 * The body of a webhook, in the form that Standard Webhooks recommends. It holds ids, numbers, times and words of closed
 * lists, and no text of a provider or a caller.
 */
export const webhookEventSchema = z.discriminatedUnion('type', [
  z.strictObject({
    type: z.literal('operation.finished'),
    timestamp: z.string().describe('When it happened, RFC 3339'),
    data: operationFinishedSchema,
  }),
  z.strictObject({
    type: z.literal('job.came_back'),
    timestamp: z.string().describe('When it happened, RFC 3339'),
    data: jobCameBackSchema,
  }),
]);
export type WebhookEvent = z.infer<typeof webhookEventSchema>;

/** The kinds of events. */
export const webhookEventTypes = ['operation.finished', 'job.came_back'] as const;
