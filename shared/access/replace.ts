import type { Store } from '../store/store.ts';

/** So often somebody else may be first, one after the other, before it is taken for a fault of the store. */
const mostAttempts = 100;

/**
 * Replaces a value of the store by what `change` makes of it, again and again until nobody else was first. `change` may
 * be called several times; where it gives `undefined`, nothing is written. Rejects when the store does.
 */
export async function replace(
  store: Store,
  key: string,
  change: (value: string | undefined) => { readonly value: string; readonly expiresAt: number } | undefined,
): Promise<void> {
  for (let attempt = 0; attempt < mostAttempts; attempt += 1) {
    const entry = await store.get(key);
    const next = change(entry?.value);
    if (next === undefined) return;
    const { value, expiresAt } = next;
    if (await store.put(key, value, { version: entry?.version ?? 0, expiresAt })) return;
  }
  throw new Error('a value changes faster than it can be replaced');
}
