import * as z from 'zod';
import { jobTimes } from './parsing.ts';

const count = (meaning: string) => z.number().optional().describe(meaning);

/**
 * The details that several providers tell, each with one meaning for all. An adapter picks those which its provider tells and
 * adds its own: `commonDetails.pick({ requests_total: true }).extend({ … })`.
 */
export const commonDetails = z.object({
  requests_total: count('requests in the batch'),
  requests_completed: count('requests of the batch that succeeded'),
  requests_failed: count('requests of the batch that failed'),
  requests_canceled: count('requests of the batch that were cancelled before they ran'),
  requests_expired: count('requests of the batch that expired before they ran'),
  requests_pending: count('requests of the batch that have not ended'),
  tokens_in: count('input tokens used so far'),
  tokens_out: count('output tokens used so far'),
  billable_seconds: count('seconds that the provider says it bills'),
  run_attempt: count('which run of the same id this is, counted from 1'),
  ...jobTimes,
});

/** Why a job ended, as one of the codes of its provider. The codes of all providers make one list. */
export function reasonCode<const Codes extends readonly [string, ...string[]]>(codes: Codes) {
  return { reason_code: z.enum(codes).optional().describe('Why it ended, in the code of the provider') };
}
