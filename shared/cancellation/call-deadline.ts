import type { Clock } from '../lib/clock.ts';

const longestMarginMs = 500;
const longestSettlingMs = 5_000;

/** A process that is told to stop is killed after ten seconds by most who tell it: by then a call is over and told. */
const lastMs = 8_500;
/** By when providers must have answered then, so that a store which is busy has time for what came of it. */
const lastAnswerMs = 5_500;
/** How long a request is waited for then, so that there is time for a look after a cancel whose answer does not come. */
const lastRequestMs = 2_500;

/** The time that one call has, all told. What it ends by is on the clock that only goes forward, in milliseconds. */
export class CallDeadline {
  readonly #clock: Clock;
  readonly #budgetMs: number;
  /** However often it begins anew, the call ends by this. */
  #end: number;
  #startedAt: number;
  #hastenedAt = Number.POSITIVE_INFINITY;
  readonly #impatient = new AbortController();
  readonly #cut = new AbortController();
  readonly #ended = new AbortController();
  #timers: (() => void)[] = [];

  /** `limitMs`: how long whoever asked waits for the answer, a person's time to answer a question included. */
  constructor(clock: Clock, budgetMs: number, limitMs = Number.POSITIVE_INFINITY) {
    this.#clock = clock;
    this.#budgetMs = budgetMs;
    this.#startedAt = clock.now();
    this.#end = this.#startedAt + limitMs;
  }

  /** By this the call is over, and nobody waits for the store any more. */
  get over(): number {
    return Math.min(this.#ownEnd, this.#hastenedAt + lastMs);
  }

  /** By this all providers must have answered, so that what came of it can be written down. */
  get answerBy(): number {
    const marginMs = Math.min(longestMarginMs, this.#spanMs / 10);
    return Math.min(this.#ownEnd - marginMs, this.#hastenedAt + lastAnswerMs);
  }

  /** After this nothing is sent, so that there is time to see what became of what was. */
  get sendBy(): number {
    return this.answerBy - Math.min(longestSettlingMs, this.#spanMs / 5);
  }

  /** Aborted at `answerBy` where the call was hastened: whatever waits for a turn or a pause waits no longer. */
  get cut(): AbortSignal {
    return this.#cut.signal;
  }

  /** Aborted when the call is over where it was hastened. */
  get ended(): AbortSignal {
    return this.#ended.signal;
  }

  /** Aborted when a request that begins now is not waited for any longer: after `ms`, or sooner where the call is hastened. */
  patience(ms: number): AbortSignal {
    if (!this.#isHastened) return AbortSignal.any([AbortSignal.timeout(ms), this.#impatient.signal]);
    const leftMs = Math.floor(this.answerBy - this.#clock.now());
    return AbortSignal.timeout(Math.max(1, Math.min(ms, lastRequestMs, leftMs)));
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

  /** The process is to stop: what is under way is given some seconds, and what is known then is the answer. */
  hasten(): void {
    if (this.#isHastened) return;
    const now = this.#clock.now();
    this.#hastenedAt = now;
    const at = (time: number, ending: AbortController) =>
      this.#clock.after(time - now, () => ending.abort(new DOMException('the time is up', 'TimeoutError')));
    this.#timers = [
      at(now + lastRequestMs, this.#impatient),
      at(this.answerBy, this.#cut),
      at(this.over, this.#ended),
    ];
  }

  /** The call is answered: nothing is left to be ended. */
  done(): void {
    for (const cancel of this.#timers) cancel();
  }

  get #isHastened(): boolean {
    return this.#hastenedAt < Number.POSITIVE_INFINITY;
  }

  /** When it is over where nobody hastens it. */
  get #ownEnd(): number {
    return Math.min(this.#startedAt + this.#budgetMs, this.#end);
  }

  get #spanMs(): number {
    return Math.max(0, this.#ownEnd - this.#startedAt);
  }
}
