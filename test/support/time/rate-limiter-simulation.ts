import { randomNumbers } from '../../../sandbox/random.ts';
import { poolSize } from '../../../shared/http/ask-in-pool.ts';
import { AdaptiveRateLimiter } from '../../../shared/http/rate-limit/adaptive-rate-limiter.ts';
import { newTurn, type TurnClass } from '../../../shared/http/rate-limit/turn.ts';
import type { RateLimit } from '../../../shared/http/types.ts';
import { inPool } from '../../../shared/lib/concurrency.ts';
import { runs } from '../thorough.ts';
import type { Limiter } from './limiter-models.ts';
import { ManualClock } from './manual-clock.ts';

/** What a run took, on the simulated clock. */
export interface Pace {
  readonly seconds: number;
  /** The share of requests answered with a 429, of those sent after the first second. */
  readonly refusedShare: number;
}

/** A run may take so many simulated milliseconds: some limits are by the hour. */
const longestMs = 1e9;

/** How a run differs from the usual. */
interface RunTerms {
  readonly turnClass?: TurnClass;
  /** The documented limit. */
  readonly known?: RateLimit;
  /** So many requests pass right before the run, without a limit. */
  readonly passedBefore?: number;
}

/**
 * Sends `count` requests, each until it passes, through a new gate, as many at a time as the service does; answers take
 * 5 to 20 ms. Repeatable by `seed`.
 */
export async function simulate(
  count: number,
  limiterFor: (random: () => number) => Limiter,
  seed: number,
  { turnClass = 'cancel', known, passedBefore = 0 }: RunTerms = {},
): Promise<Pace> {
  const random = randomNumbers(seed);
  const clock = new ManualClock();
  const gate = new AdaptiveRateLimiter(clock, { known });
  const turn = newTurn(turnClass);
  const ofTheRun = limiterFor(random);
  let limiter: Limiter = () => 'passes';
  let begun = clock.now();
  const later = { sent: 0, refused: 0 };
  const sendUntilPassed = async () => {
    for (let again = false; ; again = true) {
      const entry = await gate.acquire({ deadline: Number.POSITIVE_INFINITY, turn, again });
      if (entry.kind !== 'entered') throw new Error(`a request ended as ${entry.kind}`);
      const verdict = limiter(clock.now(), again);
      if (clock.now() - begun > 1_000) {
        later.sent += 1;
        if (verdict !== 'passes') later.refused += 1;
      }
      await new Promise<void>((resolve) => clock.after(5 + random() * 15, resolve));
      if (verdict === 'passes') return entry.release({ kind: 'answered' });
      entry.release({ kind: 'limited', ...verdict });
    }
  };
  await clock.until(inPool(Array.from({ length: passedBefore }), poolSize, sendUntilPassed), longestMs);
  begun = clock.now();
  limiter = ofTheRun;
  await clock.until(inPool(Array.from({ length: count }), poolSize, sendUntilPassed), longestMs);
  return { seconds: (clock.now() - begun) / 1_000, refusedShare: later.refused / Math.max(1, later.sent) };
}

/** The medians of five runs, in `npm test` of three. */
export async function medianPace(
  count: number,
  limiterFor: (random: () => number) => Limiter,
  terms?: RunTerms,
): Promise<Pace> {
  const paces: Pace[] = [];
  for (let seed = 1; seed <= runs(5, 3); seed += 1)
    paces.push(await simulate(count, limiterFor, seed, terms));
  return {
    seconds: median(paces.map(({ seconds }) => seconds)),
    refusedShare: median(paces.map(({ refusedShare }) => refusedShare)),
  };
}

function median(values: readonly number[]): number {
  return values.toSorted((one, other) => one - other)[Math.floor(values.length / 2)] ?? Number.NaN;
}
