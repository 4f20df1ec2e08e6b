import type { Clock } from '../clock.ts';

const longestMarginMs = 500;
const longestSettlingMs = 5_000;

/** The time that one call has, all told. What it ends by is on the clock that only goes forward, in milliseconds. */
export class CallTime {
  readonly #clock: Clock;
  readonly #budgetMs: number;
  /** However often it begins anew, the call ends by this. */
  #end: number;
  #startedAt: number;

  /** `limitMs`: how long whoever asked waits for the answer, a person's time to answer a question included. */
  constructor(clock: Clock, budgetMs: number, limitMs = Number.POSITIVE_INFINITY) {
    this.#clock = clock;
    this.#budgetMs = budgetMs;
    this.#startedAt = clock.now();
    this.#end = this.#startedAt + limitMs;
  }

  /** By this the call is over, and nobody waits for the store any more. */
  get over(): number {
    return Math.min(this.#startedAt + this.#budgetMs, this.#end);
  }

  /** By this all providers must have answered, so that what came of it can be written down. */
  get answerBy(): number {
    return this.over - Math.min(longestMarginMs, this.#spanMs / 10);
  }

  /** After this nothing is sent, so that there is time to see what became of what was. */
  get sendBy(): number {
    return this.answerBy - Math.min(longestSettlingMs, this.#spanMs / 5);
  }

  /** Begins anew: for a call that had to wait for a person. */
  restart(): void {
    this.#startedAt = this.#clock.now();
  }

  /** Begins anew after the answer: for what a person says when nobody waits for the call any more. */
  reopen(): void {
    this.#end = Number.POSITIVE_INFINITY;
    this.restart();
  }

  get #spanMs(): number {
    return Math.max(0, this.over - this.#startedAt);
  }
}
