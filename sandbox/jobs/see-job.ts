import type { ProviderModel, RequestContext } from '../twin/provider-model.ts';
import { isFinal, type Job, type JobState, stateAt } from './job.ts';

/** A job as one answer shows it: possibly stale, contradicted, or with an unknown word. */
export interface Sight {
  readonly job: Job;
  readonly state: JobState;
  readonly word: string;
  /** Whether a fault put a word there that no document lists. */
  readonly unseen: boolean;
  /** The moment it shows, in ms since the epoch. */
  readonly at: number;
}

type Words<Switches extends object> = Pick<ProviderModel<Switches>, 'word'>;

/** The provider's word for a job as it truly is: the one it was seeded with, or the one for its state. */
export function wordFor<Switches extends object>(
  model: Words<Switches>,
  visit: RequestContext<Switches>,
  job: Job,
  state = stateAt(job, visit.now),
): string {
  const own = state === job.seeded.state ? job.seeded.word : undefined;
  return own ?? model.word(state, visit.switches);
}

/** A job as a look shows it, as the faults let it. */
export function see<Switches extends object>(
  model: Words<Switches>,
  visit: RequestContext<Switches>,
  job: Job,
): Sight {
  const at = visit.now - (visit.fault('stale_look', job.id)?.ms ?? 0);
  const state = stateAt(job, at);
  const unseen = visit.fault('unseen_status', job.id)?.word;
  const word = unseen ?? wordFor(model, visit, job, state);
  return { job, state, word, unseen: unseen !== undefined, at };
}

/** The same, on the one of two routes that contradicts the other when that fault is set. */
export function seeOtherwise<Switches extends object>(
  model: Words<Switches>,
  visit: RequestContext<Switches>,
  job: Job,
): Sight {
  const sight = see(model, visit, job);
  if (!visit.fault('contradiction', job.id)) return sight;
  const state = isFinal(sight.state) ? 'running' : 'cancelled';
  return { ...sight, state, word: model.word(state, visit.switches) };
}

/** The status words of an answer, by job id, for the journal. */
export function served(sights: readonly Sight[]): Readonly<Record<string, string>> {
  return Object.fromEntries(sights.map(({ job, word }) => [job.id, word]));
}
