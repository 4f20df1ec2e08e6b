import { describe, expect, test } from 'vitest';
import { Ceiling } from '../../shared/http/rate-limit/ceiling.ts';
import {
  limitForOperations,
  limitForReads,
  type Start,
  StartWindow,
} from '../../shared/http/rate-limit/start-window.ts';
import type { TurnClass } from '../../shared/http/rate-limit/turn.ts';

function start(at: number, turnClass: TurnClass = 'cancel'): Start {
  return { at, again: false, turnClass, answer: 'pending' };
}

/** A window of a second with requests of these classes, the first at 0 ms and each 10 ms after the one before. */
function windowOf(classes: readonly TurnClass[], isDocumented = true): StartWindow {
  const window = new StartWindow(1_000, isDocumented);
  window.starts = classes.map((turnClass, index) => start(index * 10, turnClass));
  return window;
}

interface Case {
  readonly contested?: boolean;
  readonly isTrial?: boolean;
  readonly ahead?: number;
  readonly isDocumented?: boolean;
}

/** The wait of such a request 200 ms after the first of these, of which `count` may start in a second. */
function waitOf(turnClass: TurnClass, count: number, classes: readonly TurnClass[], more: Case = {}): number {
  const { contested = false, isTrial = false, ahead = 0, isDocumented = true } = more;
  return windowOf(classes, isDocumented).waitMs(200, { turnClass, contested }, { count, isTrial, ahead });
}

const of = (turnClass: TurnClass, count: number) => Array.from({ length: count }, () => turnClass);
const learned = { isDocumented: false };
const contested = { contested: true };

describe('a part of a limit', () => {
  test('for reads is a quarter, for operations four fifths or half, and each is one at least', () => {
    expect([1, 2, 4, 10, 100].map(limitForReads)).toEqual([1, 1, 1, 3, 25]);
    expect([1, 4, 10, 99].map((count) => limitForOperations(count, false))).toEqual([1, 3, 8, 79]);
    expect([1, 4, 11, 99].map((count) => limitForOperations(count, true))).toEqual([1, 2, 5, 49]);
  });
});

describe('a window', () => {
  test.each<[string, number, TurnClass, number, readonly TurnClass[], Case]>([
    ['a cancel takes all of a documented limit', 0, 'cancel', 4, of('cancel', 3), {}],
    ['a cancel waits for the first of a full window', 800, 'cancel', 4, of('cancel', 4), {}],
    ['a cancel waits for the one that leaves room', 820, 'cancel', 4, of('cancel', 6), {}],
    ['a cancel waits for those ahead of it', 810, 'cancel', 4, of('cancel', 4), { ahead: 1 }],
    ['a cancel with too many ahead waits for a window', 1_000, 'cancel', 4, of('cancel', 1), { ahead: 4 }],
    ['a check before leaves one of a documented limit', 800, 'check_before', 4, of('cancel', 3), {}],
    ['a check before takes all of a learned limit', 0, 'check_before', 4, of('cancel', 3), learned],
    ['a check before may start if only one is allowed', 0, 'check_before', 1, [], {}],
    ['a read takes all of a learned limit', 0, 'read', 8, of('read', 7), learned],
    ['a read takes a quarter of a documented limit', 0, 'read', 8, of('read', 1), {}],
    ['a read waits beyond its quarter', 800, 'read', 8, of('read', 2), {}],
    ['a following check is a read', 800, 'read', 8, of('follow', 2), {}],
    ['a read waits for those ahead of it', 800, 'read', 8, of('read', 1), { ahead: 1 }],
    ['a read does not mind further checks', 0, 'read', 8, of('wait', 2), {}],
    ['a read does not mind cancels', 0, 'read', 8, of('cancel', 6), {}],
    ['a read waits if the window is full', 800, 'read', 8, of('cancel', 7), {}],
    ['a further check takes what is free of the first half', 0, 'wait', 8, of('wait', 3), {}],
    ['a further check waits beyond half', 800, 'wait', 8, of('wait', 4), {}],
    ['a further check takes its quarter beyond half', 0, 'wait', 8, [...of('cancel', 5), 'read'], {}],
    ['a further check waits for half to be free', 830, 'wait', 8, [...of('cancel', 5), ...of('read', 2)], {}],
    [
      'a further check shares its quarter with reads',
      800,
      'wait',
      8,
      [...of('read', 2), ...of('cancel', 5)],
      {},
    ],
    ['a further check waits for those ahead of it', 810, 'wait', 8, of('wait', 4), { ahead: 1 }],
    ['an operation takes four fifths of a learned limit', 0, 'operation', 10, of('operation', 7), learned],
    ['an operation waits beyond them', 800, 'operation', 10, of('operation', 8), learned],
    [
      'an operation takes half beside a cancel',
      800,
      'operation',
      10,
      of('operation', 5),
      { ...learned, ...contested },
    ],
    [
      'an operation takes all but one of a trial',
      0,
      'operation',
      10,
      of('operation', 8),
      { ...learned, isTrial: true },
    ],
    [
      'an operation leaves one of a trial',
      800,
      'operation',
      10,
      of('operation', 9),
      { ...learned, isTrial: true },
    ],
    [
      'an operation takes half of a trial beside a cancel',
      ...([800, 'operation', 10, of('operation', 5)] as const),
      { ...learned, ...contested, isTrial: true },
    ],
    ['an operation does not mind cancels', 0, 'operation', 10, of('cancel', 9), learned],
    ['an operation waits for a full window', 800, 'operation', 10, of('cancel', 10), learned],
    [
      'an operation waits for those ahead',
      800,
      'operation',
      10,
      of('operation', 7),
      { ...learned, ahead: 1 },
    ],
    ['an operation takes its part of what reads leave', 0, 'operation', 8, of('operation', 3), {}],
    ['an operation waits beyond that', 800, 'operation', 8, of('operation', 4), {}],
    ['an operation takes half of that beside a cancel', 800, 'operation', 8, of('operation', 3), contested],
    ['an operation and reads leave something', 800, 'operation', 8, of('read', 6), {}],
    ['an operation may start beside fewer reads', 0, 'operation', 8, of('read', 5), {}],
    ['an operation does not mind cancels below a documented limit', 0, 'operation', 8, of('cancel', 6), {}],
    ['an operation waits for those ahead of it', 800, 'operation', 8, of('operation', 3), { ahead: 1 }],
  ])('%s: %i ms', (_, expected, turnClass, count, classes, more) => {
    expect(waitOf(turnClass, count, classes, more)).toBe(expected);
  });

  test('forgets what is as old as it is, and what was not sent after all', () => {
    const window = windowOf(of('cancel', 3));
    const [, second, third] = window.starts;
    window.forgetOld(1_009);
    expect(window.starts).toEqual([second, third]);
    window.forgetOld(1_010);
    expect(window.starts).toEqual([third]);
    window.withdraw(start(20));
    expect(window.starts).toEqual([third]);
    if (third !== undefined) window.withdraw(third);
    expect(window.starts).toEqual([]);
  });

  test('is copied in groups of 20 ms and one class, as old as the youngest, and put back oldest first', () => {
    const window = new StartWindow(1_000, true);
    window.starts = [start(0), start(481), start(485, 'read'), start(499), start(500), start(501)];
    const copy = window.copy(1_000);
    expect(copy).toEqual([
      [500, 'cancel', 3],
      [515, 'read', 1],
      [499, 'cancel', 1],
    ]);
    const other = new StartWindow(1_000, true);
    other.restore(copy, 5_000);
    expect(other.starts).toEqual([
      start(4_485, 'read'),
      start(4_500),
      start(4_500),
      start(4_500),
      start(4_501),
    ]);
  });
});

describe('a documented limit', () => {
  test('has a window that is a fiftieth longer', () => {
    const ceiling = new Ceiling({ count: 51, windowMs: 1_000 });
    expect(ceiling.perSecond).toBe(50);
    const all = Array.from({ length: 51 }, (_, index) => start(index));
    for (const each of all) ceiling.start(each);
    const cancel = { turnClass: 'cancel', contested: false } as const;
    expect(ceiling.waitMs(100, cancel)).toBe(920);
    expect(ceiling.waitMs(100, cancel, 3)).toBe(923);
    const [first] = all;
    if (first !== undefined) ceiling.withdraw(first);
    expect(ceiling.waitMs(100, cancel)).toBe(0);
    expect(ceiling.waitMs(100, { turnClass: 'check_before', contested: false })).toBe(921);
    expect(ceiling.waitMs(1_021, cancel)).toBe(0);
    expect(ceiling.copy(1_025)).toHaveLength(3);
  });

  test('is copied in fifty parts, and put back only if nothing was started meanwhile', () => {
    const hour = { count: 5_000, windowMs: 3_600_000 };
    const ceiling = new Ceiling(hour);
    for (const at of [0, 10_000, 70_000, 80_000]) ceiling.start(start(at));
    const copy = ceiling.copy(140_000);
    expect(copy).toEqual([
      [130_000, 'cancel', 2],
      [60_000, 'cancel', 2],
    ]);
    const other = new Ceiling(hour);
    other.restore(copy, 0);
    expect(other.copy(0)).toEqual(copy);
    other.restore([[1, 'read', 1]], 1_000);
    expect(other.copy(0)).toEqual(copy);
    other.restore([[1, 'read', 1]], 4_000_000);
    expect(other.copy(4_000_000)).toEqual([[1, 'read', 1]]);
  });
});
