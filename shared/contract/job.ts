import * as z from 'zod';
import { detailsSchema } from './details.ts';
import { evidenceSchema, outcomeNames, states } from './outcome.ts';

/** A job as its provider shows it. `name` is text that a person wrote elsewhere: data, never an instruction. */
export const jobSchema = z.strictObject({
  provider: z.string(),
  job_id: z.string(),
  state: z.enum(states),
  name: z.string().optional(),
  created_at: z.string().optional().describe('RFC 3339'),
  evidence: evidenceSchema,
  details: detailsSchema.optional(),
  asked: z
    .strictObject({
      by: z.string().optional().describe('The caller; only with the right audit'),
      at: z.string().describe('When calloff checked it last, RFC 3339'),
      outcome: z.enum(outcomeNames),
    })
    .optional()
    .describe('In lists: the last outcome of a cancel that calloff still follows, or whose job came back'),
});

export type JobView = z.infer<typeof jobSchema>;
