import { describe, expect, test } from 'vitest';
import { askToLeave } from '../../shared/http/rate-limit/ask-to-leave.ts';
import type { Permit, RequestResult } from '../../shared/http/rate-limit/permit.ts';
import { poolWaitMs } from '../../shared/http/rate-limit/pool.ts';
import { readBurst, sureBefore } from '../../shared/http/rate-limit/refused-burst.ts';
import { Hold } from '../../shared/http/rate-limit/retry-after-hold.ts';
import type { Start } from '../../shared/http/rate-limit/start-window.ts';
import type { TurnClass } from '../../shared/http/rate-limit/turn.ts';
import { ManualClock } from '../support/time/manual-clock.ts';

function start(at: number, more: Partial<Start> = {}): Start {
  return { at, again: false, turnClass: 'cancel', answer: 'pending', ...more };
}

const of = (turnClass: TurnClass, count: number) => Array.from({ length: count }, () => turnClass);

describe('a pool', () => {
  /** The wait of such a request at 1,500 ms, while these are under way since 600 ms, 610 ms and so on. */
  function waitOf(
    turnClass: TurnClass,
    classes: readonly TurnClass[],
    { size = 8, atOnce, contested = false }: { size?: number; atOnce?: number; contested?: boolean } = {},
  ): number {
    const starts = new Set(classes.map((each, index) => start(600 + index * 10, { turnClass: each })));
    return poolWaitMs(1_500, { turnClass, contested }, { starts, size, atOnce });
  }

  test.each<[string, number, TurnClass, readonly TurnClass[], Parameters<typeof waitOf>[2]]>([
    ['a cancel takes the last place', 0, 'cancel', of('cancel', 7), {}],
    ['a cancel waits until the oldest counts as hanging', 100, 'cancel', of('cancel', 8), {}],
    ['a check before is as a cancel', 0, 'check_before', of('cancel', 7), {}],
    ['a read takes three quarters', 0, 'read', of('read', 5), {}],
    ['a read waits beyond them', 100, 'read', of('read', 6), {}],
    ['a further check counts with reads', 100, 'wait', [...of('read', 3), ...of('follow', 3)], {}],
    ['a read does not mind cancels', 0, 'read', of('cancel', 7), {}],
    ['a read waits if the pool is full', 100, 'read', of('cancel', 8), {}],
    ['a read and operations leave a place', 100, 'read', [...of('operation', 5), ...of('read', 2)], {}],
    ['a read starts beside fewer operations', 0, 'read', of('operation', 6), {}],
    ['an operation takes four fifths', 0, 'operation', of('operation', 5), {}],
    ['an operation waits beyond them', 100, 'operation', of('operation', 6), {}],
    ['an operation takes half beside a cancel', 100, 'operation', of('operation', 4), { contested: true }],
    ['an operation leaves a place with reads', 110, 'operation', ['cancel', ...of('read', 7)], { size: 8 }],
    ['an operation does not mind cancels', 0, 'operation', of('cancel', 7), {}],
    [
      'what the provider does not allow at once waits for an answer',
      Infinity,
      'cancel',
      of('cancel', 2),
      { atOnce: 2 },
    ],
    ['what it allows does not', 0, 'cancel', of('cancel', 2), { atOnce: 3 }],
    ['a cancel takes all that is allowed', 0, 'cancel', of('read', 7), { atOnce: 8, size: 32 }],
    ['a read takes three quarters of that', 0, 'read', of('read', 5), { atOnce: 8, size: 32 }],
    ['a read leaves the rest', Infinity, 'read', of('read', 6), { atOnce: 8, size: 32 }],
    ['an operation is not bound by that', 0, 'operation', of('read', 6), { atOnce: 8, size: 32 }],
    ['an operation leaves a place', Infinity, 'operation', of('operation', 7), { atOnce: 8, size: 32 }],
    [
      'an operation and reads leave a place',
      Infinity,
      'read',
      [...of('operation', 4), ...of('read', 3)],
      { atOnce: 8, size: 32 },
    ],
    ['a read does not mind cancels that are allowed', 0, 'read', of('cancel', 7), { atOnce: 8, size: 32 }],
    ['a read may start if one is allowed', 0, 'read', [], { atOnce: 1 }],
    ['an operation may start if one is allowed', 0, 'operation', [], { atOnce: 1 }],
  ])('%s: %f ms', (_, expected, turnClass, classes, more) => {
    expect(waitOf(turnClass, classes, more)).toBe(expected);
  });

  test('does not count what hangs for a second', () => {
    const starts = new Set([start(0), start(500), start(501), start(900)]);
    const waitMs = (size: number) =>
      poolWaitMs(1_500, { turnClass: 'cancel', contested: false }, { starts, size, atOnce: undefined });
    expect([1, 2, 3].map(waitMs)).toEqual([1, 1, 0]);
  });
});

describe('the requests around a 429', () => {
  const passed = start(0, { answer: 'passed' });
  const limited = start(0, { answer: 'limited' });
  const again = { ...passed, again: true };
  const several = (each: Start, count: number) => Array.from({ length: count }, () => each);

  test.each<[string, readonly Start[], ReturnType<typeof readBurst>]>([
    ['none passed', several(limited, 3), { succeeded: 0, isTelling: false, isAboutRate: false }],
    [
      'some before it',
      [...several(passed, 3), limited],
      { succeeded: 3, isTelling: false, isAboutRate: true },
    ],
    [
      'too few followed',
      [passed, limited, ...several(passed, 3)],
      { succeeded: 4, isTelling: false, isAboutRate: true },
    ],
    [
      'nearly all that followed passed',
      [passed, limited, ...several(passed, 4)],
      { succeeded: 5, isTelling: true, isAboutRate: false },
    ],
    [
      'most that followed passed, and not two thirds',
      [passed, limited, ...several(passed, 13), ...several(limited, 7)],
      { succeeded: 14, isTelling: true, isAboutRate: true },
    ],
    [
      'two thirds of those that followed passed',
      [passed, limited, ...several(passed, 14), ...several(limited, 6)],
      { succeeded: 15, isTelling: true, isAboutRate: false },
    ],
    [
      'every first try was refused and every second passed',
      [limited, again, limited, again, limited, limited],
      { succeeded: 2, isTelling: true, isAboutRate: false },
    ],
    [
      'a first try passed, too',
      [limited, again, limited, passed, limited, limited],
      { succeeded: 2, isTelling: true, isAboutRate: true },
    ],
  ])('%s', (_, starts, burst) => {
    expect(readBurst(starts)).toEqual(burst);
  });

  test('show as sure half of what passed in the quarter second before it', () => {
    const before = [500, 750, 751, 800, 990].map((at) => start(at, { answer: 'passed' }));
    const refused = start(1_000, { answer: 'limited' });
    expect(sureBefore([...before, start(995), refused, start(1_100, { answer: 'limited' })])).toBe(1);
    expect(sureBefore([])).toBe(0);
    expect(sureBefore([start(0, { answer: 'passed' }), start(10, { answer: 'passed' })])).toBe(1);
  });
});

describe('a hold for another process', () => {
  test('is copied as what is left of it, how old it is and how many came in a row', () => {
    const hold = new Hold();
    expect(hold.copy(0)).toEqual({ left_ms: 0, age_ms: 60_000, in_a_row: 0 });
    hold.refused(5_000, true, 1_000);
    expect(hold.copy(3_000)).toEqual({ left_ms: 3_000, age_ms: 2_000, in_a_row: 1 });
    expect(hold.copy(500)).toEqual({ left_ms: 5_500, age_ms: 0, in_a_row: 1 });
    expect(hold.copy(90_000)).toEqual({ left_ms: 0, age_ms: 60_000, in_a_row: 1 });
  });

  test('is put back if it is the longer one, and ends a minute after its own beginning', () => {
    const hold = new Hold();
    hold.restore({ left_ms: 4_000, age_ms: 2_000, in_a_row: 3 }, 10_000);
    expect(hold.until).toBe(14_000);
    expect(hold.copy(10_000)).toEqual({ left_ms: 4_000, age_ms: 2_000, in_a_row: 3 });
    for (const left_ms of [0, 3_999, 4_000]) hold.restore({ left_ms, age_ms: 9_000, in_a_row: 1 }, 10_000);
    expect(hold.copy(10_000)).toEqual({ left_ms: 4_000, age_ms: 2_000, in_a_row: 3 });
    hold.refused(3_600_000, false, 11_000);
    expect(hold.until).toBe(68_000);
  });

  test('is none if nothing is left of it', () => {
    const hold = new Hold();
    hold.restore({ left_ms: 0, age_ms: 5, in_a_row: 2 }, 1_000);
    expect(hold.until).toBe(Number.NEGATIVE_INFINITY);
    expect(hold.copy(1_000)).toEqual({ left_ms: 0, age_ms: 60_000, in_a_row: 2 });
  });

  test('is short again once something was answered, and beyond a minute if the time is binding', () => {
    const hold = new Hold();
    for (const now of [0, 1_000]) hold.refused(0, true, now);
    expect(hold.until).toBe(1_200);
    hold.answered();
    hold.refused(0, true, 2_000);
    expect(hold.until).toBe(2_100);
    const binding = new Hold({ binding: true });
    binding.refused(7_200_000, true, 0);
    expect(binding.until).toBe(7_200_000);
  });

  test('that names no time is as long as it is in a row, half a minute at most, and only the first of an episode begins one', () => {
    const hold = new Hold();
    hold.refused(null, false, 0);
    expect(hold.until).toBe(Number.NEGATIVE_INFINITY);
    const held = [0, 1, 2, 3, 4, 5, 6].map((index) => {
      hold.refused(null, true, index * 100_000);
      return hold.until - index * 100_000;
    });
    expect(held).toEqual([1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000]);
    hold.refused(null, false, 601_000);
    expect(hold.until).toBe(630_000);
  });
});

describe('a request with a permit', () => {
  /** What becomes of a permit, and what is said when it is given back. */
  async function asked(terms: Partial<Parameters<typeof askToLeave>[1]>) {
    const released: RequestResult[] = [];
    const permit: Permit = { kind: 'entered', release: (result) => void released.push(result) };
    const result = await askToLeave(permit, { sendBy: 1, ...terms }, new ManualClock(0)).catch(String);
    return { result: result === permit ? 'leaves' : result, released };
  }
  const stays = { result: { kind: 'aborted' }, released: [{ kind: 'unused' }] };
  const leaves = { result: 'leaves', released: [] };

  test.each([
    ['may leave if nothing is asked', {}, leaves],
    ['may leave if it is told so', { leave: async () => true }, leaves],
    ['stays if it is told so', { leave: async () => false }, stays],
    ['stays if it is too late', { sendBy: 0 }, stays],
    ['stays if it is not wanted any more', { signal: AbortSignal.abort() }, stays],
    ['leaves while it is wanted', { signal: new AbortController().signal }, leaves],
  ])('%s', async (_, terms, expected) => {
    expect(await asked(terms)).toEqual(expected);
  });

  test('gives it back if the question fails', async () => {
    const leave = () => Promise.reject(new Error('no store'));
    expect(await asked({ leave })).toEqual({ result: 'Error: no store', released: [{ kind: 'unused' }] });
  });

  test('has none to ask for if it did not enter', async () => {
    const late: Permit = { kind: 'late' };
    expect(await askToLeave(late, { sendBy: 0 }, new ManualClock(1))).toBe(late);
  });
});
