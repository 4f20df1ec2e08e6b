import { describe, expect, test } from 'vitest';
import { runs } from '../support/thorough.ts';
import {
  changing,
  fixedWindows,
  type Limiter,
  passing429s,
  tokenBucket,
} from '../support/time/limiter-models.ts';
import { medianPace, simulate } from '../support/time/rate-limiter-simulation.ts';

interface Case {
  readonly name: string;
  readonly count: number;
  /** Requests needed over the limit. */
  readonly floorSeconds: number;
  /** What may be lost over the floor. */
  readonly slack: number;
  limiter(random: () => number): Limiter;
}

function limits(retryAfterMs: number | null, spoken: string): Case[] {
  return [
    {
      name: `fixed windows of 200 a second, ${spoken}`,
      ...{ count: 3_000, floorSeconds: 15, slack: 0.15 },
      limiter: (random) => fixedWindows(200, random() * 1_000, retryAfterMs),
    },
    {
      name: `fixed windows of 20 a second, ${spoken}`,
      ...{ count: 1_000, floorSeconds: 50, slack: 0.15 },
      limiter: (random) => fixedWindows(20, random() * 1_000, retryAfterMs),
    },
    {
      name: `a token bucket of 200 a second, ${spoken}`,
      ...{ count: 3_000, floorSeconds: 15, slack: 0.15 },
      limiter: () => tokenBucket(200, 200, retryAfterMs),
    },
    {
      name: `a limit that drops to a quarter halfway, ${spoken}`,
      ...{ count: 3_000, floorSeconds: 37.5, slack: 0.25 },
      limiter: (random) => {
        const phase = random() * 1_000;
        const later = fixedWindows(50, phase, retryAfterMs);
        return changing(fixedWindows(200, phase, retryAfterMs), 1_500, later);
      },
    },
  ];
}

describe('the pace under an undocumented limit, by medians', () => {
  test.for(
    [...limits(1_000, 'Retry-After: 1'), ...limits(null, 'no Retry-After')].map(
      (each) => [each.name, each] as const,
    ),
  )('%s: as fast as it allows, with hardly a 429', async ([, each], { annotate }) => {
    const { seconds, refusedShare } = await medianPace(each.count, each.limiter);
    const ratio = seconds / each.floorSeconds;
    await annotate(`${ratio.toFixed(3)} × the floor, ${(100 * refusedShare).toFixed(2)} % 429`);
    expect(ratio).toBeLessThan(1 + each.slack);
    expect(refusedShare).toBeLessThan(0.02);
  });
});

describe('429s that are not about the rate, 1,000 requests, the slowest run', () => {
  test.for([
    ['one answer in twelve', 60, (random: () => number) => () => random() < 1 / 12],
    [
      'one request in three, at its first try',
      120,
      (random: () => number) => (again: boolean) => !again && random() < 1 / 3,
    ],
    ['every request, at its first try', 100, () => (again: boolean) => !again],
  ] as const)('%s: done in under %i s', async ([, limitSeconds, hits], { annotate }) => {
    let slowest = 0;
    for (let seed = 1; seed <= runs(10, 4); seed += 1) {
      const { seconds } = await simulate(1_000, (random) => passing429s(hits(random)), seed);
      slowest = Math.max(slowest, seconds);
    }
    await annotate(`${slowest.toFixed(1)} s`);
    expect(slowest).toBeLessThan(limitSeconds);
  });
});

describe('a limit of 5 a second that the provider raises to 200 after some minutes', () => {
  test('is in use some fifty seconds later', async ({ annotate }) => {
    const [lowSeconds, highSeconds] = [runs(600, 240), 30];
    const low = 5 * lowSeconds;
    const limiterFor = (random: () => number) => {
      const phase = random() * 1_000;
      return changing(fixedWindows(5, phase, 1_000), low, fixedWindows(200, phase, 1_000));
    };
    const only = await simulate(low, limiterFor, 1);
    const { seconds } = await simulate(low + 200 * highSeconds, limiterFor, 1);
    await annotate(`${(seconds - only.seconds).toFixed(1)} s for what takes ${highSeconds} s`);
    expect(seconds - only.seconds).toBeLessThan(highSeconds + 50);
  });
});
