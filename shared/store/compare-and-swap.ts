import type { Store, StoredValue } from './store.ts';
import { unwrap } from './with-deadline.ts';

/** The most attempts that may lose to another process before that counts as a fault of the store. */
const mostAttempts = 100;
/** The most known values. Beyond it the least recently replaced one is forgotten. */
const mostKnown = 1_000;
/** The longest value that is known, in characters: longer ones are seldom replaced, and would fill the memory. */
const longestKnown = 8_000;

/** Makes the new value and its expiry from the old one. `undefined` leaves the value unchanged. */
type Change = (
  value: string | undefined,
) => { readonly value: string; readonly expiresAt: number } | undefined;

/** What this process knows about the values of one store. */
interface Ours {
  /** The last replacement under way of each value. */
  readonly underWay: Map<string, Promise<unknown>>;
  /** The values that this process put last. No other process may have replaced them since. */
  readonly known: Map<string, StoredValue>;
}

const oursByStore = new WeakMap<Store, Ours>();

/**
 * Replaces a value of the store with the result of `change`, and tries again while other writers are faster. `change` may
 * be called several times; if it returns `undefined`, nothing is written. Replacements in one process run in order, so
 * that only other processes can be faster. Rejects if the store does.
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
 * The value that this process put last is usually still there, so it is replaced by its version without reading it again.
 * Only a value that was read may lead to no change.
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
  if (entry.value.length > longestKnown) return;
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
