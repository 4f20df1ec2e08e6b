import * as z from 'zod';
import { evidenceSchema } from '../../contract/answers/outcome-schema.ts';
import { causes, codeNames, outcomeNames, states } from '../../contract/outcome.ts';
import { webhookEventTypes } from '../../contract/webhook-events.ts';
import { actions, callerKinds } from '../caller.ts';
import { confirmationSteps, operationSteps, storeSteps, surfaces } from './steps.ts';

/**
 * Other versions may read a record: unknown keys are ignored, so that a new one does not hide the rest.
 */
const requestSchema = z.object({
  caller: z.string(),
  kind: z.enum(callerKinds),
  surface: z.enum(surfaces),
  action: z.enum(actions),
  /** With `confirm`, or about an operation or the store. */
  step: z.enum([...confirmationSteps, ...operationSteps, ...storeSteps]).optional(),
  /** With `cancel`: a dry run. */
  dry_run: z.literal(true).optional(),
  reason: z.string().optional(),
  /** The id, never the token, of the confirmation that was offered, presented, shown, approved or declined. */
  confirmation: z.string().optional(),
  /** Who confirmed it, if it needed a confirmation. */
  confirmed_by: z.string().optional(),
  /** The id of the stored operation that it is about or that it carries out. */
  operation: z.string().optional(),
});
/** The part of a request that every record of it holds. */
export type AuditedRequest = z.infer<typeof requestSchema>;

const jobOutcomeSchema = z.object({
  connection: z.string(),
  job_id: z.string(),
  outcome: z.enum(outcomeNames),
  state: z.enum(states),
  code: z.enum(codeNames).optional(),
  evidence: z.object(evidenceSchema.shape),
});

/** What happened to a message of the webhook: `failed` is tried again, `given_up` is not. It holds no text of the receiver. */
export const webhookFailureSchema = z.object({
  event: z.enum(webhookEventTypes),
  operation: z.string().optional(),
  confirmation: z.string().optional(),
  result: z.enum(['failed', 'given_up']),
  /** How many attempts were begun. */
  attempts: z.number(),
  /** The HTTP status of the answer, if there was one. */
  status: z.number().optional(),
  cause: z.enum(causes).optional(),
});
export type WebhookFailure = z.infer<typeof webhookFailureSchema>;

/** A stored record of the audit. */
export const auditBodySchema = z.discriminatedUnion('is', [
  /** Written before anything is sent. After its deadline, in milliseconds since the epoch, a job without an outcome reads as `unknown`. */
  z.object({
    is: z.literal('intent'),
    request: requestSchema,
    deadline: z.number(),
    connection: z.string(),
    job_ids: z.array(z.string()),
  }),
  z.object({ is: z.literal('outcomes'), request: requestSchema, jobs: z.array(jobOutcomeSchema) }),
  /** A request that names no job, or was refused before its jobs were decided. */
  z.object({
    is: z.literal('request'),
    request: requestSchema,
    decision: z.enum(['allowed', 'refused']),
  }),
  /** A message of the webhook that did not arrive, whose id is the id of the request. */
  z.object({ is: z.literal('webhook'), webhook: webhookFailureSchema }),
]);
export type AuditBody = z.infer<typeof auditBodySchema>;
