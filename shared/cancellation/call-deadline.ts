import { type TimeLimit, timeLimit } from '../lib/abort.ts';
import type { Clock } from '../lib/clock.ts';

const longestMarginMs = 500;
const longestSettlingMs = 5_000;

/** The time of a call after the process is asked to stop, in milliseconds: most supervisors kill it after ten seconds. */
const lastMs = 8_500;
/** By then providers must have answered, so that a busy store has time to record the outcomes. */
const lastAnswerMs = 5_500;
/** The longest request then, so that there is time for a status check after a cancel without an answer. */
const lastRequestMs = 2_500;

/** The deadline of one call. Times are on the monotonic clock, in milliseconds. */
export class CallDeadline {
  readonly #clock: Clock;
  readonly #budgetMs: number;
  /** The call ends by this time, even if it is restarted. */
  #end: number;
  #startedAt: number;
  #hastenedAt = Number.POSITIVE_INFINITY;
  readonly #impatient = new AbortController();
  readonly #cut = new AbortController();
  readonly #ended = new AbortController();
  #timers: (() => void)[] = [];

  /** `limitMs`: how long the caller waits for the answer, including a person's time to answer a question. */
  constructor(clock: Clock, budgetMs: number, limitMs = Number.POSITIVE_INFINITY) {
    this.#clock = clock;
    this.#budgetMs = budgetMs;
    this.#startedAt = clock.now();
    this.#end = this.#startedAt + limitMs;
  }

  /** By this time the call has ended, and waits for the store no longer. */
  get over(): number {
    return Math.min(this.#ownEnd, this.#hastenedAt + lastMs);
  }

  /** By this time all providers must have answered, so that the outcomes can be recorded. */
  get answerBy(): number {
    const marginMs = Math.min(longestMarginMs, this.#spanMs / 10);
    return Math.min(this.#ownEnd - marginMs, this.#hastenedAt + lastAnswerMs);
  }

  /** After this time nothing is sent, so that there is time to check the status of the sent cancels. */
  get sendBy(): number {
    return this.answerBy - Math.min(longestSettlingMs, this.#spanMs / 5);
  }

  /** Aborted at `answerBy` if the call was hastened: waits for turns and pauses end. */
  get cut(): AbortSignal {
    return this.#cut.signal;
  }

  /** Aborted at the end of a hastened call. */
  get ended(): AbortSignal {
    return this.#ended.signal;
  }

  /** The limit on the wait for a request that begins now: `ms`, or less if the call is hastened. */
  patience(ms: number): TimeLimit {
    if (!this.#isHastened) return timeLimit(this.#clock, ms, this.#impatient.signal);
    const leftMs = Math.floor(this.answerBy - this.#clock.now());
    return timeLimit(this.#clock, Math.max(1, Math.min(ms, lastRequestMs, leftMs)));
  }

  /** Restarts the budget, for a call that had to wait for a person. */
  restart(): void {
    this.#startedAt = this.#clock.now();
  }

  /** Restarts the budget after the answer, for a person's answer that arrives after the call has ended. */
  reopen(): void {
    this.#end = Number.POSITIVE_INFINITY;
    this.restart();
  }

  /** Called when the process is to stop: the call ends within seconds, with the outcomes known by then. */
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

  /** Called when the call is answered, to stop its timers. */
  done(): void {
    for (const cancel of this.#timers) cancel();
  }

  get #isHastened(): boolean {
    return this.#hastenedAt < Number.POSITIVE_INFINITY;
  }

  /** When the call ends if it is not hastened. */
  get #ownEnd(): number {
    return Math.min(this.#startedAt + this.#budgetMs, this.#end);
  }

  get #spanMs(): number {
    return Math.max(0, this.#ownEnd - this.#startedAt);
  }
}
