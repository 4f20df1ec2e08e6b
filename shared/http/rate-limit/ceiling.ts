import type { RateLimit } from '../types.ts';
import type { LimiterState } from './learned-state.ts';
import { type Asking, type Start, StartWindow } from './start-window.ts';

/** The window is a little longer, because requests may take unequally long to arrive. */
const margin = 1.02;
/** A copy tells of so many parts of the window at most. */
const copiedParts = 50;

/**
 * A documented limit, such as 5,000 requests an hour. It is never lowered: a provider that refuses earlier has another limit,
 * too, which is learned beside this one.
 */
export class Ceiling {
  readonly #count: number;
  readonly #window: StartWindow;

  constructor({ count, windowMs }: RateLimit) {
    this.#count = count;
    this.#window = new StartWindow(windowMs * margin, true, (windowMs * margin) / copiedParts);
  }

  /** How many requests a second it allows all the time. */
  get perSecond(): number {
    return (this.#count * 1_000) / this.#window.windowMs;
  }

  /** The milliseconds until such a request may start that has `ahead` before it. */
  waitMs(now: number, asking: Asking, ahead = 0): number {
    this.#window.forgetOld(now);
    return this.#window.waitMs(now, asking, { count: this.#count, isTrial: false, ahead });
  }

  start(start: Start): void {
    this.#window.starts.push(start);
  }

  withdraw(start: Start): void {
    this.#window.withdraw(start);
  }

  /** The starts of the window, for another process. */
  copy(now: number): LimiterState['limit']['starts'] {
    return this.#window.copy(now);
  }

  /** Puts a copy back, unless requests were started here meanwhile. */
  restore(copy: LimiterState['limit']['starts'], now: number): void {
    this.#window.forgetOld(now);
    if (this.#window.starts.length === 0) this.#window.restore(copy, now);
  }
}
