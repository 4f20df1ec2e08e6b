import { inspect } from 'node:util';

/** A key that must not turn up in any result, error or log line. */
export const canaryKey = 'canary-key-Zq7xW2pLr9';

/** Everything a value shows: to `inspect`, as JSON, as text, and its message and cause where it is an error. */
export function everythingShown(value: unknown): string {
  const shown = inspect(value, { depth: 10, showHidden: true, getters: true });
  return `${shown}\n${JSON.stringify(value)}\n${String(value)}`;
}
