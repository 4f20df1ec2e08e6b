import type { Caller } from '../access/caller.ts';
import type { Grant, SlidingWindowLimiter } from '../access/caller-rate-limiter.ts';

const minuteMs = 60_000;
const tenMinutesMs = 600_000;

/** The caller whose cancels are counted, the rate limiter, and how long taken uses may last, in milliseconds. */
export interface CancelQuotaParts {
  /** Without it each call is counted on its own. */
  readonly rateLimiter: SlidingWindowLimiter | undefined;
  caller(): Caller;
  forMs(): number;
}

interface Terms {
  readonly most?: number | undefined;
  readonly windowMs: number;
  /** Whether to take all or none. */
  readonly whole?: boolean;
}

/** A grant, its kind and its key. */
interface Taken {
  readonly what: 'minute' | 'confirm';
  readonly key: string;
  readonly grant: Grant;
}

/** What a request used: the jobs that were sent a cancel, and all jobs whose status was read, including those. */
export interface Spent {
  readonly sent: number;
  readonly inspected: number;
}

/**
 * The part of the caller's quota that one request takes: cancels per minute, and unconfirmed cancels in ten minutes. It is
 * taken before anything is sent and settled by what was sent. A job whose status was read without a cancel becomes a
 * read; while the caller has no read left, it stays a cancel. Everything rejects if the store does.
 */
export class CancelQuota {
  readonly #parts: CancelQuotaParts;
  #taken: Taken[] = [];
  /** How many jobs are already counted as reads. */
  #reads = 0;

  constructor(parts: CancelQuotaParts) {
    this.#parts = parts;
  }

  /** Takes up to `jobs` cancels of the minute. */
  async takeMinute(jobs: number): Promise<Grant> {
    const { cancelsPerMinute: most } = this.#parts.caller().rights;
    return most === undefined ? unlimited(jobs) : this.#take('minute', jobs, { most, windowMs: minuteMs });
  }

  /** Counts jobs as unconfirmed cancels; `false`, without counting them, if they would exceed the number that needs a confirmation. */
  async takeUnasked(jobs: number): Promise<boolean> {
    const { confirmAbove: most } = this.#parts.caller().rights;
    const { granted } = await this.#take('confirm', jobs, { most, windowMs: tenMinutesMs, whole: true });
    return granted === jobs;
  }

  /** Counts confirmed jobs, so that later requests need a confirmation sooner. */
  async takeConfirmed(jobs: number): Promise<void> {
    if (this.#parts.caller().rights.confirmAbove === undefined) return;
    await this.#take('confirm', jobs, { windowMs: tenMinutesMs });
  }

  /** Takes up to `jobs` reads of the minute. */
  async takeReads(jobs: number): Promise<Grant> {
    const { rateLimiter, caller } = this.#parts;
    const grant = await takeReads(rateLimiter, caller(), jobs);
    this.#reads += grant.granted;
    return grant;
  }

  /** Gives everything back, to be taken again. Returns the errors of the store. */
  release(): Promise<unknown[]> {
    return this.#settle(() => 0);
  }

  /** Counts what was used and gives back the rest. Returns the errors of the store. */
  async settle({ sent, inspected }: Spent): Promise<unknown[]> {
    const unsent = Math.max(0, inspected - sent - this.#reads);
    const failures: unknown[] = [];
    const reads = await this.takeReads(unsent).catch((error: unknown) => {
      failures.push(error);
      return unlimited(0);
    });
    const kept = unsent - reads.granted;
    const used = ({ what, grant }: Taken) =>
      what === 'minute' ? Math.min(sent + kept, grant.granted) : sent;
    return [...failures, ...(await this.#settle(used))];
  }

  async #settle(used: (taken: Taken) => number): Promise<unknown[]> {
    const taken = this.#taken;
    this.#taken = [];
    const settled = taken.map((each) => this.#parts.rateLimiter?.settle(each.key, each.grant, used(each)));
    const results = await Promise.allSettled(settled);
    return results.flatMap((result) => (result.status === 'rejected' ? [result.reason] : []));
  }

  async #take(what: Taken['what'], wanted: number, { most, windowMs, whole = false }: Terms): Promise<Grant> {
    const { rateLimiter, caller, forMs } = this.#parts;
    if (rateLimiter === undefined || wanted === 0) {
      const room = Math.min(wanted, most ?? wanted);
      return { ...unlimited(whole && room < wanted ? 0 : room), retryAfterMs: windowMs };
    }
    const key = `${caller().id}/${what}`;
    const limits = most === undefined ? [] : [{ most, windowMs }];
    const grant = await rateLimiter.take(key, { wanted, limits, whole, forMs: forMs() });
    this.#taken.push({ what, key, grant });
    return grant;
  }
}

/** The grant without a rate limiter. */
function unlimited(jobs: number): Grant {
  return { id: '', granted: jobs, retryAfterMs: 0 };
}

/** Counts status reads and lists as reads of a caller's minute, as many as are left. */
export async function takeReads(
  rateLimiter: SlidingWindowLimiter | undefined,
  { id, rights }: Caller,
  wanted: number,
): Promise<Grant> {
  const { readsPerMinute: most } = rights;
  if (rateLimiter === undefined || most === undefined || wanted === 0) return unlimited(wanted);
  return rateLimiter.take(`${id}/reads`, { wanted, limits: [{ most, windowMs: minuteMs }] });
}
