import type { RequestContext } from '../twin/provider-model.ts';
import { type FinalState, isFinal, type Job, type JobState, stateAt } from './job.ts';

/** The result of a cancel: the state it found the job in, the provider's reply, and whether anything changed. */
export type Cancelling =
  | {
      readonly says: 'finished';
      readonly found: FinalState;
      readonly effective: false;
      readonly pretended: false;
    }
  | {
      readonly says: 'yes';
      readonly found: JobState;
      readonly effective: boolean;
      /** The yes is a lie: no cancel is under way. */
      readonly pretended: boolean;
    };

/**
 * Whether a cancel turns a completed or failed job into a cancelled one: always, never, or only where the
 * fault `accepts_finished` strikes.
 */
export type Flips = 'always' | 'never' | 'where_accepted';

/** Carries a cancel out on a job, as the faults let it; every provider then answers in its own way. */
export function cancelJob<Switches>(
  visit: RequestContext<Switches>,
  job: Job,
  flips: Flips = 'never',
): Cancelling {
  job.cancelRequests += 1;
  if (!isFinal(stateAt(job, visit.now)) && visit.fault('finishes_in_the_middle', job.id)) {
    job.finishesAt = visit.now;
    job.finishesAs = 'completed';
  }
  const found = stateAt(job, visit.now);
  if (isFinal(found)) return cancelFinished(visit, job, found, flips);
  if (found === 'cancelling') return { says: 'yes', found, effective: false, pretended: false };
  const pretended = visit.fault('says_yes_keeps_running', job.id) !== undefined;
  if (!pretended) job.cancelRequestedAt = visit.now;
  return { says: 'yes', found, effective: !pretended, pretended };
}

function cancelFinished<Switches>(
  visit: RequestContext<Switches>,
  job: Job,
  found: FinalState,
  flips: Flips,
): Cancelling {
  const accepted = visit.fault('accepts_finished', job.id) !== undefined;
  const effective = found !== 'cancelled' && (flips === 'always' || (flips === 'where_accepted' && accepted));
  if (effective) job.flippedAt = visit.now;
  if (!effective && !accepted) return { says: 'finished', found, effective: false, pretended: false };
  return { says: 'yes', found, effective, pretended: !effective && found !== 'cancelled' };
}
