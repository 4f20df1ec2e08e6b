import type { Clock } from '../clock.ts';

const longestMarginMs = 500;
const longestSettlingMs = 5_000;

/** The time that one call has, all told. What it ends by is on the clock that only goes forward, in milliseconds. */
export class CallTime {
  readonly #clock: Clock;
  readonly #budgetMs: number;
  #startedAt: number;

  constructor(clock: Clock, budgetMs: number) {
    this.#clock = clock;
    this.#budgetMs = budgetMs;
    this.#startedAt = clock.now();
  }

  /** By this the call is over, and nobody waits for the store any more. */
  get over(): number {
    return this.#startedAt + this.#budgetMs;
  }

  /** By this all providers must have answered, so that what came of it can be written down. */
  get answerBy(): number {
    return this.over - Math.min(longestMarginMs, this.#budgetMs / 10);
  }

  /** After this nothing is sent, so that there is time to see what became of what was. */
  get sendBy(): number {
    return this.answerBy - Math.min(longestSettlingMs, this.#budgetMs / 5);
  }

  /** Begins anew: for a call that had to wait for a person. */
  restart(): void {
    this.#startedAt = this.#clock.now();
  }
}
