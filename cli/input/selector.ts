import type { Selector } from '../../shared/contract/requests.ts';

/** The filters of a command line. */
export interface SelectorOptions {
  readonly state?: string;
  readonly name?: string;
  readonly owner?: string;
  readonly target?: string;
  readonly label?: string;
  readonly olderThan?: string;
  readonly newerThan?: string;
}

/** The selector that the filters of a command line make; `undefined` if there is none. A connection alone is none. */
export function selectorOf(
  provider: string | undefined,
  { state, name, owner, target, label, olderThan, newerThan }: SelectorOptions,
): Partial<Record<keyof Selector, string>> | undefined {
  const filters = { state, name, owner, target, label, older_than: olderThan, newer_than: newerThan };
  const given = Object.entries(filters).filter(([, value]) => value !== undefined);
  if (given.length === 0) return undefined;
  return { ...Object.fromEntries(given), ...(provider !== undefined && { provider }) };
}
