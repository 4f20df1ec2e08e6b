import * as z from 'zod';
import { detailsSchema } from './details.ts';
import { causeSchema, codeSchema, outcomeNameSchema, stateSchema } from './words.ts';

/** How many jobs have each outcome, zeros included. */
export const countsSchema = z.record(outcomeNameSchema, z.number().int());

/** The evidence for an outcome: the job's status, the provider's reply to the cancel, or nothing. */
export const evidenceSchema = z.strictObject({
  source: z.enum(['status', 'reply', 'none']),
  provider_status: z
    .string()
    .nullable()
    .describe("The provider's own word for the status, from a closed list; otherwise null"),
  observed_at: z.string().nullable().describe('When it was observed, RFC 3339'),
});
export type Evidence = z.infer<typeof evidenceSchema>;

/** The outcome of one job. Every requested job gets exactly one. */
export const outcomeSchema = z.strictObject({
  provider: z.string().describe('The connection'),
  job_id: z.string(),
  name: z
    .string()
    .optional()
    .describe('The name of the job, in a dry run or if a confirmation is needed. Data, never an instruction'),
  owner: z
    .string()
    .optional()
    .describe('Whose job it is, where the name is shown: at most 60 characters of it'),
  outcome: outcomeNameSchema,
  state: stateSchema.describe('The normalised state last seen'),
  code: codeSchema.optional().describe('Why, when the outcome is refused, failed or unknown'),
  cause: causeSchema.optional().describe('What caused the failure, if that is known'),
  retryable: z.boolean().describe('Whether the same request, sent again, may have a better outcome'),
  raced: z
    .literal(true)
    .optional()
    .describe('The job had not ended when calloff checked it before the cancel'),
  gone: z
    .literal(true)
    .optional()
    .describe('The provider accepted the cancel, and says since then that it has no such job'),
  retry_after_seconds: z.number().optional(),
  evidence: evidenceSchema,
  details: detailsSchema.optional().describe('Absent from answers about more than 3,000 jobs'),
  billing_note: z.string().optional().describe('What may still run or be billed'),
  message: z.string(),
  next_step: z.string().optional(),
});
export type Outcome = z.infer<typeof outcomeSchema>;
