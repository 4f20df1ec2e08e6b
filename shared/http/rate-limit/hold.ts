const shortestToldMs = 100;
const firstUntoldMs = 1_000;
const longestUntoldMs = 30_000;
const longestMs = 60_000;

/**
 * How long a 429 keeps everything back: as it told, and at least a little longer with each refusal in a row. After a
 * minute at most one request asks again, whatever was told, unless the provider's time is `binding`.
 */
export class Hold {
  readonly #binding: boolean;
  #since = Number.NEGATIVE_INFINITY;
  #until = Number.NEGATIVE_INFINITY;
  /** Holds in a row, with no request answered in between. */
  #inARow = 0;

  constructor({ binding = false } = {}) {
    this.#binding = binding;
  }

  /** When it ends, on the clock of those who call; long ago if nothing is held. */
  get until(): number {
    return this.#until;
  }

  /**
   * Notes a 429 that asks for `toldMs`, or names no time. `opens`: it is the first of its episode, not one to a request
   * that was sent before the hold.
   */
  refused(toldMs: number | null, opens: boolean, now: number): void {
    if (opens) {
      this.#since = now;
      this.#inARow += 1;
    }
    const growth = 2 ** Math.max(0, this.#inARow - 1);
    if (toldMs !== null) this.#extend(now + Math.max(toldMs, Math.min(shortestToldMs * growth, longestMs)));
    else if (opens) this.#extend(now + Math.min(firstUntoldMs * growth, longestUntoldMs));
  }

  /** Notes that a request was answered: the next hold is short again. */
  answered(): void {
    this.#inARow = 0;
  }

  #extend(until: number): void {
    const latest = this.#binding ? Number.POSITIVE_INFINITY : this.#since + longestMs;
    this.#until = Math.max(this.#until, Math.min(until, latest));
  }
}
