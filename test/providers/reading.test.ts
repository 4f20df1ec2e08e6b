import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { usuallyUuidJobId } from '../../shared/adapter/job-ids.ts';
import {
  jobName,
  missingJob,
  missingJobMessage,
  nameToCompare,
  optional,
  readStateWord,
  time,
  unixMillis,
  unixSeconds,
} from '../../shared/adapter/parsing.ts';

describe('a word for a state', () => {
  const states = new Map([['UNKNOWN', 'unknown'] as const, ['STOPPED', 'cancelled'] as const]);

  test.each([
    ['STOPPED', 'cancelled', 'STOPPED'],
    ['UNKNOWN', 'unknown', 'UNKNOWN'],
    ['stopped', 'unknown', null],
    ['', 'unknown', null],
  ])('%j means %s and is shown as %j', (word, state, providerStatus) => {
    expect(readStateWord(states, word)).toEqual({ state, providerStatus });
  });
});

describe('a time', () => {
  test.each([
    ['2026-01-15T10:30:00Z', '2026-01-15T10:30:00.000Z'],
    ['2026-01-15T10:30:00.123456+02:00', '2026-01-15T08:30:00.123Z'],
    ['2026-01-15T10:30:00', '2026-01-15T10:30:00.000Z'],
    ['2026-01-15 10:30:00', '2026-01-15T10:30:00.000Z'],
    ['2026-01-15', '2026-01-15T00:00:00.000Z'],
    ['2026-01-15T10:30z', '2026-01-15T10:30:00.000Z'],
    ['2024-02-29T10:30:00-0530', '2024-02-29T16:00:00.000Z'],
    [1_768_473_000, '2026-01-15T10:30:00.000Z'],
    [1_768_473_000.5, '2026-01-15T10:30:00.500Z'],
  ])('%s is %s, wherever this runs', (text, expected) => {
    expect(time.parse(text)).toBe(expected);
  });

  test.each([
    '',
    'soon',
    '2026-13-45T00:00:00Z',
    '2026-02-30T00:00:00Z',
    '2026-01-15T25:00:00Z',
    '1',
    '15/01/2026',
    'Thu, 15 Jan 2026 10:30:00 GMT',
    '2026-01-15T10:30:00Z and more',
    'at 2026-01-15T10:30:00Z',
    '2026-01-15T10:30:00Z (about)',
    1_768_473_000_000,
    1e10,
    15,
    Number.NaN,
  ])('is not %j', (text) => {
    expect(time.safeParse(text).success).toBe(false);
  });
});

describe('a time in unix units', () => {
  test.each([
    ['seconds', unixSeconds, 1_768_473_000, '2026-01-15T10:30:00.000Z'],
    ['seconds with a fraction', unixSeconds, 1_768_473_000.25, '2026-01-15T10:30:00.250Z'],
    ['milliseconds', unixMillis, 1_768_473_000_250, '2026-01-15T10:30:00.250Z'],
    ['milliseconds with a fraction', unixMillis, 1_768_473_000_250.75, '2026-01-15T10:30:00.250Z'],
  ])('is read from %s', (_, schema, number, expected) => {
    expect(optional(schema).parse(number)).toBe(expected);
  });

  const hostile = fc.oneof(
    ...[
      fc.constantFrom(
        0,
        -0,
        -1,
        1,
        Number.NaN,
        1e300,
        -1e300,
        Infinity,
        Number.MAX_SAFE_INTEGER,
        8.64e15 + 1,
      ),
    ],
    ...[fc.double(), fc.integer(), fc.maxSafeInteger(), fc.bigInt(), fc.anything()],
    ...[
      fc.date({ noInvalidDate: true }).map(String),
      fc.constantFrom('1768473000', '2026-01-15T10:30:00Z', null),
    ],
  );

  test.each([
    ['seconds', unixSeconds, 1_000, { min: 1e9, max: 1e10 - 1 }],
    ['milliseconds', unixMillis, 1, { min: 1e12, max: 1e13 - 1_000 }],
  ])(
    'in %s is absent for all that is no such time of 2001 to 2286, and nothing throws',
    (_, schema, unitMs, { min, max }) => {
      const within = fc.double({ min, max, noNaN: true });
      fc.assert(
        fc.property(fc.oneof(hostile, within), (value) => {
          const read = optional(schema).parse(value);
          const isTime = typeof value === 'number' && value >= min && value <= max;
          expect(read === undefined).toBe(!isTime);
          if (isTime) expect(Math.abs(Date.parse(read ?? '') - value * unitMs)).toBeLessThan(1);
        }),
        { numRuns: 500 },
      );
    },
  );

  test.each([
    ['milliseconds for seconds', unixSeconds, 1_768_473_000_000],
    ['seconds for milliseconds', unixMillis, 1_768_473_000],
    ['a time that has not come', unixMillis, 0],
  ])('is absent for %s', (_, schema, number) => {
    expect(optional(schema).parse(number)).toBeUndefined();
  });
});

describe('the name of a job', () => {
  test('keeps what a person wrote', () => {
    expect(jobName.parse('Größe – 実験 4 🚀')).toEqual({ name: 'Größe – 実験 4 🚀' });
  });

  test('loses what is not seen, and what turns the line around', () => {
    expect(jobName.parse(' a\u202eb\u0000\r\nc\u200bd\u2028e ')).toEqual({ name: 'ab cd e' });
  });

  test('is cut at 120 units where it is shown, not through a character, and is whole where it is compared', () => {
    const long = `${'a'.repeat(119)}🚀`;
    expect(jobName.parse(long)).toEqual({ name: `${'a'.repeat(119)}\ufffd`, fullName: long });
  });

  test.each([
    ['short', 'short'],
    ['a'.repeat(119), 'a'.repeat(119)],
    ['a'.repeat(120), 'a'.repeat(120)],
    [` ${'a'.repeat(500)} `, 'a'.repeat(500)],
    ['a'.repeat(501), undefined],
    [`${'x'.repeat(120)}${'\u0301'.repeat(30)}`, `${'x'.repeat(120)}${'\u0301'.repeat(30)}`],
    [`${'a'.repeat(120)}${'\u0301'.repeat(31)}`, undefined],
    ['', undefined],
    ['\u200b\ufeff', undefined],
  ])('%j is compared as %j', (text, compared) => {
    expect(nameToCompare(jobName.parse(text))).toBe(compared);
  });

  test('is shown if it is too long to be compared, and one that is absent tells nothing', () => {
    expect(jobName.parse('a'.repeat(501))).toEqual({ name: 'a'.repeat(120) });
    expect(nameToCompare({})).toBeUndefined();
  });
});

describe('an optional field', () => {
  test.each([undefined, null, {}, 'text', Number.NaN])('that is %j reads as absent', (value) => {
    expect(optional(time).parse(value)).toBeUndefined();
  });
});

describe('an id that is usually a UUID', () => {
  test('is put in lower case where it is one, and only there', () => {
    expect(usuallyUuidJobId.parse('A427201B-2340-4F06-AD68-2DA8E0FDB120')).toBe(
      'a427201b-2340-4f06-ad68-2da8e0fdb120',
    );
    expect(usuallyUuidJobId.parse('Batch-7')).toBe('Batch-7');
  });
});

describe('the message of an error', () => {
  test.each([
    'Job batch_job_12345 not found',
    'The job you are looking for does not exist.',
    'No such batch',
    'Error in region/zone: job 7 not found',
    'Batch a427201b-2340-4f06-ad68-2da8e0fdb120 not found',
  ])("may be the provider's own: %s", (text) => {
    expect(missingJobMessage.safeParse(text).success).toBe(true);
  });

  test.each([
    'Not Found',
    'not found',
    'Cannot POST /v0/batches/x/cancel',
    'Route GET:/v9/jobs not found',
    'no Route matched with those values',
    'Missing Authentication Token',
    'Application not found',
    'No static resource jobs/x.',
    'The route jobs/x could not be found.',
    'Not found, so no other job was tried',
  ])('is not where a framework or a gateway says it of a route: %s', (text) => {
    expect(missingJobMessage.safeParse(text).success).toBe(false);
  });
});

describe("the message of an error in a provider's own words", () => {
  const words = missingJob({
    nouns: ['prediction', 'fine-tuning job'],
    texts: ['No batch found with id *', 'Run * does not exist', 'Gone (no.7): *'],
  });

  test.each([
    'Prediction not found.',
    'The prediction could not be found',
    'No prediction found',
    'no such fine-tuning job',
    "No batch found with id 'batch_abc'.",
    'run 2147483648 does not exist',
    'gone (no.7): x',
  ])('may be its own: %s', (text) => {
    expect(words.safeParse(text).success).toBe(true);
  });

  test.each([
    'Not Found',
    'Job 7 not found',
    'Route /predictions/x not found',
    'A run 7 does not exist',
    'Run 7 does not exist at this host',
    'Run of the mill 7 does not exist',
    `Run ${'7'.repeat(201)} does not exist`,
    'No batch found with id ',
    'Gone no.7: x',
    'Gone (nox7): x',
  ])('is not another sentence: %s', (text) => {
    expect(words.safeParse(text).success).toBe(false);
  });

  test('is none of a provider without words', () => {
    const none = missingJob({});
    expect(['', ' not found', 'job not found'].filter((text) => none.safeParse(text).success)).toEqual([]);
  });

  test('takes time in proportion to its length', () => {
    const long = 'Run '.repeat(200_000);
    expect(words.safeParse(`${long} prediction`).success).toBe(false);
  });
});
