import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { AdaptiveRateLimiter } from '../../shared/http/rate-limit/adaptive-rate-limiter.ts';
import type { Permit, Place } from '../../shared/http/rate-limit/permit.ts';
import { limitForReads } from '../../shared/http/rate-limit/start-window.ts';
import { newTurn, type Turn, type TurnClass } from '../../shared/http/rate-limit/turn.ts';
import type { RateLimit } from '../../shared/http/types.ts';
import { ManualClock } from '../support/time/manual-clock.ts';

const deadline = Number.POSITIVE_INFINITY;

/** A gate, and who was let in, in that order. */
function harness(known?: RateLimit) {
  const clock = new ManualClock(0);
  const limiter = new AdaptiveRateLimiter(clock, { known });
  const log: { readonly name: string; readonly at: number; leave(): void }[] = [];
  const enter = async (
    name: string,
    turn: Turn,
    more: { queued?(place: Place): void; again?: boolean } = {},
  ) => {
    const entry: Permit = await limiter.acquire({ deadline, turn, ...more });
    if (entry.kind === 'entered')
      log.push({ name, at: clock.now(), leave: () => entry.release({ kind: 'answered' }) });
    return entry;
  };
  /** Asks, and answers at once whoever is let in. */
  const pass = async (name: string, turn: Turn) => {
    const entry = await enter(name, turn);
    if (entry.kind === 'entered') entry.release({ kind: 'answered' });
  };
  const names = () => log.map(({ name }) => name);
  return { clock, limiter, log, enter, pass, names };
}

/** A gate whose pool is full of a cancel's requests, so that all others wait. */
async function fullHarness() {
  const full = harness();
  for (let taken = 0; taken < 32; taken += 1) full.enter('pool', newTurn('cancel'));
  await full.clock.turn(0);
  const places = full.log.splice(0);
  /** Gives so many places free, one after the other, and tells who came in. */
  const admitted = async (count: number) => {
    for (let each = 0; each < count; each += 1) {
      places.shift()?.leave();
      await full.clock.turn(0);
    }
    return full.names();
  };
  return { ...full, admitted };
}

describe('whose turn it is', () => {
  test('the requests of cancels go before further checks, and those before reads, in any order of arrival', async () => {
    const { enter, admitted } = await fullHarness();
    for (const name of ['read', 'wait', 'check_before', 'read', 'cancel'] as const)
      enter(name, newTurn(name));
    expect(await admitted(5)).toEqual(['check_before', 'cancel', 'wait', 'read', 'read']);
  });

  test('one cancel beside 1,500 of another call goes after one of them', async () => {
    const { enter, admitted } = await fullHarness();
    const bulk = newTurn('check_before');
    for (let job = 0; job < 1_500; job += 1) enter('bulk', bulk);
    enter('single', newTurn('check_before'));
    expect(await admitted(3)).toEqual(['bulk', 'single', 'bulk']);
    for (let job = 0; job < 1_500; job += 1) enter('bulk', { ...bulk, class: 'cancel' });
    enter('other', newTurn('check_before'));
    expect((await admitted(3)).slice(3)).toContain('other');
  });

  test('calls that wait take turns, whatever each of them asks for', async () => {
    const shares = fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 2, maxLength: 5 });
    await fc.assert(
      fc.asyncProperty(
        shares,
        fc.constantFrom<TurnClass>('check_before', 'wait', 'read'),
        async (counts, kind) => {
          const { enter, admitted } = await fullHarness();
          for (const [call, count] of counts.entries()) {
            const turn = newTurn(kind);
            for (let each = 0; each < count; each += 1) enter(String(call), turn);
          }
          const order = await admitted(32);
          for (let end = 1; end <= order.length; end += 1) {
            const got = counts.map(
              (_, call) => order.slice(0, end).filter((name) => name === String(call)).length,
            );
            const open = got.filter((count, call) => count < (counts[call] ?? 0));
            if (open.length > 1) expect(Math.max(...open) - Math.min(...open)).toBeLessThanOrEqual(1);
          }
        },
      ),
    );
  });

  test('after a hold one who was refused goes first, whose call ever it is of', async () => {
    const { clock, enter, names, log } = harness();
    const [first] = [await enter('first', newTurn('cancel'))];
    log.splice(0);
    if (first.kind === 'entered') first.release({ kind: 'limited', retryAfterMs: 1_000 });
    enter('new', newTurn('cancel'));
    enter('again', newTurn('cancel'), { again: true });
    await clock.turn(1_000);
    expect(names()).toEqual(['again']);
  });

  test('readers leave a quarter of the pool to cancels', async () => {
    const { clock, enter, names } = harness();
    for (let each = 0; each < 40; each += 1) enter('read', newTurn('read'));
    for (let each = 0; each < 9; each += 1) enter('cancel', newTurn('check_before'));
    await clock.turn(0);
    expect(names().filter((name) => name === 'read')).toHaveLength(24);
    expect(names().filter((name) => name === 'cancel')).toHaveLength(8);
  });
});

describe('under a documented limit', () => {
  const minuteMs = 61_200;
  const known = { count: 20, windowMs: 60_000 };

  test('readers take a quarter, and a cancel that comes after them does not wait', async () => {
    const { clock, pass, names } = harness(known);
    for (let each = 0; each < 50; each += 1) pass('read', newTurn('read'));
    await clock.turn(2_000);
    expect(names()).toHaveLength(5);
    for (let each = 0; each < 15; each += 1) pass('cancel', newTurn('cancel'));
    await clock.turn(2_000);
    expect(names()).toHaveLength(20);
  });

  test('readers never have more than their quarter in any window, and always that, beside a cancel every six seconds', async () => {
    const { clock, pass, log } = harness(known);
    for (let each = 0; each < 200; each += 1) pass('read', newTurn('read'));
    for (let each = 0; each < 100; each += 1) {
      const asked = clock.now();
      await clock.until(pass('cancel', newTurn('cancel')));
      expect(clock.now() - asked).toBeLessThan(100);
      await clock.turn(6_000);
    }
    const reads = log.filter(({ name }) => name === 'read').map(({ at }) => at);
    for (const at of reads)
      expect(reads.filter((other) => other >= at && other < at + 60_000).length).toBeLessThanOrEqual(5);
    expect(reads.length).toBeGreaterThanOrEqual(45);
  });

  test('looks before cancels leave one for a look after', async () => {
    const { clock, pass, names } = harness(known);
    for (let each = 0; each < 30; each += 1) pass('check_before', newTurn('check_before'));
    await clock.turn(2_000);
    expect(names()).toHaveLength(19);
    pass('cancel', newTurn('cancel'));
    await clock.turn(100);
    expect(names().slice(19)).toEqual(['cancel']);
  });

  test('every class has its turn under a limit of one', async () => {
    const { clock, pass, names } = harness({ count: 1, windowMs: 1_000 });
    for (const name of ['read', 'wait', 'check_before', 'cancel'] as const) pass(name, newTurn(name));
    await clock.turn(10_000);
    expect(names()).toHaveLength(4);
    for (let count = 1; count < 100; count += 1)
      expect(limitForReads(count)).toBe(Math.max(1, Math.round(count / 4)));
  });

  test('one who waits knows about how long, and may give the place up', async () => {
    const { clock, enter, pass, names } = harness(known);
    const places: Place[] = [];
    for (let each = 0; each < 20; each += 1) pass('cancel', newTurn('cancel'));
    await clock.turn(10_000);
    const turn = newTurn('cancel');
    const left = enter('left', turn, { queued: (place) => places.push(place) });
    enter('right', turn);
    await clock.turn(0);
    expect(places[0]?.waitMs()).toBeGreaterThan(50_000);
    places[0]?.withdraw();
    expect(await left).toEqual({ kind: 'withdrawn' });
    expect(places[0]?.waitMs()).toBe(0);
    await clock.turn(minuteMs);
    expect(names().slice(20)).toEqual(['right']);
    expect(clock.pending).toBe(0);
  });
});

test('a request that never arrived uses up nothing of a documented limit', async () => {
  const { clock, limiter, log, pass } = harness({ count: 2, windowMs: 60_000 });
  for (let each = 0; each < 20; each += 1) {
    const entry = await clock.until(limiter.acquire({ deadline, turn: newTurn('cancel') }));
    if (entry.kind === 'entered') entry.release({ kind: 'unopened' });
  }
  await clock.turn(5_000);
  await clock.until(Promise.all([pass('one', newTurn('cancel')), pass('two', newTurn('cancel'))]));
  expect((log[1]?.at ?? 0) - (log[0]?.at ?? 0)).toBeLessThan(1_000);
});

test('further looks take what is left of half of a documented limit, and then no more than readers do', async () => {
  const { clock, pass, names } = harness({ count: 20, windowMs: 60_000 });
  for (let each = 0; each < 30; each += 1) pass('wait', newTurn('wait'));
  await clock.turn(2_000);
  expect(names()).toHaveLength(10);
  for (let each = 0; each < 9; each += 1) pass('read', newTurn('read'));
  await clock.turn(2_000);
  expect(names().slice(10)).toEqual(['read', 'read', 'read', 'read', 'read']);
  for (let each = 0; each < 9; each += 1) pass('cancel', newTurn('cancel'));
  await clock.turn(2_000);
  expect(names().slice(15)).toEqual(['cancel', 'cancel', 'cancel', 'cancel', 'cancel']);
});
