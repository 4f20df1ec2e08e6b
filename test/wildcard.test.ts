import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { judgeLabel, judgeNames, judgeText, matches, matchesName } from '../shared/lib/wildcard.ts';

/** What matching means, with no thought of time: a star is nothing, or one character and a star. */
function naively(pattern: string, text: string): boolean {
  if (pattern === '') return text === '';
  if (pattern.startsWith('*'))
    return naively(pattern.slice(1), text) || (text !== '' && naively(pattern, text.slice(1)));
  return pattern.charAt(0) === text.charAt(0) && naively(pattern.slice(1), text.slice(1));
}

describe('a pattern', () => {
  test.each([
    ['sweep', 'sweep'],
    ['*', ''],
    ['*', 'anything at all'],
    ['sweep-*', 'sweep-'],
    ['*production*', 'the production of glass'],
    ['a*a', 'aa'],
    ['a*b*c', 'a-b-b-c'],
    ['a**b', 'ab'],
    ['*ab', 'aab'],
    ['', ''],
  ])('%j matches %j', (pattern, text) => {
    expect(matches(pattern, text)).toBe(true);
  });

  test.each([
    ['sweep', 'Sweep'],
    ['sweep', 'sweeps'],
    ['sweep-*', 'a sweep-1'],
    ['*-1', 'sweep-1 again'],
    ['a*a', 'a'],
    ['ab*ba', 'aba'],
    ['a*b*c', 'a-c-b'],
    ['', 'x'],
    ['.*', 'anything'],
    ['s?eep', 'sweep'],
    ['[s]weep', 'sweep'],
  ])('%j does not match %j', (pattern, text) => {
    expect(matches(pattern, text)).toBe(false);
  });

  test('matches as a naive reading of it does', () => {
    const text = (letters: string) => fc.string({ unit: fc.constantFrom(...letters), maxLength: 9 });
    fc.assert(
      fc.property(text('ab*'), text('ab'), (pattern, name) => {
        expect(matches(pattern, name)).toBe(naively(pattern, name));
      }),
      { numRuns: 5_000 },
    );
  });

  test('is quick where backtracking would never end', () => {
    const before = performance.now();
    expect(matches(`${'a*'.repeat(60)}b`, 'a'.repeat(100_000))).toBe(false);
    expect(matches(`${'*a'.repeat(60)}*b*`, 'a'.repeat(100_000))).toBe(false);
    expect(matches(`*${'a'.repeat(99)}b*`, 'a'.repeat(100_000))).toBe(false);
    expect(performance.now() - before).toBeLessThan(500);
  });
});

describe('a pattern of names', () => {
  test.each([
    ['*PRODUCTION*', 'production run'],
    ['sweep-*', 'Sweep-1'],
    ['café', 'CAFE\u0301'],
    ['ΣΊΣΥΦΟΣ', 'σίσυφοσ'],
  ])('%j matches %j, whatever the case and the composition', (pattern, name) => {
    expect(matchesName(pattern, name)).toBe(true);
  });
});

describe('a judgement', () => {
  test.each([
    [undefined, undefined, 'yes'],
    ['a*', undefined, 'unseen'],
    ['a*', 'Ab', 'yes'],
    ['a*', 'ba', 'no'],
  ] as const)('of the pattern %j on the text %j is %s', (pattern, text, judged) => {
    expect(judgeText(pattern, text)).toBe(judged);
  });

  test.each([
    [undefined, [undefined], 'yes'],
    ['a', ['b', undefined, 'a'], 'yes'],
    ['a', ['b', undefined], 'unseen'],
    ['a', ['b', 'c'], 'no'],
    ['a', [], 'no'],
  ] as const)('of the pattern %j on the names %j is %s', (pattern, names, judged) => {
    expect(judgeNames(pattern, names)).toBe(judged);
  });

  const pairs = [
    ['Team', 'ml'],
    ['sum', 'a=b'],
    ['note', undefined],
    ['empty', ''],
  ] as const;
  test.each([
    [undefined, true, 'yes'],
    ['team=ML', true, 'yes'],
    ['team=web', true, 'no'],
    ['team=web', false, 'unseen'],
    ['sum=a=b', true, 'yes'],
    ['sum=ab', true, 'no'],
    ['note=x', true, 'unseen'],
    ['empty=', true, 'yes'],
    ['empty', true, 'yes'],
    ['other=*', true, 'no'],
    ['other=*', false, 'unseen'],
    ['*=ml', false, 'yes'],
  ] as const)('of the label %j, all labels shown: %s, is %s', (pattern, isWhole, judged) => {
    expect(judgeLabel(pattern, { pairs, isWhole })).toBe(judged);
    if (pattern !== undefined) expect(judgeLabel(pattern, undefined)).toBe('unseen');
  });
});
