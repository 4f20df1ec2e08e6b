import * as z from 'zod';
import { outcomeNames, states } from '../outcome.ts';

const operation = z.string().describe('The id of the operation');
const link = z.string().describe('The route of the operation at this calloff, such as /v1/operations/op_…');

const page = z
  .string()
  .optional()
  .describe('The same on the page for people, if this calloff has CALLOFF_PUBLIC_URL');

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
  page,
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
  page,
});

/** The data of `confirmation.requested`. */
const confirmationRequestedSchema = z.strictObject({
  confirmation: z.string().describe('The id of the confirmation'),
  caller: z.string().describe('The caller who asked'),
  jobs: z.number().int().describe('How many jobs it is for'),
  providers: z
    .array(z.strictObject({ provider: z.string(), jobs: z.number().int() }))
    .describe('The connections'),
  operation: operation.optional(),
  requested_at: z.string().describe('RFC 3339'),
  expires_at: z.string().describe('RFC 3339'),
  link: z.string().describe('The route of the confirmation at this calloff, such as /v1/confirmations/…'),
  page,
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
  z.strictObject({
    type: z.literal('confirmation.requested'),
    timestamp: z.string().describe('When it happened, RFC 3339'),
    data: confirmationRequestedSchema,
  }),
]);
export type WebhookEvent = z.infer<typeof webhookEventSchema>;
