import * as z from 'zod';
import { evidenceSchema } from '../../contract/answers/outcome-schema.ts';
import { codeSchema, outcomeNameSchema, stateSchema } from '../../contract/answers/words.ts';
import { actions, callerKinds } from '../caller.ts';
import { webhookFailureSchema } from './body.ts';
import { confirmationSteps, operationSteps, storeSteps, surfaces } from './steps.ts';

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

/** Entries of the audit, newest first. A page may be short or even empty without being the last. */
export const auditResultSchema = z.strictObject({
  entries: z.array(auditEntrySchema),
  unreadable: z
    .number()
    .int()
    .describe(
      'The number of records that calloff could not read, because they are broken or from another version',
    ),
  next_cursor: z.string().nullable(),
});
export type AuditResult = z.infer<typeof auditResultSchema>;
