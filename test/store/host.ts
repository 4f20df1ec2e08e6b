import type { Clock } from '../../shared/lib/clock.ts';
import { systemClock } from '../../shared/lib/clock.ts';
import type { Store } from '../../shared/store/store.ts';

/** A clock that shows what it is set to, while its timers run by the real one: for stores that wait for a network. */
export class SetClock implements Clock {
  #now = Date.parse('2026-03-01T12:00:00Z');

  now(): number {
    return this.#now;
  }

  wallTime(): number {
    return this.#now;
  }

  forward(ms: number): void {
    this.#now += ms;
  }

  after(ms: number, wake: () => void): () => void {
    return systemClock.after(ms, wake);
  }
}

/** A database of its own, empty at first, and the clock that its clients go by. */
export interface Host {
  readonly clock: SetClock;
  /** How many sequences of questions are tried on it, each with a database of its own. */
  readonly sequences: number;
  /** Opens another client of the same data. */
  open(): Promise<Store>;
  /** Another database of the same kind, empty. */
  another(): Promise<Host>;
}
