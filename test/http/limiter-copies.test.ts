import { describe, expect, test } from 'vitest';
import { Accounts } from '../../shared/http/rate-limit/accounts.ts';
import { AdaptiveRateLimiter } from '../../shared/http/rate-limit/adaptive-rate-limiter.ts';
import type { LimiterState } from '../../shared/http/rate-limit/learned-state.ts';
import type { AcquireOptions, Permit, RequestResult } from '../../shared/http/rate-limit/permit.ts';
import { newTurn, type Turn } from '../../shared/http/rate-limit/turn.ts';
import { ManualClock } from '../support/time/manual-clock.ts';

const turn = newTurn('cancel');
const nothing: LimiterState = new AdaptiveRateLimiter(new ManualClock(0)).copy();

/** A limiter, and the kinds of what was asked of it, in order; `waits` as long as there is no permit. */
function harness(clock = new ManualClock(0)) {
  const limiter = new AdaptiveRateLimiter(clock);
  const permits: (Permit | 'waits')[] = [];
  const ask = async (more: Partial<AcquireOptions> = {}) => {
    const index = permits.push('waits') - 1;
    permits[index] = await limiter.acquire({ deadline: Number.POSITIVE_INFINITY, turn, ...more });
  };
  const leave = (index: number, result: RequestResult) => {
    const permit = permits[index];
    if (permit === undefined || permit === 'waits' || permit.kind !== 'entered') throw new Error('no permit');
    permit.release(result);
  };
  const kinds = async (forMs = 0) => {
    await clock.turn(forMs);
    return permits.map((permit) => (permit === 'waits' ? permit : permit.kind)).join(' ');
  };
  return { clock, limiter, permits, ask, leave, kinds };
}

describe('a limiter', () => {
  test('holds as long as another has been told, and then one request goes alone', async () => {
    const { limiter, ask, leave, kinds } = harness();
    expect(limiter.heldMs).toBe(0);
    limiter.holdFor(5_000);
    expect(limiter.heldMs).toBe(5_000);
    for (const _ of [1, 2, 3]) ask();
    expect(await kinds(4_999)).toBe('waits waits waits');
    expect(limiter.copy()).toMatchObject({ hold: { left_ms: 1, in_a_row: 1 }, probing: true });
    expect(await kinds(1)).toBe('entered waits waits');
    expect(limiter.copy().probing).toBe(true);
    leave(0, { kind: 'answered' });
    expect(await kinds()).toBe('entered entered entered');
    expect(limiter.copy()).toMatchObject({ hold: { left_ms: 0, in_a_row: 0 }, probing: false });
  });

  test('hands over its hold, its starts and the places of its queue', async () => {
    const { clock, limiter, ask, leave, kinds } = harness();
    const other = harness(clock);
    ask();
    await clock.turn(0);
    leave(0, { kind: 'limited', retryAfterMs: 3_000 });
    ask();
    ask();
    expect(await kinds()).toBe('entered waits waits');
    limiter.handOver(other.limiter);
    expect(await kinds()).toBe('entered withdrawn withdrawn');
    expect(clock.pending).toBe(1);
    expect(other.limiter.heldMs).toBe(3_000);
    expect(limiter.quota.together(other.limiter.quota, 0)).toEqual({ sent: 0, passed: 0 });
    for (const _ of [1, 2]) other.ask();
    expect(await other.kinds(3_000)).toBe('entered waits');
  });

  test('that takes a copy over lets one go alone if the other would have, unless one does already', async () => {
    const { limiter, ask, leave, kinds } = harness();
    limiter.restore({ ...nothing, probing: true });
    for (const _ of [1, 2, 3]) ask();
    expect(await kinds()).toBe('entered waits waits');
    limiter.restore({ ...nothing, probing: true });
    expect(await kinds()).toBe('entered waits waits');
    leave(0, { kind: 'answered' });
    expect(await kinds()).toBe('entered entered entered');
    const free = harness();
    free.limiter.restore(nothing);
    for (const _ of [1, 2]) free.ask();
    expect(await free.kinds()).toBe('entered entered');
  });

  test('that takes a copy over says at once what cannot be waited for any more', async () => {
    const { limiter, permits, ask, kinds } = harness();
    for (let count = 0; count < 32; count += 1) ask();
    ask({ deadline: 10_000 });
    await kinds();
    expect(permits[32]).toBe('waits');
    limiter.restore({ ...nothing, hold: { left_ms: 20_000, age_ms: 0, in_a_row: 1 } });
    await kinds();
    expect(permits[32]).toEqual({ kind: 'held', retryAfterMs: 20_000 });
  });

  test('lets no other go while one goes alone, also if that one was not sent after all', async () => {
    const { limiter, ask, leave, kinds } = harness();
    limiter.holdFor(null);
    for (const _ of [1, 2, 3]) ask();
    expect(await kinds(1_000)).toBe('entered waits waits');
    leave(0, { kind: 'unused' });
    expect(await kinds()).toBe('entered entered waits');
    leave(1, { kind: 'limited', retryAfterMs: 2_000 });
    expect(await kinds(1_999)).toBe('entered entered waits');
    expect(await kinds(1)).toBe('entered entered entered');
  });
});

describe('what an answer says to a limiter', () => {
  /** How many of its starts count, a moment after them. */
  const counted = ({ clock, limiter }: ReturnType<typeof harness>) =>
    limiter.quota.together(new AdaptiveRateLimiter(clock).quota, clock.now()).sent;

  test.each<[RequestResult, number, number]>([
    [{ kind: 'answered' }, 2, 0],
    [{ kind: 'lost' }, 2, 1],
    [{ kind: 'unopened' }, 1, 1],
    [{ kind: 'unused' }, 1, 1],
    [{ kind: 'limited', retryAfterMs: 100 }, 1, 1],
  ])('%j: whether it counts, and whether the holds in a row are over', async (result, starts, inARow) => {
    const part = harness();
    for (const _ of [1, 2]) part.ask();
    await part.kinds();
    part.limiter.restore({
      ...nothing,
      hold: { left_ms: 0, age_ms: 0, in_a_row: result.kind === 'limited' ? 0 : 1 },
    });
    part.leave(0, result);
    expect(counted(part)).toBe(starts);
    expect(part.limiter.copy().hold.in_a_row).toBe(inARow);
  });

  test('a wait is told from now on, also some time after it began', async () => {
    const part = harness();
    part.limiter.holdFor(5_000);
    let waitMs = () => 0;
    part.ask({ queued: (place) => (waitMs = () => place.waitMs()) });
    await part.kinds(1_000);
    expect([part.limiter.heldMs, waitMs()]).toEqual([4_000, 4_000]);
    part.ask({ deadline: 5_000 });
    await part.kinds();
    expect(part.permits[1]).toEqual({ kind: 'held', retryAfterMs: 4_000 });
  });

  test('a 429 for a request that was sent before the hold lets no other go beside the one that goes alone', async () => {
    const part = harness();
    for (const _ of [1, 2]) part.ask();
    await part.kinds();
    part.leave(0, { kind: 'limited', retryAfterMs: 1_000 });
    for (const _ of [3, 4]) part.ask();
    expect(await part.kinds(1_000)).toBe('entered entered entered waits');
    part.leave(1, { kind: 'limited', retryAfterMs: null });
    expect(await part.kinds(500)).toBe('entered entered entered waits');
  });

  test('a 429 for the one that goes alone is not learned from, as the first was', async () => {
    const part = harness();
    for (let count = 0; count < 9; count += 1) part.ask();
    await part.kinds();
    for (const index of [0, 1, 2, 3, 4]) part.leave(index, { kind: 'answered' });
    part.leave(5, { kind: 'limited', retryAfterMs: 200 });
    part.ask();
    await part.kinds(200);
    expect(part.limiter.copy().limit).toMatchObject({ count: null, refusals: 1 });
    part.leave(9, { kind: 'limited', retryAfterMs: 200 });
    part.ask();
    await part.kinds(400);
    expect(part.limiter.copy().limit).toMatchObject({ count: null, refusals: 1 });
  });

  test('a limiter that has handed over starts nothing more, and the other counts what it has started', async () => {
    const part = harness();
    const other = harness(part.clock);
    for (const _ of [1, 2, 3]) part.ask();
    await part.kinds();
    part.leave(0, { kind: 'limited', retryAfterMs: 2_000 });
    part.ask();
    part.limiter.handOver(other.limiter);
    expect(counted(other)).toBe(2);
    await part.kinds(2_500);
    expect(counted(part)).toBe(0);
  });
});

describe('what was learned about an account', () => {
  const limits = [{ operations: ['status', 'list'], limit: { count: 1, windowMs: 1_000 } }];
  const terms = { provider: 'example', limits, credential: { apiKey: 'key', baseUrl: 'https://a.example' } };
  const other = { ...terms, credential: { ...terms.credential, apiKey: 'other' } };

  test('is by its limits, and is put back to the operations that share one', async () => {
    const clock = new ManualClock(0);
    const accounts = new Accounts(clock);
    const { limit, hold } = nothing;
    await accounts.limiter('status', terms).acquire({ deadline: 1, turn });
    await accounts.limiter('cancel', terms).acquire({ deadline: 1, turn });
    const learned = accounts.learned(terms);
    expect(learned).toEqual({
      'status list': { limit: { ...limit, ceiling: [[0, 'cancel', 1]] }, hold, probing: false },
      cancel: nothing,
    });
    expect(accounts.learned(other)).toEqual({});
    const later = new Accounts(clock);
    expect(later.restore(terms, learned, 0)).toBe(true);
    expect(later.learned(terms)).toEqual(learned);
    const waiting = later.limiter('list', terms).acquire({ deadline: 1_000, turn });
    expect(await clock.until(waiting, 2_000)).toEqual({ kind: 'late' });
  });

  test('is not put back if it cannot be read', () => {
    const accounts = new Accounts(new ManualClock(0));
    expect(accounts.restore(terms, { cancel: 7 }, 0)).toBe(false);
    expect(accounts.learned(terms)).toEqual({});
  });

  test('tells which operation has the limit that another shares', () => {
    const accounts = new Accounts(new ManualClock(0));
    const free = { ...terms, limits: [] };
    accounts.limiter('cancel', free).share(accounts.limiter('status', free));
    const learned = accounts.learned(free);
    const { cancel, status } = learned;
    expect([cancel?.shares, status?.shares]).toEqual(['status', undefined]);
    const later = new Accounts(new ManualClock(0));
    later.restore(free, learned, 0);
    expect(later.limiter('cancel', free).host).toBe(later.limiter('status', free));
    expect(later.limiter('status', free).host).toBeUndefined();
    expect(later.limiter('list', free).host).toBeUndefined();
  });

  test('is beside what is told of each turn', () => {
    const told: (readonly [Turn, number])[] = [];
    const accounts = new Accounts(new ManualClock(0), (...each) => void told.push(each));
    accounts.note(turn, 7);
    expect(told).toEqual([[turn, 7]]);
    new Accounts(new ManualClock(0)).note(turn, 7);
  });
});
