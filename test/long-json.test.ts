import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { readAnswer } from '../shared/lib/json.ts';
import { readLongAnswer } from '../shared/lib/long-json.ts';
import { runs } from './support/thorough.ts';

/**
 * JSON with lists and objects in each other, and keys that occur twice. No key is a backslash: V8 12 to 13 then reads the key
 * `"\\""` of a later text as that backslash, if both objects are alike.
 */
const keys = fc.constantFrom('a', 'b', '"', '[', ',', '__proto__');
const { text: anyText } = fc.letrec<{ text: string }>((tie) => ({
  text: fc.oneof(
    { maxDepth: 5, depthSize: 'large' },
    fc
      .oneof(fc.string(), fc.integer(), fc.constantFrom(null, true, '],[', '{"a":['))
      .map((value) => JSON.stringify(value)),
    fc.array(tie('text'), { maxLength: 8 }).map((parts) => `[${parts.join(', ')}]`),
    fc
      .array(fc.tuple(keys, tie('text')), { maxLength: 4 })
      .map((pairs) => `{${pairs.map(([key, value]) => `${JSON.stringify(key)}:${value}`).join(',')}}`),
  ),
}));

describe('a text that is read in parts', () => {
  test('has the value that it has at once, however short the parts are', async () => {
    await fc.assert(
      fc.asyncProperty(anyText, fc.integer({ min: 1, max: 12 }), async (text, apart) => {
        expect(await readLongAnswer(text, apart)).toEqual(readAnswer(text));
      }),
      { numRuns: runs(600, 150) },
    );
  });

  test('is JSON as a whole, or is not read at all', async () => {
    const damage = fc.constantFrom(',', '[', ']', '{', '}', '"', ':', ' ', '1', '');
    await fc.assert(
      fc.asyncProperty(
        anyText,
        fc.nat(),
        damage,
        fc.integer({ min: 1, max: 12 }),
        async (text, at, by, apart) => {
          const place = at % (text.length + 1);
          const damaged = text.slice(0, place) + by + text.slice(place + 1);
          expect(await readLongAnswer(damaged, apart)).toEqual(readAnswer(damaged));
        },
      ),
      { numRuns: runs(1_000, 250) },
    );
  });

  test.each([
    '[1,]',
    '[1,,2]',
    '[,1]',
    '[1,2',
    '[1,2}',
    '{"a":[1,2}]',
    '[1],[2]',
    '[1][2]',
    '{"a":[1,2],"a":[3,4]}',
  ])('%s, too', async (text) => {
    expect(await readLongAnswer(text, 1)).toEqual(readAnswer(text));
  });

  test('lets other work have its turn', async () => {
    const entry = { id: 'a job', status: 'RUNNING', labels: { a: '1' }, tags: ['x', 'y'], count: 1 };
    const list = JSON.stringify({ next: null, jobs: Array.from({ length: 50_000 }, () => entry) });
    expect(list.length).toBeGreaterThan(3_900_000);
    let turns = 0;
    const counting = setInterval(() => (turns += 1));
    const value = await readLongAnswer(list);
    clearInterval(counting);
    expect(value).toMatchObject({ next: null, jobs: { length: 50_000 } });
    expect(turns).toBeGreaterThanOrEqual(2);
  });
});
