import type { ManualClock } from './manual-clock.ts';

/** Turns the clock in small steps, with real time between for real answers, until the promise settles. */
export async function advanceUntil<T>(clock: ManualClock, promise: Promise<T>): Promise<T> {
  let done = false;
  promise.finally(() => {
    done = true;
  });
  while (!done) {
    await new Promise((resolve) => setTimeout(resolve, 2));
    await clock.turn(100);
  }
  return promise;
}
