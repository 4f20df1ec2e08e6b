import type { Clock } from '../lib/clock.ts';
import { compareAndSwap } from './compare-and-swap.ts';
import type { Store } from './store.ts';
import { unwrap, withDeadline, withinCall } from './with-deadline.ts';

/** The longest time of one reading or write of a batch, in milliseconds. A store waits half as long for a lock or another attempt. */
const longestMs = 10_000;

/** Makes changes to a value, one after the other. Returns the new value and its expiry; `undefined` leaves the value unchanged. */
export type ApplyAll<Change> = (
  changes: readonly Change[],
  value: string | undefined,
) => { readonly value: string; readonly expiresAt: number } | undefined;

/** Where a value is. */
interface Place {
  readonly store: Store;
  readonly clock: Clock;
  readonly key: string;
}

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
   * Resolves when the change is made. Rejects if the store does or takes ten seconds for one reading or write, or at the deadline of
   * the call; a change whose replacement has not begun by then is not made. `apply` may be called several times, as that of
   * {@link compareAndSwap}.
   */
  async make(place: Place, change: Change, apply: ApplyAll<Change>): Promise<void> {
    const { store, key } = place;
    const waiting = this.#waitingAt(store);
    const batch = waiting.get(key) ?? begin(place, waiting, apply);
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

/**
 * A batch that others may join until its value is read or cannot be read. It outlives the call that began it, because each call has a
 * deadline of its own; but a reading or a write that never ends must not keep the value from all later calls.
 */
function begin<Change>(
  { store, clock, key }: Place,
  waiting: Map<string, Batch<Change>>,
  apply: ApplyAll<Change>,
): Batch<Change> {
  const changes = new Set<Change>();
  const close = () => {
    if (waiting.get(key)?.changes === changes) waiting.delete(key);
  };
  const bounded = withDeadline(unwrap(store), clock, { over: () => clock.now() + longestMs });
  const made = compareAndSwap(bounded, key, (value) => {
    close();
    return apply([...changes], value);
  });
  // A store that cannot be read calls no change. The calls of the batch get the error themselves.
  made.catch(close);
  return { changes, made };
}
