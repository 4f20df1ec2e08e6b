import { foldName } from '../lib/names.ts';

/**
 * Whether `text` matches `pattern`, in which `*` matches any text, also none, and every other character matches itself.
 * Takes time in proportion to the text: each piece between two `*` is found once, leftmost, and never searched again.
 */
export function matches(pattern: string, text: string): boolean {
  return hasPieces(text, pattern.split('*'));
}

/** Like {@link matches}, with the comparison of names that `foldName` defines. */
export function matchesName(pattern: string, name: string): boolean {
  return hasPieces(foldName(name), pattern.split('*').map(foldName));
}

function hasPieces(text: string, [first = '', ...rest]: readonly string[]): boolean {
  const last = rest.pop();
  if (last === undefined) return text === first;
  if (!text.startsWith(first)) return false;
  let from = first.length;
  for (const piece of rest) {
    const found = text.indexOf(piece, from);
    if (found < 0) return false;
    from = found + piece.length;
  }
  return text.length - last.length >= from && text.endsWith(last);
}
