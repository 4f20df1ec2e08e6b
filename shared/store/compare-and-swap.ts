import type { Store, StoredValue } from './store.ts';
import { unwrap } from './with-deadline.ts';

/** So often another process may be first, one after the other, before it is taken for a fault of the store. */
const mostAttempts = 100;
/** Beyond so many values the one that was replaced the longest ago is forgotten. */
const mostKnown = 1_000;

/** What is made of a value: what to keep, and until when. `undefined`: the value stays as it is. */
type Change = (
  value: string | undefined,
) => { readonly value: string; readonly expiresAt: number } | undefined;

/** What this process does with the values of one store. */
interface Ours {
  /** The last replacement of each value that is under way. */
  readonly underWay: Map<string, Promise<unknown>>;
  /** What it put there last: nobody else may have been there since. */
  readonly known: Map<string, StoredValue>;
}

const oursByStore = new WeakMap<Store, Ours>();

/**
 * Replaces a value of the store by what `change` makes of it, again and again until nobody else was first. `change` may
 * be called several times; where it gives `undefined`, nothing is written. Those of one process wait for their turn, so
 * that only other processes can be first. Rejects when the store does.
 */
export async function compareAndSwap(store: Store, key: string, change: Change): Promise<void> {
  const { underWay } = oursOf(store);
  const before = underWay.get(key) ?? Promise.resolve();
  const turn = before.then(
    () => replaceNow(store, key, change),
    () => replaceNow(store, key, change),
  );
  underWay.set(key, turn);
  try {
    await turn;
  } finally {
    if (underWay.get(key) === turn) underWay.delete(key);
  }
}

/**
 * What this process put there last is mostly there still: it is replaced without being read again, by its version. That
 * nothing is to be changed is believed of a value only that was read.
 */
async function replaceNow(store: Store, key: string, change: Change): Promise<void> {
  const { known } = oursOf(store);
  const remembered = known.get(key);
  known.delete(key);
  if (remembered !== undefined && (await exchange(store, key, remembered, change)) === 'done') return;
  for (let attempt = 0; attempt < mostAttempts; attempt += 1) {
    const result = await exchange(store, key, await store.get(key), change);
    if (result !== 'lost') return;
  }
  throw new Error('a value changes faster than it can be replaced');
}

async function exchange(
  store: Store,
  key: string,
  entry: StoredValue | undefined,
  change: Change,
): Promise<'done' | 'unchanged' | 'lost'> {
  const next = change(entry?.value);
  if (next === undefined) return 'unchanged';
  const { value, expiresAt } = next;
  const version = await store.put(key, value, { version: entry?.version ?? 0, expiresAt });
  if (version === 0) return 'lost';
  remember(oursOf(store).known, key, { value, version });
  return 'done';
}

function remember(known: Map<string, StoredValue>, key: string, entry: StoredValue): void {
  known.set(key, entry);
  const [oldest] = known.keys();
  if (oldest !== undefined && known.size > mostKnown) known.delete(oldest);
}

function oursOf(store: Store): Ours {
  const origin = unwrap(store);
  const ours = oursByStore.get(origin) ?? { underWay: new Map(), known: new Map() };
  oursByStore.set(origin, ours);
  return ours;
}
