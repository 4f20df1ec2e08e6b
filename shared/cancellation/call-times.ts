import type { Clock } from '../lib/clock.ts';
import { CallDeadline } from './call-deadline.ts';

/** The times of the calls of one process, which is to stop one day. */
export class CallTimes {
  readonly #clock: Clock;
  readonly #budgetMs: number;
  readonly #underWay = new Set<CallDeadline>();
  #stopping = false;

  /** Each call has `budgetMs` milliseconds. */
  constructor(clock: Clock, budgetMs: number) {
    this.#clock = clock;
    this.#budgetMs = budgetMs;
  }

  /** Gives a call its time, `limitMs` at most, for as long as `work` goes on. */
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

  /** Hastens the calls that are under way, and those to come. */
  hasten(): void {
    this.#stopping = true;
    for (const time of this.#underWay) time.hasten();
  }
}
