import { plainText, visibleText } from './text.ts';

/** More marks on one letter than text holds (UAX #15, Stream-Safe Text Format): putting them in order takes the square of their number. */
const piled = /(\p{M}{30})\p{M}+/gu;
/** Of a character that was unlike itself in another case, a second round settles what the first made of it. */
const mostRounds = 5;

/**
 * The form of a name in which all names are compared, by rules and by filters: Unicode's compatibility caseless match
 * (`NFKC_Casefold`, UAX #31), in which width, ligatures and the composition of accents make no difference either, and
 * what nobody can see is left out. The dot of an i makes none: Turkish, Azeri and Lithuanian add or drop it with the case.
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

/** A capital such as ẞ has a small letter whose own capital is another, so the way goes down, up and down again. */
function foldOnce(text: string): string {
  return visibleText(text.normalize('NFKD'))
    .toLowerCase()
    .toUpperCase()
    .toLowerCase()
    .replaceAll('ς', 'σ')
    .replaceAll('ı', 'i')
    .replace(/\p{Soft_Dotted}\p{M}+/gu, (letter) => letter.replaceAll('\u0307', ''));
}

/** Whether a name holds a part, as {@link foldName} compares. A part of which nothing can be seen is in no name. */
export function containsName(name: string, part: string): boolean {
  return isVisible(part) && foldName(name).includes(foldName(part));
}

/** Whether anything of a text can be seen. */
export function isVisible(text: string): boolean {
  return plainText(text) !== '';
}

/** A word without what nobody sees at its ends: blanks, line ends, byte order marks, zero-width characters. */
export function trimInvisible(text: string): string {
  return text
    .replace(/^[\s\p{Cf}\p{Default_Ignorable_Code_Point}]+/u, '')
    .replace(
      /(?<![\s\p{Cf}\p{Default_Ignorable_Code_Point}])[\s\p{Cf}\p{Default_Ignorable_Code_Point}]+$/u,
      '',
    );
}

/** Foreign text in quotes, with everything that nobody sees, or that could be taken for another letter, as an escape. */
export function escaped(text: string): string {
  return JSON.stringify(text).replace(
    /[^\x20-\x7e]/gu,
    (character) => `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`,
  );
}
