import { inspect } from 'node:util';

export { canaryKey } from '../../shared/laws/parts/canary.ts';

/** Everything a value shows: to `inspect`, as JSON, as text, and its message and cause where it is an error. */
export function everythingShown(value: unknown): string {
  const shown = inspect(value, { depth: 10, showHidden: true, getters: true });
  return `${shown}\n${JSON.stringify(value)}\n${String(value)}`;
}
