import { foldName } from '../lib/names.ts';

/**
 * Whether `text` is as `pattern` says, where `*` stands for anything, nothing included, and all else for itself. Takes
 * time in proportion to the text: each piece between two `*` is found once, leftmost, and never looked for again.
 */
export function matches(pattern: string, text: string): boolean {
  return hasPieces(text, pattern.split('*'));
}

/** As {@link matches}, by the one comparison of names: they are written by people. */
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
