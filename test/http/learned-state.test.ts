import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { randomNumbers } from '../../sandbox/random.ts';
import { Accounts } from '../../shared/http/rate-limit/accounts.ts';
import { AdaptiveRateLimiter } from '../../shared/http/rate-limit/adaptive-rate-limiter.ts';
import { newTurn } from '../../shared/http/rate-limit/turn.ts';
import type { RateLimit } from '../../shared/http/types.ts';
import { runs } from '../support/thorough.ts';
import { fixedWindows } from '../support/time/limiter-models.ts';
import { ManualClock } from '../support/time/manual-clock.ts';

interface Past {
  readonly perSecond: number;
  readonly known: RateLimit | undefined;
  readonly untilMs: number;
  readonly retryAfterMs: number | null;
  readonly seed: number;
}

const latencyMs = 20;

/** A limiter with a past at a provider with a hidden limit: requests without end, until a moment after which every answer passes. */
async function limiterAfter({ perSecond, known, untilMs, retryAfterMs, seed }: Past) {
  const clock = new ManualClock(0);
  const limiter = new AdaptiveRateLimiter(clock, { known });
  const random = randomNumbers(seed);
  const provider = fixedWindows(perSecond, random() * 1_000, retryAfterMs);
  const starts: number[] = [];
  const leaving = new AbortController();
  const turn = newTurn('operation');
  const sendForEver = async () => {
    for (;;) {
      const { signal } = leaving;
      const permit = await limiter.acquire({ deadline: Number.POSITIVE_INFINITY, turn, signal });
      if (permit.kind !== 'entered') return;
      starts.push(clock.now());
      const verdict = provider(clock.now(), false);
      await new Promise<void>((resolve) => clock.after(5 + random() * 15, resolve));
      if (verdict === 'passes' || leaving.signal.aborted) permit.release({ kind: 'answered' });
      else permit.release({ kind: 'limited', ...verdict });
    }
  };
  for (let each = 0; each < 40; each += 1) sendForEver();
  await clock.turn(untilMs);
  leaving.abort();
  return { clock, limiter, starts };
}

/** When each of many requests starts, counted from now. */
async function startsOf(clock: ManualClock, limiter: AdaptiveRateLimiter, forMs: number): Promise<number[]> {
  const begun = clock.now();
  const starts: number[] = [];
  const turn = newTurn('operation');
  const send = async () => {
    for (;;) {
      const permit = await limiter.acquire({ deadline: Number.POSITIVE_INFINITY, turn });
      if (permit.kind !== 'entered') return;
      starts.push(clock.now() - begun);
      await new Promise<void>((resolve) => clock.after(5, resolve));
      permit.release({ kind: 'answered' });
    }
  };
  for (let each = 0; each < 25; each += 1) send();
  await clock.turn(forMs);
  return starts;
}

const pasts: fc.Arbitrary<Past> = fc.record({
  perSecond: fc.constantFrom(2, 10, 50),
  known: fc.constantFrom(undefined, undefined, { count: 20, windowMs: 10_000 }),
  untilMs: fc.integer({ min: 500, max: 9_000 }),
  retryAfterMs: fc.constantFrom(null, 1_000, 5_000),
  seed: fc.nat(1_000),
});

test('a limiter with what another has learned starts no request before that one would have', async () => {
  await fc.assert(
    fc.asyncProperty(pasts, fc.nat(5_000), async (past, otherNow) => {
      const { clock, limiter } = await limiterAfter(past);
      const copy = JSON.parse(JSON.stringify(limiter.copy()));
      expect(JSON.stringify(copy).length).toBeLessThan(3_000);
      const otherClock = new ManualClock(otherNow);
      const other = new AdaptiveRateLimiter(otherClock, { known: past.known });
      other.restore(copy);
      // Before its first 429 a limiter knows nothing that could be kept, but for a documented limit.
      if (copy.limit.count === null && past.known === undefined) return;
      const going = await startsOf(clock, limiter, 4_000);
      const restored = await startsOf(otherClock, other, 4_000);
      for (const [index, at] of restored.entries())
        expect(at).toBeGreaterThanOrEqual((going[index] ?? Number.POSITIVE_INFINITY) - latencyMs);
    }),
    { numRuns: runs(600, 12) },
  );
});

test('a limiter with what another has learned does not begin with a burst, and is as fast afterwards', async () => {
  const past = { perSecond: 50, known: undefined, untilMs: 5_000, retryAfterMs: 1_000, seed: 1 };
  const { clock, limiter } = await limiterAfter(past);
  const copy = limiter.copy();
  const other = new AdaptiveRateLimiter(clock);
  other.restore(copy);
  const starts = await startsOf(clock, other, 2_000);
  expect(starts.filter((at) => at < 1_000).length).toBeLessThanOrEqual(50);
  expect(starts.filter((at) => at >= 1_000).length).toBeGreaterThan(30);
});

test('after a hold that was put back one request goes alone', async () => {
  const clock = new ManualClock(0);
  const limiter = new AdaptiveRateLimiter(clock);
  const turn = newTurn('cancel');
  for (const kind of [...Array.from({ length: 9 }, () => 'answered' as const), 'limited'] as const) {
    const permit = await limiter.acquire({ deadline: 1_000, turn });
    if (permit.kind === 'entered')
      permit.release(kind === 'limited' ? { kind, retryAfterMs: 1_000 } : { kind });
  }
  const other = new AdaptiveRateLimiter(clock);
  other.restore(limiter.copy());
  let entered = 0;
  for (let each = 0; each < 9; each += 1)
    other.acquire({ deadline: Number.POSITIVE_INFINITY, turn }).then(() => {
      entered += 1;
    });
  await clock.turn(2_000);
  expect(entered).toBe(1);
});

describe('what an account has learned', () => {
  const credential = { apiKey: 'a-secret-key', baseUrl: 'https://api.example.com' };
  const account = { provider: 'example', limits: [{ operations: ['status', 'list'] }], credential };

  test('goes from one process to another without a secret, and holds there', async () => {
    const clock = new ManualClock(0);
    const [one, other] = [new Accounts(clock), new Accounts(new ManualClock(777))];
    const limiter = one.limiter('list', account);
    const permit = await limiter.acquire({ deadline: 1_000, turn: newTurn('read') });
    if (permit.kind === 'entered') permit.release({ kind: 'limited', retryAfterMs: 30_000 });
    await clock.turn(10_000);
    const text = JSON.stringify(one.learned(account));
    expect(text).not.toContain('secret');
    expect(text).not.toContain('example.com');
    expect(other.restore(account, JSON.parse(text), 0)).toBe(true);
    expect(other.limiter('status', account).heldMs).toBe(20_000);
    expect(other.limiter('cancel', account).heldMs).toBe(0);
  });

  test('grows old until it is put back: a hold runs out, and requests leave the window of a documented limit', async () => {
    const clock = new ManualClock(0);
    const limits = [{ operations: ['status'], limit: { count: 2, windowMs: 60_000 } }];
    const limited = { ...account, limits };
    const [one, turn] = [new Accounts(clock), newTurn('cancel')];
    for (const kind of ['answered', 'limited'] as const) {
      const permit = await one.limiter('status', limited).acquire({ deadline: 1_000, turn });
      const result = kind === 'limited' ? ({ kind, retryAfterMs: 30_000 } as const) : ({ kind } as const);
      if (permit.kind === 'entered') permit.release(result);
    }
    const text = JSON.stringify(one.learned(limited));
    const restoredAfter = (ageMs: number) => {
      const accounts = new Accounts(new ManualClock(0));
      accounts.restore(limited, JSON.parse(text), ageMs);
      return accounts.limiter('status', limited);
    };
    const waitMsOf = (ageMs: number) =>
      new Promise<number>((resolve) => {
        const queued = (place: { waitMs(): number }) => resolve(place.waitMs());
        void restoredAfter(ageMs)
          .acquire({ deadline: Number.POSITIVE_INFINITY, turn, queued })
          .then(() => resolve(0));
      });
    expect([0, 10_000, 30_000, 90_000].map((ageMs) => restoredAfter(ageMs).heldMs)).toEqual([
      30_000, 20_000, 0, 0,
    ]);
    expect(await waitMsOf(40_000)).toBeGreaterThan(20_000);
    expect(await waitMsOf(61_200)).toBe(0);
  });

  test('is nothing for an account that was never used, and is left alone if it cannot be read', () => {
    const accounts = new Accounts(new ManualClock(0));
    expect(accounts.learned(account)).toEqual({});
    for (const value of [undefined, null, 'text', { list: {} }, { list: { limit: { count: -1 } } }])
      expect(accounts.restore(account, value, 0)).toBe(false);
    expect(accounts.restore(account, {}, 0)).toBe(true);
    expect(accounts.learned(account)).toEqual({});
  });

  test('does not replace what a limiter in use knows, but a longer hold counts', async () => {
    const past = { perSecond: 10, known: undefined, untilMs: 3_500, retryAfterMs: 1_000, seed: 2 };
    const { limiter } = await limiterAfter(past);
    const before = limiter.copy();
    const limit = { ...before.limit, count: 1_000, starts: [] };
    limiter.restore({ ...before, limit, hold: { left_ms: 9_000, age_ms: 0, in_a_row: 1 } });
    expect(limiter.copy().limit).toEqual(before.limit);
    expect(limiter.heldMs).toBe(9_000);
  });
});
