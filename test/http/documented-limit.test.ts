import { describe, expect, test } from 'vitest';
import { AdaptiveRateLimiter } from '../../shared/http/rate-limit/adaptive-rate-limiter.ts';
import { newTurn } from '../../shared/http/rate-limit/turn.ts';
import type { RateLimit } from '../../shared/http/types.ts';
import { cases, casesAt } from '../support/thorough.ts';
import { fixedWindows } from '../support/time/limiter-models.ts';
import { ManualClock } from '../support/time/manual-clock.ts';
import { medianPace } from '../support/time/rate-limiter-simulation.ts';

const perSecond = (count: number) => ({ count, windowMs: 1_000 });
const perMinute = (count: number) => ({ count, windowMs: 60_000 });
const perHour = (count: number) => ({ count, windowMs: 3_600_000 });

/** What a 429 says, and how many requests passed without a limit right before. */
const circumstances = casesAt(
  [1_000, null].flatMap((retryAfterMs) => [0, 200].map((passedBefore) => ({ retryAfterMs, passedBefore }))),
  0,
  3,
);

const floorSeconds = (requests: number, { count, windowMs }: RateLimit) =>
  (requests * windowMs) / count / 1_000;

/** How much too high the documented limit is. */
const factors = cases([2, 2.5, 10], (factor) => factor !== 2);

describe.for(circumstances)('with Retry-After $retryAfterMs, $passedBefore passed before', (terms) => {
  const { retryAfterMs, passedBefore } = terms;

  /** The pace under a documented limit at a provider that has another in truth. */
  async function pace(known: RateLimit, real: RateLimit, requests: number) {
    const { seconds, refusedShare } = await medianPace(
      requests,
      (random) => fixedWindows(real.count, random() * real.windowMs, retryAfterMs, real.windowMs),
      { known, passedBefore },
    );
    const ratio = seconds / floorSeconds(requests, real);
    return {
      ratio,
      refusedShare,
      told: `${ratio.toFixed(3)} × the floor, ${(100 * refusedShare).toFixed(2)} % 429`,
    };
  }

  test.for([
    ['second', perSecond(50), 500],
    ['minute', perMinute(100), 500],
    ['hour', perHour(100), 500],
  ] as const)(
    'a true limit by the %s costs no 429 and no time',
    async ([, known, requests], { annotate }) => {
      const { ratio, refusedShare, told } = await pace(known, known, requests);
      await annotate(told);
      expect(refusedShare).toBe(0);
      expect(ratio).toBeLessThan(1.1);
    },
  );

  test.for(
    factors.flatMap((factor) => [
      [factor, 'second', perSecond(50), perSecond(50 / factor)] as const,
      [factor, 'minute', perMinute(3_000), perSecond(50 / factor)] as const,
      [factor, 'hour', perHour(72_000), perSecond(20 / factor)] as const,
    ]),
  )(
    '%f times what passes in a second, by the %s: what passes counts',
    async ([, , known, real], { annotate }) => {
      const { ratio, told } = await pace(known, real, 40 * real.count);
      await annotate(told);
      expect(ratio).toBeLessThan(1.1);
    },
  );

  test.for(
    factors.flatMap((factor) => [
      [factor, 'minute', perMinute(200), perMinute(200 / factor)] as const,
      [factor, 'hour', perHour(200), perHour(200 / factor)] as const,
    ]),
  )('%f times what passes in the same %s: what passes counts', async ([, , known, real], { annotate }) => {
    const { ratio, told } = await pace(known, real, 5 * real.count);
    await annotate(told);
    expect(ratio).toBeLessThan(1.2);
  });
});

test('slow answers do not lower the rate below a documented limit', async () => {
  const known = perMinute(3_000);
  const clock = new ManualClock(0);
  const limiter = new AdaptiveRateLimiter(clock, { known });
  const turn = newTurn('cancel');
  const send = async () => {
    const permit = await limiter.acquire({ deadline: Number.POSITIVE_INFINITY, turn });
    await new Promise<void>((resolve) => clock.after(4_000, resolve));
    if (permit.kind === 'entered') permit.release({ kind: 'answered' });
  };
  await clock.until(Promise.all(Array.from({ length: 1_500 }, send)), 1e9);
  expect(clock.now() / 1_000).toBeLessThan(1.1 * floorSeconds(1_500, known));
});
