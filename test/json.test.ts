import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import * as z from 'zod';
import { ambiguousKeys, largestDocument, parseJson, readAnswer, readDocument } from '../shared/lib/json.ts';

describe('the ambiguous keys of a JSON text', () => {
  test.each([
    ['{"a": 1, "a": 2}', ['a']],
    ['{"a": 1, "\\u0061": 2, "a": 3}', ['a', 'a']],
    ['{"a": {"a": 1}, "b": {"a": 1}}', []],
    ['{"": 1, "": 2}', ['']],
    ['[{"a": 1}, {"a": 1}]', []],
    ['{"list": [0, {"b": [], "c": {}, "b": 1}]}', ['list[1].b']],
    ['{"a": "\\", \\"a\\": 1", "b": "{[:,"}', []],
    ['{"a": ["a", "a"], "b": "a"}', []],
    ['{"a": {"__proto__": {}}}', ['a.__proto__']],
    ['"a"', []],
  ])('%s are %j', (text, paths) => {
    expect(JSON.parse(text)).toBeDefined();
    expect(ambiguousKeys(text)).toEqual(paths);
  });

  test('are none in what JSON.stringify writes, and one where an object is given a key again', () => {
    const keys = fc.oneof(fc.constantFrom('a', '"', '\\', '{', ':'), fc.string());
    const { value } = fc.letrec((tie) => ({
      value: fc.oneof(
        { maxDepth: 4 },
        fc.oneof(fc.string(), fc.integer(), fc.constant(null)),
        fc.array(tie('value'), { maxLength: 3 }),
        fc.dictionary(keys, tie('value'), { maxKeys: 3 }),
      ),
    }));
    const plain = (text: string) => !text.includes('"__proto__"');
    fc.assert(
      fc.property(value, keys, fc.constantFrom(0, 2), (each, key, space) => {
        const text = JSON.stringify([each], null, space);
        fc.pre(plain(text) && key !== '__proto__');
        expect(ambiguousKeys(text)).toEqual([]);
        const again = `{${JSON.stringify(key)}: ${text}, ${JSON.stringify(key)}: ${text}}`;
        expect(ambiguousKeys(again)).toEqual([key]);
      }),
      { numRuns: 1_000 },
    );
  });
});

/** CPU time of this thread, the least of three times: what else the machine does at that moment can only add to it. */
function cpuMs(work: () => void): number {
  const times = [1, 2, 3].map(() => {
    const before = process.threadCpuUsage();
    work();
    const { user, system } = process.threadCpuUsage(before);
    return (user + system) / 1_000;
  });
  return Math.min(...times);
}

/** Texts of 2 MB that are small to write and large to read. */
const monsters: readonly (readonly [string, string])[] = [
  ['entries of nothing', `{"jobs":[${'{},'.repeat(660_000)}{}]}`],
  ['lists within lists', `{"jobs":${'['.repeat(999_000)}${']'.repeat(999_000)}}`],
  ['lists that do not end', '['.repeat(2_000_000)],
  ['objects within objects', `{"jobs":${'{"a":'.repeat(330_000)}1${'}'.repeat(330_000)}}`],
  ['numbers', `{"jobs":[${'1,'.repeat(999_000)}1]}`],
  ['keys', `{${Array.from({ length: 180_000 }, (_, index) => `"${index.toString(36)}":1,`).join('')}"z-":1}`],
  ['one key again and again', `{${'"a":1,'.repeat(330_000)}"a":1}`],
  ['keys that are written in escapes', `{${'"\\u0061":1,'.repeat(180_000)}"b":1}`],
  ['a long text', `{"reason":"${'a'.repeat(1_999_000)}"}`],
  ['a text of quotes', `{"reason":"${'\\"'.repeat(999_000)}"}`],
  ['a text of backslashes', `{"reason":"${'\\\\'.repeat(999_000)}"}`],
  ['a text that does not end', `{"reason":"${'\\"'.repeat(999_000)}`],
  ['texts that do not end', '{"'.repeat(999_000)],
  ['blanks', ' '.repeat(2_000_000)],
  ['colons', `{${':'.repeat(1_999_000)}}`],
];

describe('a document of a caller', () => {
  test.each([
    ['{"a": [1, {"b": null}]}', { kind: 'read', value: { a: [1, { b: null }] } }],
    ['\ufeff {"a": 1}\r\n', { kind: 'read', value: { a: 1 } }],
    ['', { kind: 'not_json' }],
    ['{"a": 1,}', { kind: 'not_json' }],
    ['\ufeff\ufeff{}', { kind: 'not_json' }],
    ['{"a": {"b": 1, "b": 2}, "a": 3}', { kind: 'ambiguous', paths: ['a.b', 'a'] }],
    ['{"a\u200b": 1, "a\\u200b": 1}', { kind: 'ambiguous', paths: ['"a\\u{200b}"'] }],
    ['{"__proto__": {"dry_run": true}}', { kind: 'ambiguous', paths: ['__proto__'] }],
    [`{"jobs": [${'0,'.repeat(40_000)}0]}`, { kind: 'too_much', path: 'jobs' }],
    [
      `{"a": {"b": ${'['.repeat(40)}${']'.repeat(40)}}}`,
      { kind: 'too_much', path: `a.b${'[0]'.repeat(30)}` },
    ],
    [
      JSON.stringify({
        a: Object.fromEntries(Array.from({ length: 1_001 }, (_, index) => [`k${index}`, 0])),
      }),
      { kind: 'too_much', path: 'a' },
    ],
  ])('number %# is told by its kind and the place', (text, read) => {
    expect(readDocument(text)).toEqual(read);
  });

  test('is read as JSON.parse does, if every parser would read it alike', () => {
    fc.assert(
      fc.property(fc.json({ maxDepth: 5 }), fc.constantFrom('', '\ufeff'), (text, mark) => {
        fc.pre(!text.includes('"__proto__"'));
        expect(readDocument(`${mark}${text}`)).toEqual({ kind: 'read', value: JSON.parse(text) });
      }),
    );
  });

  test('is told of any text', () => {
    const token = fc.constantFrom('{', '}', '[', ']', ',', ':', '"', '\\', '"a"', '0', ' ', '\u0000');
    fc.assert(
      fc.property(
        fc.array(token, { maxLength: 40 }).map((tokens) => tokens.join('')),
        (text) => {
          const { kind } = readDocument(text);
          const isJson = parseJson(text) !== undefined;
          expect(kind === 'read').toBe(isJson && ambiguousKeys(text).length === 0);
        },
      ),
      { numRuns: 3_000 },
    );
  });

  test('may hold 5,000 jobs with the longest ids, and twice as many of the shortest', () => {
    for (const [count, length] of [
      [5_000, 200],
      [9_000, 1],
    ] as const) {
      const jobs = Array.from({ length: count }, () => ({
        provider: 'p'.repeat(40),
        job_id: 'j'.repeat(length),
      }));
      const text = JSON.stringify({
        jobs,
        reason: 'r'.repeat(200),
        send_if_status_unknown: true,
        wait_seconds: 20,
        dry_run: false,
      });
      expect(Buffer.byteLength(text)).toBeLessThan(largestDocument);
      expect(readDocument(text).kind).toBe('read');
    }
  });

  test.each(monsters)('of 2 MB that holds %s does not block the process', (_what, text) => {
    readDocument(text);
    expect(cpuMs(() => readDocument(text))).toBeLessThan(50);
    expect(cpuMs(() => readAnswer(text.slice(0, 1_000_000)))).toBeLessThan(50);
  });
});

describe('an answer of a provider', () => {
  const schema = z.object({ id: z.string(), status: z.string(), next: z.string().nullish() });

  test.each([
    ['{"id": "a", "status": "running", "metadata": {"x": 1, "x": 2}}', true],
    ['\ufeff{"id": "a", "status": "running"}', true],
    ['{"id": "a", "status": "running", "status": "cancelled"}', false],
    ['{"id": "a", "id": "b", "status": "running"}', false],
    ['{"id": "a", "status": "running", "next": "b", "next": null}', false],
    ['{"id": "a", "status": "running", "__proto__": {"status": "cancelled"}}', true],
  ])('%s is readable where no key that is needed stands twice: %s', (text, isReadable) => {
    expect(schema.safeParse(readAnswer(text)).success).toBe(isReadable);
  });

  test('has one unreadable entry where a list holds one such job', () => {
    const list =
      '{"jobs": [{"id": "a", "status": "x", "next": "1"}, {"id": "b", "status": "x", "status": "y"}]}';
    const { data } = z.object({ jobs: z.array(z.unknown()) }).safeParse(readAnswer(list));
    expect(data?.jobs.map((job) => schema.safeParse(job).success)).toEqual([true, false]);
  });
});
