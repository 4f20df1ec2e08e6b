import * as z from 'zod';
import { codeSchema, evidenceSchema, outcomeNameSchema, stateSchema } from '../../contract/outcome.ts';
import { latestTime, requestIdPattern } from '../../store/limits.ts';
import { actions, callerKinds } from '../caller.ts';
import { confirmationSteps, operationSteps, storeSteps, surfaces, webhookFailureSchema } from './writer.ts';

/** One entry of the audit: the decision about a job, or about a request without jobs, and its outcome. */
export const auditEntrySchema = z.strictObject({
  at: z.string().describe('When the request began, RFC 3339'),
  request_id: z.string(),
  caller: z.string(),
  kind: z.enum(callerKinds),
  surface: z.enum([...surfaces, 'webhook']),
  action: z.enum([...actions, 'notify']).describe('notify: calloff sent an event to the webhook'),
  step: z
    .enum([...confirmationSteps, ...operationSteps, ...storeSteps])
    .optional()
    .describe(
      'With confirm: what was done with the confirmation; or what was done with the operation; restore: the store was replaced by a copy',
    ),
  dry_run: z.literal(true).optional().describe('Only looked: nothing was to be sent, and nothing was'),
  decision: z.enum(['allowed', 'refused']),
  connection: z.string().optional(),
  job_id: z.string().optional(),
  outcome: outcomeNameSchema
    .optional()
    .describe('Absent while a cancel is under way; unknown where its deadline passed without a word'),
  state: stateSchema.optional(),
  code: codeSchema.optional(),
  evidence: evidenceSchema.optional(),
  reason: z.string().optional(),
  confirmation: z
    .string()
    .optional()
    .describe('The id of the confirmation that was offered, presented, shown, approved or declined'),
  confirmed_by: z.string().optional(),
  operation: z.string().optional().describe('The id of the operation that it is about or carries out'),
  webhook: z
    .strictObject(webhookFailureSchema.omit({ operation: true, confirmation: true }).shape)
    .optional()
    .describe('With notify: an event that did not arrive. failed is tried again, given_up is not'),
});
export type AuditEntry = z.infer<typeof auditEntrySchema>;

/**
 * The filters, the times (milliseconds since the epoch) and the limit of a query. `place` is where the previous page
 * ended; `shows` says whether the jobs of a connection may be shown, by default always.
 */
export interface AuditQuery {
  readonly caller?: string | undefined;
  readonly connection?: string | undefined;
  readonly job?: string | undefined;
  readonly operation?: string | undefined;
  /** Whether allowed reads are among the entries, by default yes. */
  readonly reads?: boolean | undefined;
  readonly from: number;
  readonly to: number;
  readonly limit: number;
  readonly place?: AuditPlace | undefined;
  shows?(connection: string): boolean;
}

const positionSchema = z.strictObject({
  at: z.int().min(0).max(latestTime),
  requestId: z.string().regex(requestIdPattern),
});

/** The position in the log to continue after, and how many entries of the next request were already returned. */
export const auditPlaceSchema = z.tuple([positionSchema.nullable(), z.int().min(0)]);
export type AuditPlace = z.infer<typeof auditPlaceSchema>;
