import * as z from 'zod';
import { cancelJobRequest } from '../../shared/contract/requests.ts';

const { provider, job_id, wait_seconds, dry_run } = cancelJobRequest.shape;

const text = z.string().optional();

/** The gateway checks more than this: definitions cost tokens, and many clients do not support `\p{C}` in a pattern. */
const how = () => ({
  wait_seconds: wait_seconds.describe(
    'How long to wait for a final state; default 2 for one job, 10 for many',
  ),
  dry_run: dry_run.describe('Only check the status, and report what would be cancelled'),
  reason: z.string().max(200).optional().describe('Why, for the audit'),
  confirmation: z.string().optional().describe('Id of a confirmation that a person has approved'),
});

/** What the two tools that cancel take. */
export const cancelInput = {
  one: z.lazy(() => z.strictObject({ provider, job_id, ...how() })),
  many: z.lazy(() =>
    z.strictObject({
      jobs: z
        .array(z.strictObject({ provider: z.string(), job_id: z.string() }))
        .min(1)
        .optional(),
      selector: z
        .strictObject({
          ...{ provider: text, state: text, older_than: text, newer_than: text },
          ...{ name: text, owner: text, target: text, label: text },
        })
        .optional()
        .describe(
          'Instead of jobs: the filters of list_jobs; without state, jobs that have not ended and are not being cancelled. Always needs a confirmation',
        ),
      background: z
        .boolean()
        .optional()
        .describe('Answer at once with an operation that cancels the jobs; for work of minutes'),
      operation_id: z.string().optional().describe('Instead of jobs: start or resume this operation'),
      ...how(),
    }),
  ),
} as const;
