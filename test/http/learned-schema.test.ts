import { describe, expect, test } from 'vitest';
import { agedBy, type LimiterState, learnedSchema } from '../../shared/http/rate-limit/learned-state.ts';

const dayMs = 86_400_000;
const starts: LimiterState['limit']['starts'] = [
  ...(['cancel', 'check_before', 'operation', 'wait', 'read', 'follow'] as const).map(
    (turnClass, index): LimiterState['limit']['starts'][number] => [index * 0.5, turnClass, 10_000],
  ),
  [dayMs, 'cancel', 0],
];
const limit = { count: 1, patience_windows: 0, refusals: 0, most_refusals: 0, earliest_in_ms: 0, starts: [] };
const hold = { left_ms: 0, age_ms: 0, in_a_row: 0 };
const state: LimiterState = { limit, hold, probing: false };

function isRead(value: unknown, name = 'cancel'): boolean {
  return learnedSchema.safeParse({ [name]: value }).success;
}

describe('a copy of what was learned', () => {
  const most = 1_000_000;
  const full = {
    limit: {
      ...{ count: most, patience_windows: most, refusals: most, most_refusals: most, earliest_in_ms: dayMs },
      ...{ starts, ceiling: Array.from({ length: 1_000 }, () => [0, 'read', 1]) },
    },
    hold: { left_ms: dayMs, age_ms: dayMs, in_a_row: most },
    ...{ probing: true, shares: 's'.repeat(100) },
  };

  test('is read with no value and with the largest, as it was', () => {
    const copy = {
      cancel: state,
      ['o'.repeat(100)]: full,
      list: { ...state, limit: { ...limit, count: null } },
    };
    expect(learnedSchema.parse(copy)).toEqual(copy);
  });

  const limitWith = (more: object) => ({ ...state, limit: { ...limit, ...more } });
  const holdWith = (more: object) => ({ ...state, hold: { ...hold, ...more } });
  test.each<[string, unknown]>([
    ['a count of none', limitWith({ count: 0 })],
    ['a count that is no whole number', limitWith({ count: 1.5 })],
    ['too large a count', limitWith({ count: most + 1 })],
    ...['patience_windows', 'refusals', 'most_refusals'].flatMap((name): [string, unknown][] => [
      [`a negative ${name}`, limitWith({ [name]: -1 })],
      [`too large a ${name}`, limitWith({ [name]: most + 1 })],
    ]),
    ['a time before the copy', limitWith({ earliest_in_ms: -1 })],
    ['a time beyond a day', limitWith({ earliest_in_ms: dayMs + 1 })],
    ['another class', limitWith({ starts: [[0, 'other', 1]] })],
    ['too many of one age', limitWith({ starts: [[0, 'cancel', 10_001]] })],
    ['too many ages', limitWith({ starts: Array.from({ length: 1_001 }, () => [0, 'cancel', 1]) })],
    ['a start without a count', limitWith({ ceiling: [[0, 'cancel']] })],
    ['an unknown part of the limit', limitWith({ more: 1 })],
    ['too long a hold', holdWith({ left_ms: dayMs + 1 })],
    ['a hold of the future', holdWith({ age_ms: -1 })],
    ['holds that are no number', holdWith({ in_a_row: '1' })],
    ['an unknown part of the hold', holdWith({ more: 1 })],
    ['no word on the probe', { limit, hold }],
    ['an unknown part', { ...state, more: 1 }],
    ['too long a name of another', { ...state, shares: 's'.repeat(101) }],
  ])('is not read with %s', (_, value) => {
    expect(isRead(value)).toBe(false);
  });

  test('is not read with a name of an operation that is too long', () => {
    expect(isRead(state, 'o'.repeat(101))).toBe(false);
  });
});

describe('a copy of what was learned that is 100 ms old', () => {
  test('has requests and a hold that are older, and what is to come sooner', () => {
    const copy: LimiterState = {
      limit: {
        ...limit,
        refusals: 3,
        earliest_in_ms: 250,
        starts: [[5, 'cancel', 2]],
        ceiling: [[7, 'read', 1]],
      },
      hold: { left_ms: 130, age_ms: 20, in_a_row: 2 },
      ...{ probing: true, shares: 'list' },
    };
    expect(agedBy(100, copy)).toEqual({
      limit: {
        ...limit,
        refusals: 3,
        earliest_in_ms: 150,
        starts: [[105, 'cancel', 2]],
        ceiling: [[107, 'read', 1]],
      },
      hold: { left_ms: 30, age_ms: 120, in_a_row: 2 },
      ...{ probing: true, shares: 'list' },
    });
  });

  test('has nothing to come that is over by then, and no window where there is none', () => {
    const copy = { ...state, limit: { ...limit, earliest_in_ms: 99 }, hold: { ...hold, left_ms: 99 } };
    expect(agedBy(100, copy)).toStrictEqual({ ...state, hold: { ...hold, age_ms: 100 } });
  });
});
