import { findRequest } from '../../shared/contract/requests.ts';

const filters = new Map([
  ['older', 'older_than'],
  ['newer', 'newer_than'],
  ['younger', 'newer_than'],
] as const);
type AgeFilter = 'older_than' | 'newer_than';

/** The ages that a person typed, and the other words. */
export interface AgeWords {
  readonly ages: { readonly [filter in AgeFilter]?: string };
  readonly others: readonly string[];
  /** Words that need an age after them and have none. */
  readonly incomplete: readonly string[];
}

/** Takes `older than 2h` and `newer 30m` out of the words of a list. A connection may have such a word as its name. */
export function readAges(words: readonly string[], connections: readonly string[]): AgeWords {
  const ages: { [filter in AgeFilter]?: string } = {};
  const others: string[] = [];
  const incomplete: string[] = [];
  for (const queue = [...words]; queue.length > 0; ) {
    const word = queue.shift() ?? '';
    const filter = filterOf(word);
    const length = queue[0]?.toLowerCase() === 'than' ? 2 : 1;
    const age = queue[length - 1]?.toLowerCase();
    const isAge =
      filter !== undefined && age !== undefined && findRequest.shape[filter].safeParse(age).success;
    if (isAge) {
      ages[filter] = age;
      queue.splice(0, length);
    } else if (filter === undefined || connections.some((name) => name === word.toLowerCase()))
      others.push(word);
    else {
      incomplete.push(word);
      queue.splice(0, length);
    }
  }
  return { ages, others, incomplete };
}

function filterOf(word: string): AgeFilter | undefined {
  return [...filters].find(([name]) => name === word.toLowerCase())?.[1];
}
