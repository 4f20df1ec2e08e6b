import { randomBytes } from 'node:crypto';
import type { Clock } from '../lib/clock.ts';
import { compareAndSwap } from '../store/compare-and-swap.ts';
import type { Store } from '../store/store.ts';
import { unwrap } from '../store/with-deadline.ts';
import { type KnownWindow, readWindow, type WindowState, writeWindow } from './window-state.ts';

/** How many of what was asked for may go ahead, and when there may be room for more, in milliseconds from now. */
export interface Grant {
  readonly id: string;
  readonly granted: number;
  readonly retryAfterMs: number;
}

/** How much a caller may do within the last `windowMs`. */
export interface Limit {
  readonly most: number;
  readonly windowMs: number;
}

/** What is asked for; with `whole`, all of it or nothing. */
export interface Wanted {
  readonly wanted: number;
  readonly limits: readonly Limit[];
  readonly whole?: boolean;
  /** For how long it may still be used, in milliseconds. Without it: now, and there is nothing to settle. */
  readonly forMs?: number;
}

/** What this process knew last of the books of a store. */
const knownBooks = new WeakMap<Store, Map<string, KnownWindow>>();
/** Beyond so many books the one that was used least recently is forgotten. */
const mostKnown = 1_000;

/**
 * Counts what callers do over the last ten minutes, in the store, so that it holds over many processes and calls side
 * by side. What was taken counts as long as it is held, because it may be used at any moment until then, and from then
 * on by when it was settled: so no window ever holds more than its limit. A call that dies is counted by the end of its `forMs`.
 */
export class SlidingWindowLimiter {
  readonly #store: Store;
  readonly #clock: Clock;
  readonly #staysAwake: boolean;

  /**
   * `staysAwake`: the process is never frozen between calls, so that a wall clock which went on without the other was set:
   * then what was counted before is moved with it.
   */
  constructor(store: Store, clock: Clock, { staysAwake = true } = {}) {
    this.#store = store;
    this.#clock = clock;
    this.#staysAwake = staysAwake;
  }

  /** Takes up to as many as are wanted and all limits leave. Rejects when the store does. */
  async take(key: string, { wanted, limits, whole = false, forMs }: Wanted): Promise<Grant> {
    const id = randomBytes(6).toString('base64url');
    let grant: Grant = { id, granted: 0, retryAfterMs: 0 };
    await this.#change(key, ({ used, held }, now) => {
      const { room, retryAfterMs } = roomIn({ used, held }, limits, wanted, now);
      const granted = whole && room < wanted ? 0 : Math.min(wanted, room);
      grant = { id, granted, retryAfterMs };
      if (granted === 0) return undefined;
      return forMs === undefined
        ? { used: [...used, [now, granted]], held }
        : { used, held: [...held, [id, now + forMs, granted]] };
    });
    return grant;
  }

  /** Counts what was used of a grant as used now, and gives the rest back. Rejects when the store does. */
  async settle(key: string, { id, granted }: Grant, count: number): Promise<void> {
    if (granted === 0) return;
    await this.#change(key, ({ used, held }, now) => {
      const rest = held.filter(([other]) => other !== id);
      if (rest.length === held.length) return undefined;
      return { used: count > 0 ? [...used, [now, count]] : used, held: rest };
    });
  }

  #change(key: string, change: (book: WindowState, now: number) => WindowState | undefined): Promise<void> {
    let before: KnownWindow | undefined;
    return compareAndSwap(this.#store, `allowance/${key}`, (value) => {
      const now = this.#clock.wallTime();
      const moment = { now, aheadMs: now - this.#clock.now() };
      const known = this.#known();
      before ??= known?.get(key);
      const { book, at, isMoved } = readWindow(value, before, moment);
      const changed = change(book, now) ?? (isMoved ? book : undefined);
      known?.delete(key);
      known?.set(key, {
        book: changed ?? book,
        at: changed === undefined ? at : now,
        aheadMs: moment.aheadMs,
      });
      return changed && writeWindow(changed, now);
    });
  }

  #known(): Map<string, KnownWindow> | undefined {
    if (!this.#staysAwake) return undefined;
    const origin = unwrap(this.#store);
    const known = knownBooks.get(origin) ?? new Map<string, KnownWindow>();
    knownBooks.set(origin, known);
    const [oldest] = known.keys();
    if (oldest !== undefined && known.size > mostKnown) known.delete(oldest);
    return known;
  }
}

function roomIn({ used, held }: WindowState, limits: readonly Limit[], wanted: number, now: number) {
  const counted = [...used, ...held.map(([, until, count]) => [until, count] as const)];
  const rooms = limits.map(({ most, windowMs }) => {
    const recent = counted.filter(([at]) => at > now - windowMs);
    const room = Math.max(0, most - recent.reduce((sum, [, count]) => sum + count, 0));
    // What is held may be settled at any moment: a window is the longest that one should be told to wait.
    const opensInMs = Math.min(windowMs, ...recent.map(([at]) => at + windowMs - now));
    return { room, opensInMs };
  });
  const closed = rooms.filter(({ room }) => room < wanted);
  return {
    room: Math.min(wanted, ...rooms.map(({ room }) => room)),
    retryAfterMs: Math.max(0, ...closed.map(({ opensInMs }) => opensInMs)),
  };
}
