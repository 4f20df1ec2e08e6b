import { changing, fixedWindows, type Limiter, tokenBucket } from '../../test/support/time/limiter-models.ts';

/** A limit that a provider has and does not document. */
export interface HiddenLimit {
  readonly name: string;
  /** How many requests a second it allows in the end. */
  readonly perSecond: number;
  /** Whether only cancels count. */
  readonly isOfCancels?: boolean;
  /** The claim: at most so many times N/R, and less than this share refused. */
  readonly most?: { readonly ratio: number; readonly refused: number };
  limiter(random: () => number): Limiter;
}

/** How far above N/R calloff may be where it knows nothing of the limit, and how many requests may be refused. */
const most = { ratio: 1.1, refused: 0.01 };
const windows = (perSecond: number, retryAfterMs: number | null) => (random: () => number) =>
  fixedWindows(perSecond, random() * 1_000, retryAfterMs);

/** So many requests in any second, by a log of those that passed. */
function slidingSecond(perSecond: number): Limiter {
  const passed: number[] = [];
  return (now) => {
    while (passed[0] !== undefined && passed[0] <= now - 1_000) passed.shift();
    if (passed.length >= perSecond) return { retryAfterMs: 1_000 };
    passed.push(now);
    return 'passes';
  };
}

export const hiddenLimits: readonly HiddenLimit[] = [
  { name: '200 in each second', perSecond: 200, most, limiter: windows(200, 1_000) },
  { name: '50 in each second', perSecond: 50, limiter: windows(50, 1_000) },
  { name: '500 in each second', perSecond: 500, limiter: windows(500, 1_000) },
  { name: '200 in each second, without `Retry-After`', perSecond: 200, most, limiter: windows(200, null) },
  { name: '200 in any second', perSecond: 200, most, limiter: () => slidingSecond(200) },
  {
    ...{ name: 'a token bucket of 200 a second that holds 200', perSecond: 200 },
    most: { ...most, refused: 0.015 },
    limiter: () => tokenBucket(200, 200, 1_000),
  },
  {
    ...{ name: 'a token bucket of 200 a second that holds 50', perSecond: 200 },
    limiter: () => tokenBucket(200, 50, 1_000),
  },
  {
    ...{ name: '200 in each second, 50 after half of the requests', perSecond: 80 },
    limiter(random) {
      const phase = random() * 1_000;
      return changing(fixedWindows(200, phase, 1_000), 1_504, fixedWindows(50, phase, 1_000));
    },
  },
  {
    ...{ name: '20 in each second, 200 after half of the requests', perSecond: 400 / 11 },
    limiter(random) {
      const phase = random() * 1_000;
      return changing(fixedWindows(20, phase, 1_000), 1_504, fixedWindows(200, phase, 1_000));
    },
  },
  {
    ...{ name: '1,200 in each minute', perSecond: 20 },
    limiter: (random) => fixedWindows(1_200, random() * 60_000, 60_000, 60_000),
  },
  {
    ...{ name: '200 cancels in each second, checks without a limit', perSecond: 200, isOfCancels: true },
    limiter: windows(200, 1_000),
  },
];
