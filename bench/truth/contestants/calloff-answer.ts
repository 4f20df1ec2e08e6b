import * as z from 'zod';
import { outcomeNames } from '../../../shared/contract/outcome.ts';
import type { Claim } from '../score.ts';

/** What every surface tells of a job. */
const told = z.object({ job_id: z.string(), outcome: z.enum(outcomeNames) });
const many = z.object({ outcomes: z.array(told) });

const claims = {
  cancelled: 'cancelled',
  already_cancelled: 'cancelled',
  already_finished: 'finished',
  not_found: 'no such job',
  refused: 'not cancelled',
  failed: 'not cancelled',
  not_attempted: 'not cancelled',
  would_cancel: 'not cancelled',
  cancelling: 'open',
  unknown: 'open',
} as const satisfies Record<(typeof outcomeNames)[number], Claim>;

/** What an answer of calloff says of each of these jobs, whether it is one outcome or many. Throws if it is no such answer. */
export function claimsOf(answer: unknown, ids: readonly string[]): readonly Claim[] {
  const whole = many.safeParse(answer);
  const outcomes = whole.success ? whole.data.outcomes : [told.parse(answer)];
  const byId = new Map(outcomes.map(({ job_id, outcome }) => [job_id, claims[outcome]]));
  return ids.map((id) => byId.get(id) ?? 'nothing');
}
