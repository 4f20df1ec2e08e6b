import { foldName } from './names.ts';

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

/** Whether something matches, or that it cannot be seen, or not whole, and so may match. */
export type Match = 'yes' | 'no' | 'unseen';

/**
 * The labels of a job, as far as they can be compared: a value is `undefined` if it may have been cut, and `isWhole` says
 * that the job has no others.
 */
export interface Labels {
  readonly pairs: readonly (readonly [key: string, value: string | undefined])[];
  readonly isWhole: boolean;
}

/** Whether a text, `undefined` if it cannot be seen whole, matches as {@link matchesName} says. Without a pattern it does. */
export function judgeText(pattern: string | undefined, text: string | undefined): Match {
  if (pattern === undefined) return 'yes';
  if (text === undefined) return 'unseen';
  return matchesName(pattern, text) ? 'yes' : 'no';
}

/** Whether something matches by one of its names, as {@link judgeText} says of each. */
export function judgeNames(pattern: string | undefined, names: readonly (string | undefined)[]): Match {
  const judged = names.map((name) => judgeText(pattern, name));
  if (judged.includes('yes')) return 'yes';
  return judged.includes('unseen') ? 'unseen' : 'no';
}

/**
 * Whether a job has a label that matches `key=value`, in which the first `=` ends the key. Both are compared as
 * {@link matchesName} does. Without a pattern it has.
 */
export function judgeLabel(pattern: string | undefined, labels: Labels | undefined): Match {
  if (pattern === undefined) return 'yes';
  if (labels === undefined) return 'unseen';
  const [key = '', ...rest] = pattern.split('=');
  const found = labels.pairs
    .filter(([name]) => matchesName(key, name))
    .map(([, value]) => judgeText(rest.join('='), value));
  if (found.includes('yes')) return 'yes';
  return found.includes('unseen') || !labels.isWhole ? 'unseen' : 'no';
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
