import { type Clock, sleep } from './clock.ts';

/** Something that may be attempted again. */
export interface Retry<T> {
  readonly clock: Clock;
  /** Ends a pause when it is aborted; the next attempt follows at once. */
  readonly signal?: AbortSignal | undefined;
  attempt(): Promise<T>;
  /** Milliseconds to wait before the next attempt, after `count` of them; `undefined` if this result stands. */
  pauseAfter(result: T, count: number): number | undefined;
}

/** Attempts something until its result stands. */
export async function retry<T>({ clock, signal, attempt, pauseAfter }: Retry<T>): Promise<T> {
  for (let count = 1; ; count += 1) {
    const result = await attempt();
    const pauseMs = pauseAfter(result, count);
    if (pauseMs === undefined) return result;
    await sleep(clock, pauseMs, signal);
  }
}

/**
 * Milliseconds to wait after `count` attempts: doubling from `firstMs` to `longestMs`, of which a random half is left out,
 * so that many that failed together do not come back together.
 */
export function backoffMs(count: number, { firstMs = 200, longestMs = 5_000 } = {}): number {
  const full = Math.min(firstMs * 2 ** (count - 1), longestMs);
  return full / 2 + Math.random() * (full / 2);
}
