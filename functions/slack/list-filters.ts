import { madeOf } from '../../shared/contract/late-schema.ts';
import { findRequest } from '../../shared/contract/requests.ts';

const filters = new Map([
  ['older', 'older_than'],
  ['newer', 'newer_than'],
  ['younger', 'newer_than'],
  ['owner', 'owner'],
  ['target', 'target'],
  ['label', 'label'],
] as const);
type ListFilter = 'older_than' | 'newer_than' | 'owner' | 'target' | 'label';

/** The filters that a person typed, and the other words. */
export interface FilterWords {
  readonly filters: { readonly [filter in ListFilter]?: string | undefined };
  readonly others: readonly string[];
  /** Words that need a value after them and have none. */
  readonly incomplete: readonly string[];
}

/**
 * Takes `older than 2h`, `newer 30m`, `owner ada` and `label team=ml` out of the words of a list. A connection may have such
 * a word as its name.
 */
export function readFilters(words: readonly string[], connections: readonly string[]): FilterWords {
  const found: { [filter in ListFilter]?: string } = {};
  const others: string[] = [];
  const incomplete: string[] = [];
  for (const queue = [...words]; queue.length > 0; ) {
    const word = queue.shift() ?? '';
    const filter = filterOf(word);
    const length = isAge(filter) && queue[0]?.toLowerCase() === 'than' ? 2 : 1;
    const typed = queue[length - 1];
    const value = isAge(filter) ? typed?.toLowerCase() : typed;
    const isValue =
      filter !== undefined &&
      value !== undefined &&
      madeOf(findRequest).shape[filter].safeParse(value).success;
    if (isValue) {
      found[filter] = value;
      queue.splice(0, length);
    } else if (filter === undefined || connections.some((name) => name === word.toLowerCase()))
      others.push(word);
    else {
      incomplete.push(word);
      queue.splice(0, length);
    }
  }
  return { filters: found, others, incomplete };
}

/** Filters as a person types them. */
export function filterWords(given: FilterWords['filters']): string[] {
  const { older_than, newer_than, owner, target, label } = given;
  const words = { 'older than': older_than, 'newer than': newer_than, owner, target, label };
  return Object.entries(words).flatMap(([word, value]) => (value === undefined ? [] : [`${word} ${value}`]));
}

/** Whether an age must follow a word. */
export function needsAge(word: string): boolean {
  return isAge(filterOf(word));
}

function isAge(filter: ListFilter | undefined): boolean {
  return filter === 'older_than' || filter === 'newer_than';
}

function filterOf(word: string): ListFilter | undefined {
  return [...filters].find(([name]) => name === word.toLowerCase())?.[1];
}
