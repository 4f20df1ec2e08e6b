import type { Caller } from '../access/caller.ts';
import type { Grant, SlidingWindowLimiter } from '../access/rate-limiter.ts';

const minuteMs = 60_000;
const tenMinutesMs = 600_000;

/** Whose cancels are counted, where, and for how many milliseconds what is taken may still be used. */
export interface CancelQuotaParts {
  /** Without it every call is counted by itself. */
  readonly rateLimiter: SlidingWindowLimiter | undefined;
  caller(): Caller;
  forMs(): number;
}

interface Terms {
  readonly most?: number | undefined;
  readonly windowMs: number;
  /** All of it or nothing. */
  readonly whole?: boolean;
}

/** What was counted, of what, and under which key. */
interface Taken {
  readonly what: 'minute' | 'confirm';
  readonly key: string;
  readonly grant: Grant;
}

/** What a request came to: for how many jobs a cancel was sent, and how many were looked at, those included. */
export interface Spent {
  readonly sent: number;
  readonly looked: number;
}

/**
 * What one request takes of what its caller may cancel within a minute, and may cancel unconfirmed within ten: taken
 * before anything is sent, and settled by what was. A job that was looked at and not sent becomes a read; for as long as
 * the caller's minute has no read left it stays a cancel. Everything rejects when the store does.
 */
export class CancelQuota {
  readonly #parts: CancelQuotaParts;
  #taken: Taken[] = [];
  /** How many jobs are counted as reads already. */
  #reads = 0;

  constructor(parts: CancelQuotaParts) {
    this.#parts = parts;
  }

  /** Takes as many of the minute as are wanted and left. */
  async takeMinute(jobs: number): Promise<Grant> {
    const { cancelsPerMinute: most } = this.#parts.caller().rights;
    return most === undefined ? unlimited(jobs) : this.#take('minute', jobs, { most, windowMs: minuteMs });
  }

  /** Counts jobs towards the number from which on a confirmation is needed, unless that is reached by them. */
  async takeUnasked(jobs: number): Promise<boolean> {
    const { confirmAbove: most } = this.#parts.caller().rights;
    const { granted } = await this.#take('confirm', jobs, { most, windowMs: tenMinutesMs, whole: true });
    return granted === jobs;
  }

  /** Counts jobs that somebody has confirmed: whatever comes after them is beyond that number all the sooner. */
  async takeConfirmed(jobs: number): Promise<void> {
    if (this.#parts.caller().rights.confirmAbove === undefined) return;
    await this.#take('confirm', jobs, { windowMs: tenMinutesMs });
  }

  /** Takes as many reads of the minute as are wanted and left. */
  async takeReads(jobs: number): Promise<Grant> {
    const { rateLimiter, caller } = this.#parts;
    const grant = await takeReads(rateLimiter, caller(), jobs);
    this.#reads += grant.granted;
    return grant;
  }

  /** Gives everything back, for what is to be taken anew. Tells what kept it from being written, for each count. */
  release(): Promise<unknown[]> {
    return this.#settle(() => 0);
  }

  /** Counts what was used, and gives the rest back. Tells what kept it from being written, for each count. */
  async settle({ sent, looked }: Spent): Promise<unknown[]> {
    const unsent = Math.max(0, looked - sent - this.#reads);
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

/** What one gets where nobody counts. */
function unlimited(jobs: number): Grant {
  return { id: '', granted: jobs, retryAfterMs: 0 };
}

/** Counts jobs that are looked at, and lists, as reads of a caller's minute: as many as are wanted and left. */
export async function takeReads(
  rateLimiter: SlidingWindowLimiter | undefined,
  { id, rights }: Caller,
  wanted: number,
): Promise<Grant> {
  const { readsPerMinute: most } = rights;
  if (rateLimiter === undefined || most === undefined || wanted === 0) return unlimited(wanted);
  return rateLimiter.take(`${id}/reads`, { wanted, limits: [{ most, windowMs: minuteMs }] });
}
