import type { Clock } from '../lib/clock.ts';
import { CallDeadline } from './call-deadline.ts';

/** The deadlines of the calls of one process. */
export class CallTimes {
  readonly #clock: Clock;
  readonly #budgetMs: number;
  readonly #underWay = new Set<CallDeadline>();
  #stopping = false;

  /** Each call has a budget of `budgetMs` milliseconds. */
  constructor(clock: Clock, budgetMs: number) {
    this.#clock = clock;
    this.#budgetMs = budgetMs;
  }

  /** Gives a call its deadline, at most `limitMs` from now, while `work` runs. */
  async during<T>(work: (time: CallDeadline) => Promise<T>, limitMs?: number): Promise<T> {
    const time = new CallDeadline(this.#clock, this.#budgetMs, limitMs);
    this.#underWay.add(time);
    if (this.#stopping) time.hasten();
    try {
      return await work(time);
    } finally {
      this.#underWay.delete(time);
      time.done();
    }
  }

  /** Hastens the current and future calls. */
  hasten(): void {
    this.#stopping = true;
    for (const time of this.#underWay) time.hasten();
  }
}
