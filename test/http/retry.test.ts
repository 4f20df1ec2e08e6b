import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { backoffMs, retry } from '../../shared/lib/retry.ts';
import { ManualClock } from '../support/time/manual-clock.ts';

describe('a retry', () => {
  test('pauses as it is told to after each attempt, and ends with the result that stands', async () => {
    const clock = new ManualClock();
    const began = clock.now();
    const attemptedAt: number[] = [];
    const last = await clock.until(
      retry({
        clock,
        attempt: async () => attemptedAt.push(clock.now() - began),
        pauseAfter: (result, count) => (result === 4 ? undefined : count * 100),
      }),
    );
    expect(last).toBe(4);
    expect(attemptedAt).toEqual([0, 100, 300, 600]);
  });

  test('is not held up by a pause once its signal is aborted', async () => {
    const clock = new ManualClock();
    let attempts = 0;
    await retry({
      clock,
      signal: AbortSignal.abort(),
      async attempt() {
        attempts += 1;
      },
      pauseAfter: (_result, count) => (count === 3 ? undefined : 60_000),
    });
    expect(attempts).toBe(3);
  });
});

describe('the back-off', () => {
  test('doubles up to its longest, and a random half of it is left out', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 2_000 }), (count) => {
        const full = Math.min(200 * 2 ** (count - 1), 5_000);
        expect(backoffMs(count)).toBeGreaterThanOrEqual(full / 2);
        expect(backoffMs(count)).toBeLessThanOrEqual(full);
      }),
    );
    expect(new Set(Array.from({ length: 20 }, () => backoffMs(3))).size).toBeGreaterThan(10);
  });
});
