import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { requestKinds } from '../../shared/adapter/adapter.ts';
import { Accounts } from '../../shared/http/rate-limit/accounts.ts';
import { AdaptiveRateLimiter } from '../../shared/http/rate-limit/adaptive-rate-limiter.ts';
import { newTurn, type TurnClass } from '../../shared/http/rate-limit/turn.ts';
import type { LimitGroup } from '../../shared/http/types.ts';
import { ManualClock } from '../support/time/manual-clock.ts';

interface Asked {
  readonly turnClass: TurnClass;
  readonly at: number;
  /** How long its answer takes. */
  readonly forMs: number;
}

/** When a request started, and how many were under way then, itself included. */
interface Started extends Asked {
  readonly startedAt: number;
  readonly underWay: number;
}

/** Sends these requests through a limiter, and tells when each started. */
async function play(
  asked: readonly Asked[],
  limiter: Pick<AdaptiveRateLimiter, 'acquire'>,
  clock: ManualClock,
): Promise<Started[]> {
  let underWay = 0;
  const started: Started[] = [];
  for (const each of asked)
    clock.after(each.at, async () => {
      const deadline = Number.POSITIVE_INFINITY;
      const permit = await limiter.acquire({ deadline, turn: newTurn(each.turnClass) });
      if (permit.kind !== 'entered') throw new Error(permit.kind);
      underWay += 1;
      started.push({ ...each, startedAt: clock.now(), underWay });
      clock.after(each.forMs, () => {
        underWay -= 1;
        permit.release({ kind: 'answered' });
      });
    });
  await clock.turn(3_600_000);
  return started;
}

const anyAsked: fc.Arbitrary<Asked> = fc.record({
  turnClass: fc.constantFrom<TurnClass[]>('cancel', 'check_before', 'operation', 'wait', 'read', 'follow'),
  at: fc.nat(5_000),
  forMs: fc.integer({ min: 1, max: 9_000 }),
});

describe('a limit on requests at the same time', () => {
  test('is never exceeded, however long answers take, and every request has its turn', async () => {
    const asked = fc.array(anyAsked, { minLength: 10, maxLength: 60 });
    await fc.assert(
      fc.asyncProperty(asked, fc.integer({ min: 1, max: 8 }), async (requests, atOnce) => {
        const clock = new ManualClock(0);
        const started = await play(requests, new AdaptiveRateLimiter(clock, { atOnce }), clock);
        expect(started).toHaveLength(requests.length);
        expect(Math.max(...started.map(({ underWay }) => underWay))).toBeLessThanOrEqual(atOnce);
      }),
      { numRuns: 40 },
    );
  });

  test.each([2, 3, 5, 20])('of %i leaves a place for a cancel, whatever else hangs', async (atOnce) => {
    const clock = new ManualClock(0);
    const others = (['read', 'operation', 'follow', 'wait'] as const).flatMap((turnClass) =>
      Array.from({ length: 20 }, () => ({ turnClass, at: 0, forMs: 60_000 })),
    );
    const cancel = { turnClass: 'cancel', at: 5_000, forMs: 10 } as const;
    const started = await play([...others, cancel], new AdaptiveRateLimiter(clock, { atOnce }), clock);
    expect(started.find(({ turnClass }) => turnClass === 'cancel')?.startedAt).toBe(5_000);
  });

  test('holds for the request that tests the provider after a hold in another process, too', async () => {
    const clock = new ManualClock(0);
    const [here, elsewhere] = [new AdaptiveRateLimiter(clock, { atOnce: 2 }), new AdaptiveRateLimiter(clock)];
    const enter = async (limiter: AdaptiveRateLimiter) => {
      const permit = await limiter.acquire({ deadline: Number.POSITIVE_INFINITY, turn: newTurn('cancel') });
      if (permit.kind !== 'entered') throw new Error(permit.kind);
      return permit;
    };
    const [first, refused] = [await enter(here), await enter(elsewhere)];
    await enter(here);
    refused.release({ kind: 'limited', retryAfterMs: 1_000 });
    here.restore(elsewhere.copy());
    let entered = 0;
    for (let each = 0; each < 3; each += 1) void enter(here).then(() => (entered += 1));
    await clock.turn(5_000);
    expect(entered).toBe(0);
    first.release({ kind: 'answered' });
    await clock.turn(0);
    expect(entered).toBe(1);
  });
});

describe('one limit over all kinds of request', () => {
  const group: LimitGroup<string> = {
    operations: requestKinds,
    limit: { count: 8, windowMs: 1_000 },
    atOnce: 3,
  };
  const terms = {
    provider: 'example',
    limits: [group],
    credential: { apiKey: 'k', baseUrl: 'https://a.example' },
  };

  test('paces cancels, looks and lists together', async () => {
    const clock = new ManualClock(0);
    const accounts = new Accounts(clock);
    const [limiter, ...others] = requestKinds.map((kind) => accounts.limiter(kind, terms));
    if (limiter === undefined) throw new Error('no limiter');
    for (const other of others) expect(other).toBe(limiter);
    const classes = ['cancel', 'read', 'operation', 'check_before'] as const;
    const asked = Array.from({ length: 80 }, (_, index) => {
      return { turnClass: classes[index % 4] ?? 'cancel', at: index % 7, forMs: 20 };
    });
    const started = await play(asked, limiter, clock);
    expect(started).toHaveLength(80);
    const times = started.map(({ startedAt }) => startedAt);
    const fullest = times.map((from) => times.filter((at) => at >= from && at < from + 1_000).length);
    expect(Math.max(...fullest)).toBe(8);
  });

  test('counts how many of them are under way together', async () => {
    const clock = new ManualClock(0);
    const limiter = new Accounts(clock).limiter('cancel', {
      ...terms,
      limits: [{ operations: requestKinds, atOnce: 3 }],
    });
    const asked = Array.from({ length: 20 }, () => ({ turnClass: 'cancel', at: 0, forMs: 3_000 }) as const);
    const started = await play(asked, limiter, clock);
    expect(Math.max(...started.map(({ underWay }) => underWay))).toBe(3);
  });
});
