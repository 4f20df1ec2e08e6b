import { describe, expect, test } from 'vitest';
import { randomNumbers } from '../../sandbox/random.ts';
import { poolSize } from '../../shared/http/ask-in-pool.ts';
import { AdaptiveRateLimiter } from '../../shared/http/rate-limit/adaptive-rate-limiter.ts';
import { StartWindow } from '../../shared/http/rate-limit/start-window.ts';
import { newTurn, type Turn, type TurnClass } from '../../shared/http/rate-limit/turn.ts';
import type { RateLimit } from '../../shared/http/types.ts';
import { inPool } from '../../shared/lib/concurrency.ts';
import { fixedWindows, type Limiter } from '../support/time/limiter-models.ts';
import { ManualClock } from '../support/time/manual-clock.ts';
import { medianPace } from '../support/time/rate-limiter-simulation.ts';

/** A limiter, and requests that pass through it to a provider with a limit of its own. Answers take 5 to 20 ms. */
function world({
  known,
  limit = () => 'passes',
}: {
  readonly known?: RateLimit;
  readonly limit?: Limiter;
} = {}) {
  const clock = new ManualClock(0);
  const limiter = new AdaptiveRateLimiter(clock, { known });
  const random = randomNumbers(1);
  const starts: { readonly at: number; readonly class: TurnClass }[] = [];
  /** Sends a request until it passes, and returns how long that took; with a 429 on its way, nothing. */
  const send = async (turn: Turn): Promise<number | undefined> => {
    const asked = clock.now();
    let isHeld = limiter.heldMs > 0;
    for (let again = false; ; again = true) {
      const permit = await limiter.acquire({ deadline: Number.POSITIVE_INFINITY, turn, again });
      if (permit.kind !== 'entered') throw new Error(permit.kind);
      isHeld ||= limiter.heldMs > 0 || clock.now() - asked >= 1_000;
      starts.push({ at: clock.now(), class: turn.class });
      const verdict = limit(clock.now(), again);
      await new Promise<void>((resolve) => clock.after(5 + random() * 15, resolve));
      permit.release(verdict === 'passes' ? { kind: 'answered' } : { kind: 'limited', ...verdict });
      if (verdict === 'passes') return isHeld ? undefined : clock.now() - asked;
    }
  };
  const many = (count: number, turn: Turn) =>
    inPool(Array.from({ length: count }), poolSize, async () => {
      await send(turn);
    });
  const countOf = (wanted: TurnClass, from = 0, to = Number.POSITIVE_INFINITY) =>
    starts.filter(({ at, class: each }) => each === wanted && at >= from && at < to).length;
  return { clock, limiter, starts, send, many, countOf };
}

describe('an operation beside other cancels', () => {
  test.for([10, 100])(
    'at a hidden limit of %i a second lets a single cancel through within twice its time alone plus 250 ms',
    async (perSecond) => {
      const { clock, send, many } = world({ limit: fixedWindows(perSecond, 300, 1_000) });
      const alone = (await clock.until(send(newTurn('cancel')))) ?? 0;
      const operation = many(perSecond * 60, newTurn('operation'));
      const times: (number | undefined)[] = [];
      const singles = Array.from({ length: 60 }, async (_, each) => {
        await new Promise<void>((resolve) => clock.after(3_000 + each * 937, resolve));
        times.push(await send(newTurn('cancel')));
      });
      await clock.until(Promise.all([operation, ...singles]), 1e9);
      const unheld = times.filter((ms) => ms !== undefined);
      expect(Math.max(...unheld)).toBeLessThanOrEqual(2 * alone + 250);
      expect(unheld.length).toBeGreaterThan(52);
    },
  );

  test('gives way to a bulk at once, and takes turns with it after a second, with at most half', async () => {
    const { clock, many, countOf } = world({ limit: fixedWindows(100, 300, 1_000) });
    many(20_000, newTurn('operation'));
    await clock.turn(10_000);
    many(3_000, newTurn('cancel'));
    await clock.turn(2_000);
    const [from, to] = [clock.now(), clock.now() + 10_000];
    await clock.turn(10_000);
    const [theirs, ours] = [countOf('operation', from, to), countOf('cancel', from, to)];
    expect(theirs).toBeLessThanOrEqual(ours * 1.1);
    expect(theirs).toBeGreaterThan(200);
    expect(theirs + ours).toBeGreaterThan(850);
  });

  test('leaves a fifth of the pool to them, and half while one waits', async () => {
    const { clock, limiter } = world();
    const acquire = (turnClass: TurnClass, count: number) => {
      const turn = newTurn(turnClass);
      const entered: { release(passage: { kind: 'answered' }): void }[] = [];
      for (let each = 0; each < count; each += 1)
        limiter.acquire({ deadline: Number.POSITIVE_INFINITY, turn }).then((permit) => {
          if (permit.kind === 'entered') entered.push(permit);
        });
      return entered;
    };
    const operation = acquire('operation', 100);
    await clock.turn(0);
    expect(operation).toHaveLength(25);
    const cancels = acquire('cancel', 100);
    await clock.turn(0);
    expect(cancels).toHaveLength(7);
    for (const each of operation.slice(0, 25)) each.release({ kind: 'answered' });
    await clock.turn(0);
    expect([operation.length, cancels.length]).toEqual([25, 32]);
  });
});

describe('an operation alone', () => {
  test.for([20, 200])('at a hidden limit of %i a second reaches what is its own', async (perSecond) => {
    const limiter = (random: () => number) => fixedWindows(perSecond, random() * 1_000, 1_000);
    const whole = await medianPace(perSecond * 15, limiter);
    const part = await medianPace(perSecond * 15, limiter, { turnClass: 'operation' });
    expect(part.seconds).toBeLessThanOrEqual(whole.seconds / (0.8 * 0.95));
    expect(part.refusedShare).toBeLessThan(0.02);
  });

  test('learns as any call does that a limit has been raised', async () => {
    const passedAs = async (turnClass: TurnClass) => {
      const windows = { low: fixedWindows(20, 0, 1_000), high: fixedWindows(200, 0, 1_000) };
      const limit: Limiter = (now, again) => (now < 10_000 ? windows.low : windows.high)(now, again);
      const { clock, many, countOf } = world({ limit });
      many(20_000, newTurn(turnClass));
      await clock.turn(60_000);
      return countOf(turnClass, 50_000);
    };
    const [operation, whole] = [await passedAs('operation'), await passedAs('cancel')];
    expect(operation).toBeGreaterThan(whole * 0.8 * 0.95);
    expect(whole).toBeGreaterThan(400);
  });
});

describe('an operation under a documented limit', () => {
  const known = { count: 20, windowMs: 60_000 };

  test('takes four fifths of what readers leave, and readers and cancels have their part beside it', async () => {
    const { clock, many, send, countOf } = world({ known });
    many(200, newTurn('operation'));
    many(200, newTurn('read'));
    await clock.turn(10_000);
    expect([countOf('operation'), countOf('read')]).toEqual([12, 5]);
    for (const _ of [1, 2, 3]) expect(await clock.until(send(newTurn('cancel')))).toBeLessThan(100);
    await clock.turn(600_000);
    expect(countOf('operation')).toBeGreaterThanOrEqual(110);
    expect(countOf('read')).toBeGreaterThanOrEqual(45);
  });
});

describe('following', () => {
  test('gives way to readers, and after five minutes of waiting takes turns with them', async () => {
    const { clock, many, countOf } = world({ known: { count: 4, windowMs: 1_000 } });
    many(10_000, newTurn('read'));
    many(3, newTurn('follow'));
    await clock.turn(299_000);
    expect(countOf('follow')).toBe(0);
    await clock.turn(10_000);
    expect(countOf('follow')).toBe(3);
  });

  test('and readers together have no more than their part of a documented limit', async () => {
    const { clock, many, starts } = world({ known: { count: 20, windowMs: 60_000 } });
    many(100, newTurn('follow'));
    await clock.turn(1_000);
    many(100, newTurn('read'));
    await clock.turn(50_000);
    expect(starts).toHaveLength(5);
  });
});

test('every class has its turn beside all others, whatever the limit', async () => {
  const classes = ['cancel', 'check_before', 'operation', 'wait', 'read', 'follow'] as const;
  for (const count of [1, 2, 3, 5, 8]) {
    const { clock, many, countOf } = world({ known: { count, windowMs: 1_000 } });
    for (const name of classes) many(20, newTurn(name));
    await clock.turn(1_000_000);
    expect(classes.map((name) => countOf(name))).toEqual(classes.map(() => 20));
    expect(clock.pending).toBe(0);
  }
});

test.for([
  ['four fifths', 8, false, false],
  ['half while another cancel waits', 5, true, false],
  ['all but one while more is tried', 9, false, true],
  ['half while more is tried and another cancel waits', 5, true, true],
] as const)('of a learned limit an operation takes %s', ([, most, contested, isTrial]) => {
  const window = new StartWindow(1_000, false);
  const isFree = () =>
    window.waitMs(0, { turnClass: 'operation', contested }, { count: 10, isTrial, ahead: 0 }) <= 0;
  let started = 0;
  for (; started < 20 && isFree(); started += 1)
    window.starts.push({ at: 0, again: false, turnClass: 'operation', answer: 'pending' });
  expect(started).toBe(most);
});
