import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { AdaptiveRateLimiter } from '../../shared/http/rate-limit/adaptive-rate-limiter.ts';
import { Hold } from '../../shared/http/rate-limit/retry-after-hold.ts';
import { newTurn } from '../../shared/http/rate-limit/turn.ts';
import { readRetryAfter } from '../../shared/http/retry-after.ts';
import { runs } from '../support/thorough.ts';
import { ManualClock } from '../support/time/manual-clock.ts';

const minuteMs = 60_000;
const dayMs = 24 * 3_600_000;

/** What servers and proxies write, and what nobody should. */
const header = fc.oneof(
  fc.constantFrom(null, '', '0', '-1', '-86400', '1.5', '0.2', '86400', 'soon', '1e9', 'NaN', 'Infinity'),
  fc.integer({ min: -dayMs, max: 1e10 }).map(String),
  fc.double().map(String),
  fc.date({ noInvalidDate: true }).map((each) => each.toUTCString()),
);

/** How long each of so many holds in a row takes, where every probe is refused as the next of `toldMs` says. */
function holdsInARow(toldMs: readonly (number | null)[], hold = new Hold()): number[] {
  let now = 0;
  return toldMs.map((told) => {
    hold.refused(told, true, now);
    const heldMs = hold.until - now;
    now = hold.until;
    return heldMs;
  });
}

describe('a hold', () => {
  test('is as told, for a minute at most', () => {
    for (const [toldMs, heldMs] of [
      [1_500, 1_500],
      [59_999, 59_999],
      [60_001, minuteMs],
      [dayMs, minuteMs],
    ] as const)
      expect(holdsInARow([toldMs])).toEqual([heldMs]);
  });

  test('grows from one refusal to the next where the provider tells to come back at once, for ever', () => {
    const holds = holdsInARow(Array.from({ length: 14 }, () => 0));
    expect(holds.slice(0, 4)).toEqual([100, 200, 400, 800]);
    expect(holds.at(-1)).toBe(minuteMs);
  });

  test('is short again once something was answered', () => {
    const hold = new Hold();
    holdsInARow([0, 0, 0, 0, null, null], hold);
    hold.answered();
    const { until } = hold;
    hold.refused(0, true, until);
    expect(hold.until - until).toBe(100);
  });

  test('is not more than a minute from its first 429, however long others of the burst are in coming', () => {
    const hold = new Hold();
    hold.refused(dayMs, true, 0);
    hold.refused(dayMs, false, 9_000);
    expect(hold.until).toBe(minuteMs);
  });

  test('that is binding lasts as long as it says, and never for ever', () => {
    expect(holdsInARow([dayMs], new Hold({ binding: true }))).toEqual([dayMs]);
    const holds = holdsInARow(
      Array.from({ length: 2_000 }, () => 0),
      new Hold({ binding: true }),
    );
    expect(Math.max(...holds)).toBe(minuteMs);
  });

  test('lasts from 100 ms to a minute, and ends, whatever a provider writes and however often', () => {
    fc.assert(
      fc.property(fc.array(header, { maxLength: 60 }), fc.integer({ min: 0, max: 4e12 }), (headers, wall) => {
        const holds = holdsInARow(headers.map((each) => readRetryAfter(each, wall)));
        for (const ms of holds) {
          expect(ms).toBeGreaterThanOrEqual(100);
          expect(ms).toBeLessThanOrEqual(minuteMs);
        }
      }),
      { numRuns: runs(500, 120) },
    );
  });
});

test('a provider that always answers 429 is asked less and less, and at least once a minute while a request waits', async () => {
  await fc.assert(
    fc.asyncProperty(fc.constantFrom(null, 0, 200, 1_000, minuteMs, dayMs), async (retryAfterMs) => {
      const clock = new ManualClock(0);
      const limiter = new AdaptiveRateLimiter(clock);
      const asked: number[] = [];
      const persist = async () => {
        for (let again = false; ; again = true) {
          const entry = await limiter.acquire({ deadline: 3_600_000, turn: newTurn('cancel'), again });
          if (entry.kind !== 'entered') return;
          asked.push(clock.now());
          entry.release({ kind: 'limited', retryAfterMs });
        }
      };
      await clock.until(persist(), 2 * 3_600_000);
      const gaps = asked.slice(1).map((at, index) => at - (asked[index] ?? 0));
      expect(Math.max(...gaps)).toBeLessThanOrEqual(minuteMs);
      expect(gaps).toEqual(gaps.toSorted((one, other) => one - other));
      expect(asked.length).toBeLessThan(140);
    }),
  );
});
