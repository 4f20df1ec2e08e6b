import { compareAndSwap } from './compare-and-swap.ts';
import type { Store } from './store.ts';
import { unwrap, withinCall } from './with-deadline.ts';

/** Makes changes to a value, one after the other. Returns the new value and its expiry; `undefined` leaves the value unchanged. */
export type ApplyAll<Change> = (
  changes: readonly Change[],
  value: string | undefined,
) => { readonly value: string; readonly expiresAt: number } | undefined;

/** Changes that wait for the value together, and the replacement that makes them. */
interface Batch<Change> {
  readonly changes: Set<Change>;
  readonly made: Promise<void>;
}

/**
 * Replaces a value that many calls change at the same time: the changes that wait for it in this process are made together, by one
 * reading and one write, because with a write for each the calls would wait for as many writes as there are calls.
 */
export class GatheredChanges<Change> {
  /** The changes of each value, by its key, whose replacement has not begun. */
  readonly #waiting = new WeakMap<Store, Map<string, Batch<Change>>>();

  /**
   * Resolves when the change is made. Rejects if the store does, or at the deadline of the call; a change whose replacement has not
   * begun by then is not made. `apply` may be called several times, as that of {@link compareAndSwap}.
   */
  async make(store: Store, key: string, change: Change, apply: ApplyAll<Change>): Promise<void> {
    const waiting = this.#waitingAt(store);
    const batch = waiting.get(key) ?? begin(store, key, waiting, apply);
    waiting.set(key, batch);
    batch.changes.add(change);
    try {
      await withinCall(store, () => batch.made);
    } finally {
      batch.changes.delete(change);
    }
  }

  #waitingAt(store: Store): Map<string, Batch<Change>> {
    const origin = unwrap(store);
    const waiting = this.#waiting.get(origin) ?? new Map<string, Batch<Change>>();
    this.#waiting.set(origin, waiting);
    return waiting;
  }
}

/** A batch that others may join until its value is read or cannot be read. It waits for the store as long as it takes: each call has a deadline of its own. */
function begin<Change>(
  store: Store,
  key: string,
  waiting: Map<string, Batch<Change>>,
  apply: ApplyAll<Change>,
): Batch<Change> {
  const changes = new Set<Change>();
  const close = () => {
    if (waiting.get(key)?.changes === changes) waiting.delete(key);
  };
  const made = compareAndSwap(unwrap(store), key, (value) => {
    close();
    return apply([...changes], value);
  });
  // A store that cannot be read calls no change. The calls of the batch get the error themselves.
  made.catch(close);
  return { changes, made };
}
