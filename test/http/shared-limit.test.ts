import { describe, expect, test } from 'vitest';
import { randomNumbers } from '../../sandbox/random.ts';
import { poolSize } from '../../shared/http/ask-in-pool.ts';
import { Accounts } from '../../shared/http/rate-limit/accounts.ts';
import { newTurn, type Turn, type TurnClass } from '../../shared/http/rate-limit/turn.ts';
import { inPool } from '../../shared/lib/concurrency.ts';
import { runs } from '../support/thorough.ts';
import { fixedWindows, type Limiter } from '../support/time/limiter-models.ts';
import { ManualClock } from '../support/time/manual-clock.ts';

type Operation = 'status' | 'cancel' | 'list';

const credential = { apiKey: 'key', baseUrl: 'https://api.example.com' };
const account = { provider: 'example', limits: [], credential };

/** An account whose provider documents nothing. `limitOf` is what counts an operation in truth; answers take 5 to 20 ms. */
function world(limitOf: (operation: Operation) => Limiter | undefined, seed = 1) {
  const clock = new ManualClock(0);
  const accounts = new Accounts(clock);
  const random = randomNumbers(seed);
  const sent: { readonly at: number; readonly operation: Operation; readonly isRefused: boolean }[] = [];
  const send = async (operation: Operation, turn: Turn) => {
    for (let again = false; ; again = true) {
      const limiter = accounts.limiter(operation, account);
      const permit = await limiter.acquire({ deadline: Number.POSITIVE_INFINITY, turn, again });
      if (permit.kind !== 'entered') throw new Error(permit.kind);
      const verdict = limitOf(operation)?.(clock.now(), again) ?? 'passes';
      sent.push({ at: clock.now(), operation, isRefused: verdict !== 'passes' });
      await new Promise<void>((resolve) => clock.after(5 + random() * 15, resolve));
      permit.release(verdict === 'passes' ? { kind: 'answered' } : { kind: 'limited', ...verdict });
      if (verdict === 'passes') return;
    }
  };
  /** Sends so many requests, as a call does. */
  const many = (operation: Operation, count: number, turnClass: TurnClass = 'cancel') => {
    let left = count;
    const turn = { ...newTurn(turnClass), left: () => left };
    return inPool(Array.from({ length: count }), poolSize, () => {
      left -= 1;
      return send(operation, turn);
    });
  };
  const run = (work: Promise<unknown>) => clock.until(work, 1e9);
  return { clock, accounts, sent, many, run };
}

/** Checks the status of jobs, cancels them, and checks it again, right after other requests met no limit. */
async function bulkAt(perSecond: number, jobs: number, seed: number) {
  const phase = randomNumbers(seed)() * 1_000;
  let limit: Limiter | undefined;
  const { clock, sent, many, run } = world(() => limit, seed);
  await run(many('status', perSecond));
  limit = fixedWindows(perSecond, phase, 1_000);
  const begun = clock.now();
  const before = sent.length;
  for (const operation of ['status', 'cancel', 'status'] as const) await run(many(operation, jobs));
  const own = sent.slice(before);
  const later = own.filter(({ at }) => at > begun + 1_000);
  return {
    ratio: (clock.now() - begun) / 1_000 / ((3 * jobs) / perSecond),
    refusedShare: later.filter(({ isRefused }) => isRefused).length / later.length,
  };
}

const median = (values: readonly number[]) => values.toSorted((a, b) => a - b)[values.length >> 1] ?? NaN;

describe('one limit over all operations of a key', () => {
  test.for([
    [200, 600],
    [50, 200],
  ] as const)(
    'of %i a second is met once, and not again by each operation',
    async ([perSecond, jobs], { annotate }) => {
      const seeds = Array.from({ length: runs(9, 1) }, (_, index) => index + 1);
      const paces = [];
      for (const seed of seeds) paces.push(await bulkAt(perSecond, runs(1_000, jobs), seed));
      const ratio = median(paces.map((each) => each.ratio));
      const refusedShare = median(paces.map((each) => each.refusedShare));
      await annotate(`${ratio.toFixed(3)} of N/R, ${(refusedShare * 100).toFixed(2)} % refused`);
      expect(ratio).toBeLessThan(1.1);
      expect(refusedShare).toBeLessThan(0.01);
    },
  );

  test('paces two operations together that go side by side', async () => {
    const limit = fixedWindows(100, 300, 1_000);
    const { clock, sent, many, run } = world(() => limit);
    await run(many('status', 300));
    await run(Promise.all([many('status', 500), many('cancel', 500)]));
    expect(clock.now()).toBeLessThan(1.15 * 13_000);
    const refused = sent.filter(({ at, isRefused }) => isRefused && at > 3_000).length;
    expect(refused).toBeLessThan(20);
  });

  test('is found by a bulk, although a few requests beside it met no limit long before', async () => {
    const limit = fixedWindows(50, 300, 1_000);
    let isShared = false;
    const { accounts, clock, many, run } = world((operation) =>
      operation === 'status' || isShared ? limit : undefined,
    );
    await run(many('status', 150));
    const checks = many('status', 300);
    await clock.turn(3_500);
    await run(Promise.all([checks, many('cancel', 20)]));
    await clock.turn(60_000);
    isShared = true;
    await run(many('status', 60));
    await run(many('cancel', 200));
    expect(accounts.learned(account)).toMatchObject({ cancel: { shares: 'status' } });
  });

  test('is handed to another process as one', async () => {
    const limit = fixedWindows(50, 300, 1_000);
    const { accounts, many, run } = world(() => limit);
    await run(many('status', 150));
    await run(many('cancel', 100));
    const learned = JSON.parse(JSON.stringify(accounts.learned(account)));
    const { accounts: others, clock, sent, many: manyOf } = world(() => undefined);
    expect(others.restore(account, learned, 0)).toBe(true);
    expect(others.learned(account)).toMatchObject({
      status: { limit: { starts: learned.status.limit.starts } },
    });
    manyOf('status', 300);
    manyOf('cancel', 300);
    await clock.turn(1_000);
    expect(sent.length).toBeLessThanOrEqual(50);
    expect(new Set(sent.map(({ operation }) => operation)).size).toBe(2);
  });
});

describe('a limit of one operation', () => {
  test('slows readers down for two seconds at most, and they do not slow it down', async () => {
    const limit = fixedWindows(20, 300, 1_000);
    const { clock, many, run } = world((operation) => (operation === 'cancel' ? limit : undefined));
    await run(many('cancel', 100));
    const begun = clock.now();
    const cancels = many('cancel', 200);
    await run(many('status', 1_000, 'read'));
    expect(clock.now() - begun).toBeLessThan(3_500);
    await run(cancels);
    expect(clock.now() - begun).toBeLessThan(1.1 * 10_000);
  });

  test('that asks for a long wait holds no other, even if both shared a limit before', async () => {
    const limit = fixedWindows(50, 300, 1_000);
    const byTheMinute = fixedWindows(170, 0, 40_000, 60_000);
    const { clock, accounts, many, run } = world((operation) =>
      operation === 'status'
        ? limit
        : (now, again) => {
            const verdict = limit(now, again);
            return verdict === 'passes' ? byTheMinute(now, again) : verdict;
          },
    );
    await run(many('status', 150));
    await run(many('cancel', 100));
    many('cancel', 200);
    await clock.turn(4_000);
    expect(accounts.limiter('cancel', account).heldMs).toBeGreaterThan(30_000);
    expect(accounts.limiter('status', account).heldMs).toBe(0);
    const begun = clock.now();
    await run(many('status', 50));
    expect(clock.now() - begun).toBeLessThan(2_500);
  });
});
