import type { LimiterState } from './learned-state.ts';

const shortestToldMs = 100;
const firstUnspecifiedMs = 1_000;
const longestUnspecifiedMs = 30_000;
const longestMs = 60_000;

/**
 * How long a 429 holds back all requests: as long as it asks, and at least a little longer with each 429 in a row. After a
 * minute one request tests the limit in any case, unless the provider's time is `binding`.
 */
export class Hold {
  readonly #binding: boolean;
  #since = Number.NEGATIVE_INFINITY;
  #until = Number.NEGATIVE_INFINITY;
  /** The number of holds in a row without an answered request between them. */
  #inARow = 0;

  constructor({ binding = false } = {}) {
    this.#binding = binding;
  }

  /** When the hold ends, on the caller's clock; long ago without a hold. */
  get until(): number {
    return this.#until;
  }

  /**
   * Records a 429 that asks for a wait of `toldMs`, or names no time. `opens`: it is the first of its episode, and not for a
   * request that was sent before the hold.
   */
  refused(toldMs: number | null, opens: boolean, now: number): void {
    if (opens) {
      this.#since = now;
      this.#inARow += 1;
    }
    const growth = 2 ** Math.max(0, this.#inARow - 1);
    if (toldMs !== null) this.#extend(now + Math.max(toldMs, Math.min(shortestToldMs * growth, longestMs)));
    else if (opens) this.#extend(now + Math.min(firstUnspecifiedMs * growth, longestUnspecifiedMs));
  }

  /** Records an answered request, so that the next hold is short again. */
  answered(): void {
    this.#inARow = 0;
  }

  /** A copy for another process. */
  copy(now: number): LimiterState['hold'] {
    const age_ms = Math.min(Math.max(0, now - this.#since), longestMs);
    return { left_ms: Math.max(0, this.#until - now), age_ms, in_a_row: this.#inARow };
  }

  /** Puts a copy back. The longer hold stays. */
  restore({ left_ms, age_ms, in_a_row }: LimiterState['hold'], now: number): void {
    this.#inARow = Math.max(this.#inARow, in_a_row);
    if (now + left_ms <= this.#until || left_ms === 0) return;
    this.#until = now + left_ms;
    this.#since = now - age_ms;
  }

  #extend(until: number): void {
    const latest = this.#binding ? Number.POSITIVE_INFINITY : this.#since + longestMs;
    this.#until = Math.max(this.#until, Math.min(until, latest));
  }
}
