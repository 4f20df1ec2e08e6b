import { systemClock } from '../../lib/clock.ts';

/** How long one waits for another process. */
const longestLockMs = 5_000;
/** How long after somebody has waited so long in vain. */
const shortPatienceMs = 500;
const pauseMs = 10;

/** Something to be done as soon as the lock is free. */
export interface LockedTask {
  /** Does it, well or badly; or gives the error of a lock that is held, and has done nothing. */
  attempt(): Error | undefined;
  /** Called where the lock is held for too long. */
  giveUp(locked: Error): void;
}

interface Waiting extends LockedTask {
  /** On the clock that only goes forward, in milliseconds. */
  readonly since: number;
}

/**
 * Does one thing after the other that needs a lock of another process, in the order in which they came, and tries again
 * while that is held: for five seconds, and once somebody has waited in vain for half a second, until the lock is free.
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
