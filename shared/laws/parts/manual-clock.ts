import { type Clock, systemClock } from '../../lib/clock.ts';
import { yieldIfBusy } from '../../lib/event-loop.ts';

/** A clock that stands still until it is turned. Timers run in the order of their time, with all promises settled between. */
export class ManualClock implements Clock {
  /** Far from the wall time, so that nothing can take one for the other. */
  #now = 0;
  #aheadMs: number;
  #order = 0;
  #timers: { at: number; order: number; wake: () => void }[] = [];

  constructor(wallTime = Date.parse('2026-01-01T00:00:00Z')) {
    this.#aheadMs = wallTime;
  }

  now(): number {
    return this.#now;
  }

  wallTime(): number {
    return this.now() + this.#aheadMs;
  }

  /** Sets the wall time forward, or back, by `ms` milliseconds: nothing that waits may notice. */
  step(ms: number): void {
    this.#aheadMs += ms;
  }

  /** How many timers are set. */
  get pending(): number {
    return this.#timers.length;
  }

  after(ms: number, wake: () => void): () => void {
    const timer = { at: this.#now + Math.max(0, Math.ceil(ms)), order: this.#order++, wake };
    this.#timers.push(timer);
    return () => {
      this.#timers = this.#timers.filter((other) => other !== timer);
    };
  }

  /** Turns the clock by `ms` milliseconds, waking whatever falls due on the way. */
  async turn(ms: number): Promise<void> {
    const end = this.#now + ms;
    await settle();
    for (let next = this.#next(end); next !== undefined; next = this.#next(end)) {
      this.#now = Math.max(this.#now, next.at);
      this.#timers = this.#timers.filter((timer) => timer !== next);
      next.wake();
      await settle();
    }
    this.#now = end;
  }

  /** Turns the clock from timer to timer until `promise` settles, for at most `limitMs`. */
  async until<T>(promise: Promise<T>, limitMs = 3_600_000): Promise<T> {
    let done = false;
    const finished = promise.finally(() => {
      done = true;
    });
    finished.catch(() => undefined);
    const end = this.#now + limitMs;
    const isIdle = () => !done && this.#next(end) === undefined;
    await settle();
    while (!done) {
      // Long work lets others have their turn, and a module is read, by the real clock.
      const giveUpAt = systemClock.now() + mostIdleMs;
      while (isIdle() && systemClock.now() < giveUpAt) await settle();
      if (done) break;
      const next = this.#next(end);
      if (next === undefined) throw new Error('nothing left to wait for, or the time is up');
      await this.turn(Math.max(0, next.at - this.#now));
    }
    return finished;
  }

  #next(end: number) {
    return this.#timers
      .filter((timer) => timer.at <= end)
      .reduce<{ at: number; order: number; wake: () => void } | undefined>(
        (first, timer) =>
          first === undefined || timer.at < first.at || (timer.at === first.at && timer.order < first.order)
            ? timer
            : first,
        undefined,
      );
  }
}

/** Counts whole milliseconds only, as the machine's own does. */
export class WholeClock extends ManualClock {
  override now(): number {
    return Math.floor(super.now());
  }
}

/** After so long nothing more is to come: a busy machine may take a second to read a module that is used for the first time. */
const mostIdleMs = 10_000;

/** Until nothing goes on any more but what waits for a timer, nor what gave way to others because the machine is busy. */
async function settle(): Promise<void> {
  do await new Promise<void>((resolve) => setImmediate(resolve));
  while (await hasGivenWay());
}

/** Whether anything waits for a later turn of the loop: then we would, too. */
async function hasGivenWay(): Promise<boolean> {
  let isFree = false;
  yieldIfBusy().then(() => {
    isFree = true;
  });
  for (let steps = 0; steps < 8 && !isFree; steps += 1) await undefined;
  return !isFree;
}
