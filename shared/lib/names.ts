import { plainText, visibleText } from './text.ts';

/** More marks on one letter than real text has (UAX #15, Stream-Safe Text Format): sorting them takes quadratic time. */
const piled = /(\p{M}{30})\p{M}+/gu;
/** The most rounds of folding: some characters need a second one after a change of case. */
const mostRounds = 5;

/**
 * The form of a name in which rules and filters compare names: Unicode's compatibility caseless match (`NFKC_Casefold`,
 * UAX #31), which also ignores width, ligatures, the composition of accents and invisible characters. The dot of an i is
 * ignored, too, because Turkish, Azeri and Lithuanian add or drop it with the case.
 */
export function foldName(name: string): string {
  const seen = visibleText(name).replace(piled, '$1');
  if (/^[\x20-\x7e]*$/.test(seen)) return seen.toLowerCase();
  let folded = seen;
  for (let round = 0; round < mostRounds; round += 1) {
    const next = foldOnce(folded);
    if (next === folded) break;
    folded = next;
  }
  return folded.normalize('NFC');
}

/** Lowers, raises and lowers the case, because a capital such as ẞ has a small letter with another capital. */
function foldOnce(text: string): string {
  return visibleText(text.normalize('NFKD'))
    .toLowerCase()
    .toUpperCase()
    .toLowerCase()
    .replaceAll('ς', 'σ')
    .replaceAll('ı', 'i')
    .replace(/\p{Soft_Dotted}\p{M}+/gu, (letter) => letter.replaceAll('\u0307', ''));
}

/** Whether a name contains a part, as {@link foldName} compares. No name contains a part without visible characters. */
export function containsName(name: string, part: string): boolean {
  return isVisible(part) && foldName(name).includes(foldName(part));
}

/** Whether a text has a visible character. */
export function isVisible(text: string): boolean {
  return plainText(text) !== '';
}

/** Whether a text is `key=value`, with a visible key that ends at the first `=`. */
export function isLabel(text: string): boolean {
  return text.includes('=') && isVisible(text.slice(0, text.indexOf('=')));
}

/** A word without invisible characters at its ends: blanks, line ends, byte order marks, zero-width characters. */
export function trimInvisible(text: string): string {
  return text
    .replace(/^[\s\p{Cf}\p{Default_Ignorable_Code_Point}]+/u, '')
    .replace(
      /(?<![\s\p{Cf}\p{Default_Ignorable_Code_Point}])[\s\p{Cf}\p{Default_Ignorable_Code_Point}]+$/u,
      '',
    );
}

/** Text from others in quotes, with invisible and ambiguous characters as escapes. */
export function escaped(text: string): string {
  return JSON.stringify(text).replace(
    /[^\x20-\x7e]/gu,
    (character) => `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`,
  );
}
