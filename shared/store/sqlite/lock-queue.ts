import { systemClock } from '../../lib/clock.ts';

/** The longest wait for another process, in milliseconds. */
const longestLockMs = 5_000;
/** The longest wait after one task has waited in vain, in milliseconds. */
const shortPatienceMs = 500;
const pauseMs = 10;

/** A task that needs the lock. */
export interface LockedTask {
  /** Carries out the task, successfully or not. If the lock is held, does nothing and returns the error. */
  attempt(): Error | undefined;
  /** Called if the lock is held for too long. */
  giveUp(locked: Error): void;
}

interface Waiting extends LockedTask {
  /** When the task was added, on the monotonic clock, in milliseconds. */
  readonly since: number;
}

/**
 * Carries out tasks in order that need a lock, and tries again while another process holds it: for five seconds, and after
 * one task has waited in vain for half a second, until the lock is free.
 */
export class LockQueue {
  #waiting: Waiting[] = [];
  #gaveUpAt = Number.NEGATIVE_INFINITY;

  add(attempt: LockedTask): void {
    this.#waiting.push({ ...attempt, since: systemClock.now() });
    if (this.#waiting.length === 1) this.#go();
  }

  #go(): void {
    let locked: Error | undefined;
    for (let [first] = this.#waiting; first !== undefined; [first] = this.#waiting) {
      locked = first.attempt();
      if (locked !== undefined) break;
      this.#gaveUpAt = Number.NEGATIVE_INFINITY;
      this.#waiting.shift();
    }
    if (locked !== undefined) this.#wait(locked);
  }

  #wait(locked: Error): void {
    const now = systemClock.now();
    const patienceMs = now - this.#gaveUpAt < longestLockMs ? shortPatienceMs : longestLockMs;
    const [over, open] = split(this.#waiting, ({ since }) => now - since >= patienceMs);
    this.#waiting = open;
    if (over.length > 0) this.#gaveUpAt = now;
    for (const { giveUp } of over) giveUp(locked);
    if (open.length > 0) systemClock.after(pauseMs, () => this.#go());
  }
}

function split<Item>(items: readonly Item[], belongs: (item: Item) => boolean): [Item[], Item[]] {
  return [items.filter(belongs), items.filter((item) => !belongs(item))];
}
