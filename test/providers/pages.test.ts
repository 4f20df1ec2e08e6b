import { describe, expect, test } from 'vitest';
import {
  emptyPage,
  int64,
  isBareEmpty,
  isOffset,
  jobNameField,
  listEntries,
  missingOf,
  nextCursor,
  offsetOf,
} from '../../shared/adapter/parsing.ts';

describe('a cursor that is an offset', () => {
  test.each([
    [null, false, 0],
    ['', false, 0],
    ['0', true, 0],
    ['7', true, 7],
    ['120', true, 120],
    ['123456789012345', true, 123_456_789_012_345],
    ['1234567890123456', false, 0],
    ['07', false, 0],
    ['-7', false, 0],
    ['x7', false, 0],
    ['7x', false, 0],
    ['1e3', false, 0],
  ])('%j: whether it is one: %s; it stands for %i', (cursor, isOne, offset) => {
    expect(isOffset(cursor)).toBe(isOne);
    expect(offsetOf(cursor)).toBe(offset);
  });
});

describe('a list', () => {
  test.each([
    [204, undefined, true],
    [204, [], false],
    [204, {}, false],
    [200, [], true],
    [200, [1], false],
    [200, undefined, false],
    [200, { length: 0 }, false],
    [200, '', false],
    [201, [], false],
    [404, undefined, false],
  ])('with the status %i and the body %j is empty without a shape: %s', (status, body, isEmpty) => {
    expect(isBareEmpty({ status, body })).toBe(isEmpty);
  });

  test.each([
    [undefined, {}],
    [2, {}],
    [3, {}],
    [4, { missing: 1 }],
    [4.5, {}],
    [1e300, {}],
    [Number.NaN, {}],
  ])('of three that says that there are %j lacks %j', (total, missing) => {
    expect(missingOf(total, 3)).toEqual(missing);
  });

  test('of an account without jobs is a page without entries, and the last', () => {
    expect(emptyPage).toEqual({ kind: 'page', jobs: [], unread: 0, next: null });
  });

  test('has entries, which are none if it is null, and a cursor of the next page, which is none if it is empty', () => {
    expect(listEntries.parse([1, null])).toEqual([1, null]);
    expect(listEntries.parse(null)).toEqual([]);
    expect(['x', '', null, undefined].map((cursor) => nextCursor.parse(cursor))).toEqual([
      'x',
      null,
      null,
      null,
    ]);
  });
});

describe('a count', () => {
  test.each([
    [0, 0],
    [7, 7],
    [-1, undefined],
    [1.5, undefined],
    ['7', 7],
    ['123456789012345', 123_456_789_012_345],
    ['1234567890123456', undefined],
    ['-7', undefined],
    ['7x', undefined],
    ['', undefined],
  ])('%j is %j', (value, count) => {
    expect(int64.safeParse(value).data).toBe(count);
  });
});

describe('the name of a job, where it may be absent', () => {
  test.each([
    [null, { unnamed: true }],
    ['', { unnamed: true }],
    ['wing', { name: 'wing' }],
    [undefined, undefined],
    [7, undefined],
  ])('%j is %j', (value, naming) => {
    expect(jobNameField.parse(value)).toEqual(naming);
  });
});
