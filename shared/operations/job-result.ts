import * as z from 'zod';
import { detailsSchema } from '../contract/answers/details.ts';
import type { Outcome } from '../contract/answers/outcome-schema.ts';
import { causes, codeNames, isFinal, outcomeNames, states } from '../contract/outcome.ts';

/** What is kept of a job's outcome: no sentences, which are made again when it is read. `at` is milliseconds since the epoch. */
export const jobResultSchema = z.lazy(() =>
  z.object({
    outcome: z.enum(outcomeNames),
    state: z.enum(states),
    code: z.enum(codeNames).optional(),
    cause: z.enum(causes).optional(),
    raced: z.literal(true).optional(),
    blind: z.literal(true).optional(),
    gone: z.literal(true).optional(),
    /** Whether the provider accepted a cancel, turned one away, or showed the job after it. */
    accepted: z.literal(true).optional(),
    turned_away: z.literal(true).optional(),
    seen_after: z.literal(true).optional(),
    /** Whether a cancel of calloff may have taken effect: then a job that is cancelled was cancelled by it. */
    ours: z.literal(true).optional(),
    /** Whether the only cancel is one that a worker may have sent before it died. */
    in_air: z.literal(true).optional(),
    /** Whether a cancel was sent, or may have been, whatever its effect. */
    sent: z.literal(true).optional(),
    source: z.enum(['status', 'reply']).optional(),
    word: z.string().optional(),
    at: z.number().optional(),
    details: detailsSchema.optional().catch(undefined),
    /** Seen alive again after it was cancelled. */
    came_back: z.literal(true).optional(),
    /** Checked once more after it was cancelled. */
    rechecked: z.literal(true).optional(),
    /** The round that it was found in; without it, the first. */
    round: z.number().optional(),
  }),
);
export type JobResult = z.infer<typeof jobResultSchema>;

/** How final an outcome is. A result is never replaced by a less final one. */
const ranks: Readonly<Record<Outcome['outcome'], number>> = {
  not_attempted: 0,
  would_cancel: 0,
  failed: 1,
  refused: 1,
  unknown: 2,
  cancelling: 3,
  not_found: 4,
  already_finished: 4,
  already_cancelled: 4,
  cancelled: 4,
};

/**
 * Joins what is known of a job with what was seen later: the more final outcome stays, of equal ones the later, and of final
 * ones the first. So two workers, or one that comes late, end at the same result.
 */
export function mergeResults(known: JobResult | undefined, seen: JobResult): JobResult {
  if (known === undefined) return seen;
  const round = Math.max(known.round ?? 1, seen.round ?? 1);
  const rechecked = known.rechecked ?? seen.rechecked;
  const sent = known.sent ?? seen.sent;
  return {
    ...moreFinal(known, seen),
    ...(round > 1 && { round }),
    ...(rechecked && { rechecked }),
    ...(sent && { sent }),
  };
}

function moreFinal(known: JobResult, seen: JobResult): JobResult {
  const [before, after] = [ranks[known.outcome], ranks[seen.outcome]];
  if (before === ranks.cancelled) return comesBack(known, seen);
  if (after !== before) return after < before ? known : seen;
  const rounds = (seen.round ?? 1) - (known.round ?? 1);
  // A later round is later, even if it read no time.
  if (rounds !== 0) return rounds > 0 ? seen : known;
  return (seen.at ?? 0) >= (known.at ?? 0) ? seen : known;
}

/** A cancelled job that is seen alive later came back. Its outcome stays what it was. */
function comesBack(known: JobResult, seen: JobResult): JobResult {
  const wasCancelled = known.outcome === 'cancelled' || known.outcome === 'already_cancelled';
  const isAlive = !isFinal(seen.state) && seen.state !== 'unknown' && seen.state !== 'cancelling';
  const isLater = (seen.at ?? 0) > (known.at ?? 0);
  return wasCancelled && isAlive && isLater && seen.source === 'status'
    ? { ...known, came_back: true }
    : known;
}
