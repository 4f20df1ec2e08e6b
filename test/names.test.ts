import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { findRequest } from '../shared/contract/requests.ts';
import { anyCharacter } from '../shared/laws/parts/any-character.ts';
import { containsName, foldName } from '../shared/lib/names.ts';
import { visibleText } from '../shared/lib/text.ts';
import { matchesName } from '../shared/lib/wildcard.ts';
import { runs } from './support/thorough.ts';

const forms = ['NFC', 'NFD', 'NFKC', 'NFKD'] as const;
const locales = ['en', 'tr', 'az', 'lt'] as const;
const cases: readonly ((text: string, locale: string) => string)[] = [
  (text) => text.toLowerCase(),
  (text) => text.toUpperCase(),
  (text, locale) => text.toLocaleLowerCase(locale),
  (text, locale) => text.toLocaleUpperCase(locale),
  (text, locale) => text.toLocaleUpperCase(locale).toLocaleLowerCase(locale),
];

/** Every way of writing a name that a system between a person and us may make of it. */
function writingsOf(name: string): string[] {
  const composed = forms.map((form) => name.normalize(form));
  const written = composed.flatMap((text) =>
    cases.flatMap((write) => locales.map((locale) => write(text, locale))),
  );
  return [...new Set(written.flatMap((text) => forms.map((form) => text.normalize(form))))];
}

/** Every character that has another case or another normal form. */
function* changing(): Generator<string> {
  for (let code = 0; code < 0x110000; code += 1) {
    if (code >= 0xd800 && code < 0xe000) continue;
    const letter = String.fromCodePoint(code);
    const isPlain =
      letter.toLowerCase() === letter &&
      letter.toUpperCase() === letter &&
      forms.every((form) => letter.normalize(form) === letter);
    // Syllables of Hangul are composed by rule: one in a hundred tells as much as all.
    if (!isPlain && (code < 0xac00 || code > 0xd7a3 || code % 97 === 0)) yield letter;
  }
}

const anyText = fc
  .oneof(
    fc.string({ unit: anyCharacter, minLength: 1, maxLength: 30 }),
    fc.string({
      unit: fc.constantFrom(...'iIİıjJįÌ\u0307\u0301\u0328\u0345ßẞſΣσςΐΰǰŉﬁﬃÅÅéᾳᾴⅣＡａ①㎏ x'),
      minLength: 1,
      maxLength: 12,
    }),
  )
  .map((text) => visibleText(text).toWellFormed().normalize('NFC'))
  // Capitals of a letter with an iota below it have the iota as a letter, and give it the marks that follow.
  .filter((text) => !/[\u0345\u1f80-\u1faf\u1fb2-\u1fbc\u1fc2-\u1fcc\u1ff2-\u1ffc]\p{M}/u.test(text));

describe('the comparison of names', () => {
  test.each([
    ['İstanbul', 'istanbul'],
    ['production', 'PRODUCTİON'],
    ['PRODUCTION', 'productıon'],
    ['ΐ', 'Ϊ́'],
    ['ΰ', 'Ϋ́'],
    ['ǰ', 'J̌'],
    ['Straße', 'STRASSE'],
    ['STRAẞE', 'strasse'],
    ['ﬁnal', 'FINAL'],
    ['Å', 'å'],
    ['Σίσυφος', 'ΣΊΣΥΦΟΣ'],
    ['ＰＲＯＤ', 'prod'],
    ['pro\u00adduc\u200btion\ufeff', 'production'],
    ['pro\ufe0fduc\u034ftion', 'production'],
    ['a\u00a0\u2003b', 'a b'],
    ['a\r\n\tb', 'a b'],
    ['a\u2800b', 'a b'],
    ['a\u0000b', 'ab'],
  ])('finds %j in %j', (one, other) => {
    expect(foldName(one)).toBe(foldName(other));
  });

  test.each([
    ['production', 'produktion'],
    ['cafe', 'café'],
    ['a b', 'ab'],
    ['I', 'l'],
    ['о', 'o'],
  ])('keeps %j and %j apart', (one, other) => {
    expect(foldName(one)).not.toBe(foldName(other));
  });

  test('takes every character for itself in every case and form', () => {
    // Of neighbours in Unicode one tells much of the others.
    const step = runs(1, 5);
    const letters = [...changing()].filter((_, index) => index % step === 0);
    const unlike = letters.flatMap((letter) => {
      const folded = foldName(letter);
      return writingsOf(letter)
        .filter((written) => foldName(written) !== folded)
        .map((written) => [letter, written]);
    });
    expect(unlike).toEqual([]);
  }, 120_000);

  test('takes every name for itself in every case and form, and is settled', () => {
    fc.assert(
      fc.property(anyText, (name) => {
        const folded = foldName(name);
        expect(foldName(folded)).toBe(folded);
        expect(folded.normalize('NFC')).toBe(folded);
        for (const written of writingsOf(name)) expect(foldName(written)).toBe(folded);
      }),
      { numRuns: runs(2_000, 100) },
    );
  });

  test('matches a name in a rule in any case and form, with any invisible characters', () => {
    const invisible = fc.constantFrom(
      '\u00ad',
      '\u200b',
      '\u200d',
      '\u2060',
      '\ufeff',
      '\u202e',
      '\ufe0f',
      '\u{e0101}',
      '\u0000',
      '\u3164',
    );
    const before = fc.string({ unit: anyCharacter, maxLength: 5 });
    fc.assert(
      fc.property(anyText, before, before, fc.nat(), invisible, (name, start, end, at, unseen) => {
        fc.pre(name.trim() !== '' && !name.includes('*') && !/^\p{M}/u.test(name));
        for (const written of writingsOf(name)) {
          const cut = at % written.length;
          const hidden = `${written.slice(0, cut)}${unseen}${written.slice(cut)}`;
          // A letter that is cut in two is another.
          if (!hidden.isWellFormed()) continue;
          expect(matchesName(name, hidden)).toBe(true);
        }
        expect(matchesName(`*${name}*`, `${start} ${name} ${end}`)).toBe(true);
      }),
      { numRuns: runs(1_000, 50) },
    );
  });

  test('finds a part of a name, and nothing by a part that cannot be seen', () => {
    expect(containsName('Nightly SWEEP 4', 'sweep')).toBe(true);
    expect(containsName('Straße', 'SS')).toBe(true);
    for (const part of ['', ' ', '\u200b', '\u00a0\ufeff', '\u3164'])
      expect(containsName('a b', part)).toBe(false);
  });

  test('takes no time to speak of for a pile of marks, nor for one in a filter', () => {
    const pile = '\u0301\u0323'.repeat(300_000);
    const taken = processorMsOf(() => {
      expect(foldName(`i${pile}`)).toBe(foldName(`I${pile}`));
      expect(findRequest.safeParse({ name: `a${pile}` }).success).toBe(false);
    });
    expect(taken).toBeLessThan(500);
  });

  test('takes time in proportion to the names of a list', () => {
    const names = ['a', 'é', '各', 'i\u0301\u0323', '\u0344'].flatMap((letter) =>
      Array.from({ length: 400 }, () => letter.repeat(100)),
    );
    const taken = processorMsOf(() => {
      for (const name of names) foldName(name);
    });
    expect(taken).toBeLessThan(500);
  });
});

/** The milliseconds that this thread needs of a processor, however busy the machine is with others. */
function processorMsOf(work: () => void): number {
  const before = process.threadCpuUsage();
  work();
  const { user, system } = process.threadCpuUsage(before);
  return (user + system) / 1_000;
}
