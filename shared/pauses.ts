import { systemClock } from './clock.ts';

/** How long one may have the thread before others get their turn. */
const longestTurnMs = 10;

/** For long work on the one thread: lets whatever else waits have its turn in between. */
export class Pauses {
  #since = systemClock.now();

  /** Resolves at once while the turn lasts; else when others have had theirs, with a new one. */
  async due(): Promise<void> {
    if (systemClock.now() - this.#since < longestTurnMs) return;
    await new Promise<void>((resolve) => setImmediate(resolve));
    this.#since = systemClock.now();
  }
}
