import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { readRetryAfter } from '../../shared/http/retry-after.ts';

const now = Date.parse('2026-11-06T08:49:30Z');
const dayMs = 24 * 3_600_000;

describe('Retry-After', () => {
  test.each([
    ['0', 0],
    ['1', 1_000],
    [' 120 ', 120_000],
    ['007', 7_000],
    ['1.5', 1_500],
    ['0.0001', 1],
    ['Fri, 06 Nov 2026 08:49:37 GMT', 8_000],
    ['Friday, 06-Nov-26 08:49:37 GMT', 8_000],
    ['Fri Nov  6 08:49:37 2026 GMT', 8_000],
  ])('reads %j', (header, ms) => {
    expect(readRetryAfter(header, now)).toBe(ms);
  });

  test('counts a date that is past as no wait', () => {
    expect(readRetryAfter('Fri, 06 Nov 2026 08:00:00 GMT', now)).toBe(0);
  });

  test.each(['86401', '9999999999', 'Fri, 31 Dec 9999 23:59:59 GMT'])('reads %j as a day', (header) => {
    expect(readRetryAfter(header, now)).toBe(dayMs);
  });

  test.each([
    ...[
      '',
      ' ',
      '-1',
      '+1',
      '1.',
      '.5',
      '-1.5',
      '1e3',
      '0x10',
      '5s',
      '5 seconds',
      '1, 2',
      'NaN',
      'Infinity',
      '99999999999',
    ],
    ...['soon', 'Fri, 99 Nov 2026 08:49:37 GMT', 'Fri, nonsense', '2026-11-06T08:49:37Z', '٣', null],
  ])('makes nothing of %j', (header) => {
    expect(readRetryAfter(header, now)).toBeNull();
  });

  test('is never read as NaN, as negative or as more than a day', () => {
    const date = fc.date({ noInvalidDate: true }).map((each) => each.toUTCString());
    const header = fc.oneof(fc.string(), fc.integer().map(String), fc.double().map(String), date);
    fc.assert(
      fc.property(header, fc.integer({ min: 0, max: 4e12 }), (text, at) => {
        const ms = readRetryAfter(text, at);
        expect(ms === null || (ms >= 0 && ms <= dayMs)).toBe(true);
      }),
      { numRuns: 1_000 },
    );
  });
});
