import type { Clock } from '../lib/clock.ts';
import { storeTooSlow } from './errors.ts';
import type { Store } from './store.ts';

/** However late it is, a record is tried to be kept, and waited for so long. */
const finalWriteGraceMs = 250;

const origins = new WeakMap<Store, Store>();

/** The store itself, of whichever call this is the store. */
export function unwrap(store: Store): Store {
  return origins.get(store) ?? store;
}

/** The time that one call has. */
export interface TimeForStore {
  /** When it is over, on the clock that only goes forward, in milliseconds. */
  over(): number;
  /** Aborted when it is over sooner than it was. */
  readonly ended?: AbortSignal;
}

/**
 * The store for one call, for which nobody waits beyond its time, whatever it does. What is given up may come about all the
 * same, so that it must do no harm: a count that is too high, a confirmation that is used up, an intent without an outcome.
 */
export function withDeadline(store: Store, clock: Clock, { over, ended }: TimeForStore): Store {
  const wait = <T>(work: () => Promise<T>, leastMs = 0) =>
    inTime(work, { clock, ended, leastMs, ms: Math.max(leastMs, over() - clock.now()) });
  const forCall: Store = {
    get: (key) => wait(() => store.get(key)),
    put: (key, value, terms) => wait(() => store.put(key, value, terms)),
    append: (records) => wait(() => store.append(records), finalWriteGraceMs),
    scan: (query) => wait(() => store.scan(query)),
    close: () => store.close(),
  };
  origins.set(forCall, unwrap(store));
  return forCall;
}

interface Patience {
  readonly clock: Clock;
  readonly ms: number;
  readonly ended: AbortSignal | undefined;
  /** How long one waits all the same when the time has ended. */
  readonly leastMs: number;
}

function inTime<T>(work: () => Promise<T>, { clock, ms, ended, leastMs }: Patience): Promise<T> {
  if (ms <= 0) return Promise.reject(storeTooSlow());
  return new Promise((resolve, reject) => {
    const giveUp = () => reject(storeTooSlow());
    let cancel = clock.after(ms, giveUp);
    const endSoon = () => {
      cancel();
      cancel = clock.after(leastMs, giveUp);
    };
    ended?.addEventListener('abort', endSoon);
    work()
      .then(resolve, reject)
      .finally(() => {
        cancel();
        ended?.removeEventListener('abort', endSoon);
      });
  });
}
