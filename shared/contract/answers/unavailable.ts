import * as z from 'zod';
import { codeNames } from '../outcome.ts';
import { causeSchema } from './words.ts';

/**
 * Why jobs may be missing from a list: the codes of outcomes, and `list_unsupported` if the provider has no list,
 * `list_unfinished` if calloff did not read it to its end, `list_inconsistent` if its pages contradict each other,
 * `filter_unanswered` if the provider does not show what a filter needs.
 */
const gapCodes = [
  ...codeNames,
  'list_unsupported',
  'list_unfinished',
  'list_inconsistent',
  'filter_unanswered',
] as const;

/** Jobs of a connection that may be missing from the answer, and why. */
export const unavailableSchema = z.lazy(() =>
  z.strictObject({
    provider: z.string(),
    code: z.enum(gapCodes),
    cause: causeSchema.optional(),
    unjudged: z
      .number()
      .int()
      .optional()
      .describe('The number of jobs for which calloff could not tell whether they match'),
    read: z.number().int().optional().describe('The number of jobs that calloff read from the list'),
    seen_until: z.string().optional().describe('When the oldest of them was created, RFC 3339'),
    message: z.string(),
  }),
);

export type Unavailable = z.infer<typeof unavailableSchema>;
