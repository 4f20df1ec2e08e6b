import type { Allowance, Grant } from '../access/allowance.ts';
import type { Caller } from '../access/caller.ts';

const minuteMs = 60_000;
const tenMinutesMs = 600_000;

/** Whose cancels are counted, where, and for how many milliseconds what is taken may still be used. */
export interface SpendingParts {
  /** Without it every call is counted by itself. */
  readonly allowance: Allowance | undefined;
  caller(): Caller;
  forMs(): number;
}

interface Terms {
  readonly most?: number | undefined;
  readonly windowMs: number;
  /** All of it or nothing. */
  readonly whole?: boolean;
}

/**
 * What one request takes of what its caller may cancel within a minute, and may cancel unconfirmed within ten: taken
 * before anything is sent, and settled by what was. Everything rejects when the store does.
 */
export class Spending {
  readonly #parts: SpendingParts;
  /** What was counted, under its key. */
  readonly #taken = new Map<Grant, string>();

  constructor(parts: SpendingParts) {
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

  /** Counts as used what was sent, and gives the rest back. Tells what kept it from being written, for each count. */
  async settle(sent: number): Promise<unknown[]> {
    const taken = [...this.#taken];
    this.#taken.clear();
    const settled = taken.map(([grant, key]) => this.#parts.allowance?.settle(key, grant, sent));
    const results = await Promise.allSettled(settled);
    return results.flatMap((result) => (result.status === 'rejected' ? [result.reason] : []));
  }

  async #take(what: string, wanted: number, { most, windowMs, whole = false }: Terms): Promise<Grant> {
    const { allowance, caller, forMs } = this.#parts;
    if (allowance === undefined || wanted === 0) {
      const room = Math.min(wanted, most ?? wanted);
      return { ...unlimited(whole && room < wanted ? 0 : room), retryAfterMs: windowMs };
    }
    const key = `${caller().id}/${what}`;
    const limits = most === undefined ? [] : [{ most, windowMs }];
    const grant = await allowance.take(key, { wanted, limits, whole, forMs: forMs() });
    this.#taken.set(grant, key);
    return grant;
  }
}

/** What one gets where nobody counts. */
function unlimited(jobs: number): Grant {
  return { id: '', granted: jobs, retryAfterMs: 0 };
}
