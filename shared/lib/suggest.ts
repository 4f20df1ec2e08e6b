/** A longer word is not a misspelling. */
const longestWord = 40;

/**
 * The word of a list that the person probably meant: one that begins with this word (at least three letters), or the
 * one with the smallest edit distance, at most one edit for every three letters. `undefined` if none is close.
 */
export function suggest(word: string, known: readonly string[]): string | undefined {
  const wanted = word.toLowerCase();
  if (wanted.length > longestWord) return undefined;
  const begun = known.filter((name) => wanted.length >= 3 && name.toLowerCase().startsWith(wanted));
  if (begun.length === 1) return begun[0];
  const [best] = known
    .map((name) => ({ name, slips: editDistance(wanted, name.toLowerCase()) }))
    .filter(({ name, slips }) => slips <= Math.floor(name.length / 3))
    .sort((one, other) => one.slips - other.slips);
  return best?.name;
}

/** The edit distance between two words: letters inserted, deleted, changed, or swapped with their neighbour. */
export function editDistance(one: string, other: string): number {
  let before: number[] = [];
  let row = Array.from({ length: other.length + 1 }, (_, index) => index);
  for (let i = 1; i <= one.length; i += 1) {
    const next = [i];
    for (let j = 1; j <= other.length; j += 1) {
      const same = one[i - 1] === other[j - 1] ? 0 : 1;
      const cheapest = Math.min(
        at(row, j) + 1,
        at(next, j - 1) + 1,
        at(row, j - 1) + same,
        one[i - 1] === other[j - 2] && one[i - 2] === other[j - 1]
          ? at(before, j - 2) + 1
          : Number.POSITIVE_INFINITY,
      );
      next.push(cheapest);
    }
    before = row;
    row = next;
  }
  return at(row, other.length);
}

function at(row: readonly number[], index: number): number {
  return row[index] ?? Number.POSITIVE_INFINITY;
}
