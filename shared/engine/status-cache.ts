import { type Code, isFinal } from '../contract/outcome.ts';
import { shareOfReads } from '../http/rate-limit/learned-limit.ts';
import type { RateLimit } from '../http/types.ts';
import type { Clock } from '../lib/clock.ts';
import type { JobSnapshot } from '../providers/adapter.ts';
import type { StatusCheck } from './attempt-history.ts';

type Seen = Extract<StatusCheck, { kind: 'seen' }>;

/** What glances showed: jobs by id, and for each that could not be looked at, why. A job that is gone is in neither. */
export interface CachedStatuses {
  readonly seen: ReadonlyMap<string, Seen>;
  readonly unseen: readonly Code[];
}

/** What the looks are for: a search, or a cancel, which may take half of what the provider allows. */
type Purpose = 'search' | 'cancel';

/** If the provider names no limit. */
const otherwise: RateLimit = { count: 40, windowMs: 60_000 };
const mostRemembered = 1_000;

/**
 * Looks at jobs one by one where a list leaves their state out: at most as many as the provider allows and others do not
 * need. What was seen is good for as long as it counts, and if it is final until a thousand others were seen.
 */
export class StatusCache {
  readonly #clock: Clock;
  readonly #most: { readonly [purpose in Purpose]: number };
  readonly #windowMs: number;
  readonly #seen = new Map<string, { readonly look: Seen; readonly since: number }>();
  /** When looks of the last window were made. */
  #made: number[] = [];

  constructor(clock: Clock, { count, windowMs } = otherwise) {
    this.#clock = clock;
    this.#most = { search: shareOfReads(count), cancel: Math.max(1, Math.floor(count / 2)) };
    this.#windowMs = windowMs;
  }

  /** Looks at the newest of the jobs that were not seen lately, as many as there is room for. Rejects where `look` does. */
  async at(
    jobs: readonly JobSnapshot[],
    look: (jobId: string) => Promise<StatusCheck>,
    purpose: Purpose = 'search',
  ): Promise<CachedStatuses> {
    this.#forget();
    const unknown = jobs.filter(({ jobId }) => !this.#seen.has(jobId)).toSorted(newestFirst);
    const due = unknown.slice(0, Math.max(0, this.#most[purpose] - this.#made.length));
    const now = this.#clock.now();
    this.#made.push(...due.map(() => now));
    const seen = new Map([...this.#seen].map(([jobId, known]) => [jobId, known.look]));
    const looks = await Promise.all(due.map(({ jobId }) => look(jobId)));
    for (const one of looks) if (one.kind === 'seen') seen.set(one.job.jobId, one);
    for (const one of looks)
      if (one.kind === 'seen') this.#seen.set(one.job.jobId, { look: one, since: now });
    // Whose turn did not come was held back by the pace that the provider asks for.
    const left = unknown.slice(due.length).map(() => 'rate_limited' as const);
    return { seen, unseen: [...left, ...looks.flatMap(whyUnseen)] };
  }

  #forget(): void {
    const old = this.#clock.now() - this.#windowMs;
    this.#made = this.#made.filter((at) => at > old);
    const surplus = this.#seen.size - mostRemembered;
    for (const [index, [jobId, { since, look }]] of [...this.#seen].entries())
      if (index < surplus || (since <= old && !isFinal(look.job.state))) this.#seen.delete(jobId);
  }
}

function whyUnseen(look: StatusCheck): Code[] {
  if (look.kind === 'failed') return [look.code];
  return look.kind === 'skipped' ? ['rate_limited'] : [];
}

/** Those that began long ago have most likely ended. */
function newestFirst(one: JobSnapshot, other: JobSnapshot): number {
  return createdAt(other) - createdAt(one);
}

function createdAt({ createdAt: at }: JobSnapshot): number {
  return at === undefined ? 0 : Date.parse(at);
}
