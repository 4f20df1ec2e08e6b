import type { Store } from '../store/store.ts';
import { originOf } from '../store/store-in-time.ts';

/** So often another process may be first, one after the other, before it is taken for a fault of the store. */
const mostAttempts = 100;

/** The last replacement of each value that is under way in this process. */
const underWay = new WeakMap<Store, Map<string, Promise<unknown>>>();

/**
 * Replaces a value of the store by what `change` makes of it, again and again until nobody else was first. `change` may
 * be called several times; where it gives `undefined`, nothing is written. Those of one process wait for their turn, so
 * that only other processes can be first. Rejects when the store does.
 */
export async function replace(
  store: Store,
  key: string,
  change: (value: string | undefined) => { readonly value: string; readonly expiresAt: number } | undefined,
): Promise<void> {
  const origin = originOf(store);
  const turns = underWay.get(origin) ?? new Map<string, Promise<unknown>>();
  underWay.set(origin, turns);
  const before = turns.get(key) ?? Promise.resolve();
  const turn = before.then(
    () => replaceNow(store, key, change),
    () => replaceNow(store, key, change),
  );
  turns.set(key, turn);
  try {
    await turn;
  } finally {
    if (turns.get(key) === turn) turns.delete(key);
  }
}

async function replaceNow(...[store, key, change]: Parameters<typeof replace>): Promise<void> {
  for (let attempt = 0; attempt < mostAttempts; attempt += 1) {
    const entry = await store.get(key);
    const next = change(entry?.value);
    if (next === undefined) return;
    const { value, expiresAt } = next;
    if (await store.put(key, value, { version: entry?.version ?? 0, expiresAt })) return;
  }
  throw new Error('a value changes faster than it can be replaced');
}
