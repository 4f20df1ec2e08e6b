import type { Clock } from '../clock.ts';
import type { Store } from './store.ts';
import { storeTooSlow } from './store-error.ts';

/** However late it is, a record is tried to be kept, and waited for so long. */
const lastWordsMs = 250;

const origins = new WeakMap<Store, Store>();

/** The store itself, of whichever call this is the store. */
export function originOf(store: Store): Store {
  return origins.get(store) ?? store;
}

/**
 * The store for one call, for which nobody waits beyond `over()`, on the clock that only goes forward, whatever it does. What
 * is given up may come about all the same, so that it must do no harm: a count that is too high, a confirmation that is
 * used up, an intent without an outcome.
 */
export function storeInTime(store: Store, clock: Clock, over: () => number): Store {
  const wait = <T>(work: () => Promise<T>, leastMs = 0) =>
    inTime(work, Math.max(leastMs, over() - clock.now()), clock);
  const forCall: Store = {
    get: (key) => wait(() => store.get(key)),
    put: (key, value, terms) => wait(() => store.put(key, value, terms)),
    append: (records) => wait(() => store.append(records), lastWordsMs),
    scan: (query) => wait(() => store.scan(query)),
    close: () => store.close(),
  };
  origins.set(forCall, originOf(store));
  return forCall;
}

function inTime<T>(work: () => Promise<T>, ms: number, clock: Clock): Promise<T> {
  if (ms <= 0) return Promise.reject(storeTooSlow());
  return new Promise((resolve, reject) => {
    const cancel = clock.after(ms, () => reject(storeTooSlow()));
    work().then(resolve, reject).finally(cancel);
  });
}
