import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ambiguousKeys } from '../shared/json.ts';

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
