import type { JobSnapshot } from '../adapter/adapter.ts';
import { type Code, isFinal } from '../contract/outcome.ts';
import { limitForReads } from '../http/rate-limit/start-window.ts';
import type { RateLimit } from '../http/types.ts';
import type { Clock } from '../lib/clock.ts';
import type { StatusCheck } from './attempt-history.ts';

type Seen = Extract<StatusCheck, { kind: 'seen' }>;

/** Cached states: jobs by id, and the reason for each that could not be read. A job that is gone is in neither. */
export interface CachedStatuses {
  readonly seen: ReadonlyMap<string, Seen>;
  readonly unseen: readonly Code[];
}

/** What the status checks are for: a list, or a cancel, which may use half of the provider's limit. */
type Purpose = 'search' | 'cancel';

/** The limit if the provider documents none. */
const otherwise: RateLimit = { count: 40, windowMs: 60_000 };
const mostRemembered = 1_000;

/**
 * Checks jobs one by one if a list does not show their state, within the part of the provider's limit that others do not
 * need. A state stays cached for the window of the limit, and a final state, unless it can reopen, until a thousand others were
 * read.
 */
export class StatusCache {
  readonly #clock: Clock;
  readonly #most: { readonly [purpose in Purpose]: number };
  readonly #windowMs: number;
  readonly #reopens: boolean;
  readonly #seen = new Map<string, { readonly check: Seen; readonly since: number }>();
  /** The times of the checks in the last window. */
  #made: number[] = [];

  /** `reopens`: whether a job can come back after a final state. */
  constructor(clock: Clock, { count, windowMs } = otherwise, reopens = false) {
    this.#clock = clock;
    this.#reopens = reopens;
    this.#most = { search: limitForReads(count), cancel: Math.max(1, Math.floor(count / 2)) };
    this.#windowMs = windowMs;
  }

  /** Checks the newest of the jobs without a cached state, as many as the limit allows. Rejects if `check` does. */
  async at(
    jobs: readonly JobSnapshot[],
    check: (jobId: string) => Promise<StatusCheck>,
    purpose: Purpose = 'search',
  ): Promise<CachedStatuses> {
    this.#forget();
    const unknown = jobs.filter(({ jobId }) => !this.#seen.has(jobId)).toSorted(newestFirst);
    const due = unknown.slice(0, Math.max(0, this.#most[purpose] - this.#made.length));
    const now = this.#clock.now();
    this.#made.push(...due.map(() => now));
    const seen = new Map([...this.#seen].map(([jobId, known]) => [jobId, known.check]));
    const checks = await Promise.all(due.map(({ jobId }) => check(jobId)));
    for (const one of checks) if (one.kind === 'seen') seen.set(one.job.jobId, one);
    for (const one of checks)
      if (one.kind === 'seen') this.#seen.set(one.job.jobId, { check: one, since: now });
    // A check without a turn was held back by the provider's rate limit.
    const left = unknown.slice(due.length).map(() => 'rate_limited' as const);
    return { seen, unseen: [...left, ...checks.flatMap(whyUnseen)] };
  }

  #forget(): void {
    const old = this.#clock.now() - this.#windowMs;
    this.#made = this.#made.filter((at) => at > old);
    const surplus = this.#seen.size - mostRemembered;
    for (const [index, [jobId, { since, check }]] of [...this.#seen].entries())
      if (index < surplus || (since <= old && !this.#stays(check))) this.#seen.delete(jobId);
  }

  #stays({ job }: Seen): boolean {
    return !this.#reopens && isFinal(job.state);
  }
}

function whyUnseen(check: StatusCheck): Code[] {
  if (check.kind === 'failed') return [check.code];
  return check.kind === 'skipped' ? ['rate_limited'] : [];
}

/** Sorts the newest first, because old jobs have most likely ended. */
function newestFirst(one: JobSnapshot, other: JobSnapshot): number {
  return createdAt(other) - createdAt(one);
}

function createdAt({ createdAt: at }: JobSnapshot): number {
  return at === undefined ? 0 : Date.parse(at);
}
