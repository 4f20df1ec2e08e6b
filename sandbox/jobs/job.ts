import type { JobSeed } from './job-seed.ts';

/** The states a pretend job moves through, in calloff's words; each provider file says them in its own. */
export type JobState = 'queued' | 'running' | 'cancelling' | FinalState;

/** The states that never change again by themselves. */
export type FinalState = 'cancelled' | 'completed' | 'failed';

/** What is true of a job, whatever its provider says about it. Times are in ms since the epoch. */
export interface TrueJob {
  readonly id: string;
  readonly state: JobState;
  readonly createdAt: number;
  /** When a cancel first took effect. */
  readonly cancelRequestedAt?: number;
  readonly cancelledAt?: number;
  readonly finishedAt?: number;
  /** How many cancels were carried out on it, whether or not they took effect. */
  readonly cancelRequests: number;
}

/**
 * A job as a set of moments in ms since the epoch, `Infinity` for "never". Its state is derived from them
 * at each request, so jobs need no timers and an answer can be as stale as a fault wants it.
 */
export interface Job {
  readonly id: string;
  readonly name: string | null;
  readonly owner: string | undefined;
  readonly target: string | undefined;
  readonly labels: Readonly<Record<string, string>> | undefined;
  /** The provider's own word while the job is in the state it was seeded in, such as IonQ's `submitted`. */
  readonly seeded: { readonly state: JobState; readonly word: string | undefined };
  readonly createdAt: number;
  readonly startsAt: number;
  finishesAt: number;
  finishesAs: 'completed' | 'failed';
  cancelRequestedAt: number;
  readonly settlesInMs: number;
  /** How long after it was cancelled it runs again, as jobs do where something restarts them. */
  readonly comesBackInMs: number;
  /** When a finished job was turned into a cancelled one, as IonQ may do. */
  flippedAt: number;
  cancelRequests: number;
  /** Rows of a PromptLoop batch; those running when it is cancelled finish `finishInMs` later. */
  readonly rows: {
    readonly queued: number;
    readonly running: number;
    readonly done: number;
    readonly finishInMs: number;
  };
}

/** Whether a job in this state is over. */
export function isFinal(state: JobState): state is FinalState {
  return state === 'cancelled' || state === 'completed' || state === 'failed';
}

/** The state a job was, is or will be in at a moment; before its creation, the state it was created in. */
export function stateAt(job: Job, at: number): JobState {
  if (at < job.createdAt) return job.seeded.state;
  const cancelledAt = job.cancelRequestedAt + job.settlesInMs;
  if (at >= job.flippedAt) return 'cancelled';
  if (job.finishesAt <= Math.min(at, cancelledAt)) return job.finishesAs;
  if (at >= cancelledAt + job.comesBackInMs) return 'running';
  if (at >= cancelledAt) return 'cancelled';
  if (at >= job.cancelRequestedAt) return 'cancelling';
  return at >= job.startsAt ? 'running' : 'queued';
}

/** When a job started, `Infinity` if it was over or called off before. */
export function startedAt(job: Job): number {
  return job.startsAt < Math.min(job.cancelRequestedAt, job.finishesAt) ? job.startsAt : Infinity;
}

/** When a job in a final state got there. */
export function endedAt(job: Job, state: FinalState): number {
  if (state !== 'cancelled') return job.finishesAt;
  return Math.min(job.cancelRequestedAt + job.settlesInMs, job.flippedAt);
}

/** The truth about a job at a moment, for tests to hold answers against. */
export function truthAt(job: Job, at: number): TrueJob {
  const state = stateAt(job, at);
  const effectiveAt = Math.min(job.cancelRequestedAt, job.flippedAt);
  return {
    id: job.id,
    state,
    createdAt: job.createdAt,
    cancelRequests: job.cancelRequests,
    ...(effectiveAt <= at && { cancelRequestedAt: effectiveAt }),
    ...(state === 'cancelled' && { cancelledAt: endedAt(job, state) }),
    ...((state === 'completed' || state === 'failed') && { finishedAt: endedAt(job, state) }),
  };
}

/** Makes a job from a seed. `settlesInMs` is the provider's default, 0 where a cancel is final at once. */
export function createJob(seed: JobSeed, id: string, settlesInMs: number, now: number): Job {
  const state = seed.state ?? 'queued';
  const createdAt = Math.min(seed.createdAt?.getTime() ?? now, now);
  const partWay = (part: number) => createdAt + Math.floor((now - createdAt) * part);
  const over = state === 'completed' || state === 'failed';
  const cancelRequestedAt = { cancelled: partWay(0.5), cancelling: now };
  return {
    id,
    name: seed.name ?? null,
    ...{ owner: seed.owner, target: seed.target, labels: seed.labels },
    seeded: { state, word: seed.word },
    createdAt,
    startsAt: state === 'queued' ? now + (seed.startsInMs ?? Infinity) : partWay(over ? 0.1 : 0),
    finishesAt: over ? partWay(0.9) : now + (seed.finishesInMs ?? Infinity),
    finishesAs: state === 'failed' ? 'failed' : (seed.finishesAs ?? 'completed'),
    cancelRequestedAt: state === 'cancelled' || state === 'cancelling' ? cancelRequestedAt[state] : Infinity,
    settlesInMs: state === 'cancelled' ? 0 : (seed.settlesInMs ?? settlesInMs),
    comesBackInMs: seed.comesBackInMs ?? Infinity,
    flippedAt: Infinity,
    cancelRequests: 0,
    rows: {
      queued: seed.rowsQueued ?? (state === 'queued' ? 10 : 5),
      running: seed.rowsRunning ?? (state === 'queued' ? 0 : 2),
      done: seed.rowsDone ?? (state === 'queued' ? 0 : 3),
      finishInMs: seed.rowsFinishInMs ?? 300,
    },
  };
}
