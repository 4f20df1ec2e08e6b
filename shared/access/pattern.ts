/**
 * Whether `text` is as `pattern` says, where `*` stands for anything, nothing included, and all else for itself. Takes
 * time in proportion to the text: each piece between two `*` is found once, leftmost, and never looked for again.
 */
export function matches(pattern: string, text: string): boolean {
  const [first = '', ...rest] = pattern.split('*');
  const last = rest.pop();
  if (last === undefined) return text === pattern;
  if (!text.startsWith(first)) return false;
  let from = first.length;
  for (const piece of rest) {
    const found = text.indexOf(piece, from);
    if (found < 0) return false;
    from = found + piece.length;
  }
  return text.length - last.length >= from && text.endsWith(last);
}

/** As {@link matches}, whatever the case, and however accents are composed: names are written by people. */
export function matchesName(pattern: string, name: string): boolean {
  return matches(fold(pattern), fold(name));
}

/** Capitals, because a small sigma is written in two ways. */
function fold(text: string): string {
  return text.normalize('NFC').toUpperCase();
}
