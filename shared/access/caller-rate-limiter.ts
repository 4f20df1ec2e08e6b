import { randomBytes } from 'node:crypto';
import type { Clock } from '../lib/clock.ts';
import { GatheredChanges } from '../store/gathered-changes.ts';
import type { Store } from '../store/store.ts';
import { unwrap } from '../store/with-deadline.ts';
import { type KnownWindow, readWindow, type WindowState, writeWindow } from './caller-rate-window.ts';

/** How many of the requested uses are granted, and when there may be room for more, in milliseconds from now. */
export interface Grant {
  readonly id: string;
  readonly granted: number;
  readonly retryAfterMs: number;
}

/** The most uses within `windowMs`. */
export interface Limit {
  readonly most: number;
  readonly windowMs: number;
}

/** The requested uses; with `whole`, all or none. */
export interface Wanted {
  readonly wanted: number;
  readonly limits: readonly Limit[];
  readonly whole?: boolean;
  /** How long the uses may take, in milliseconds. Without it they are used now, and need no settling. */
  readonly forMs?: number;
}

/** Makes another window of the one that is stored; `undefined` leaves it unchanged. */
type WindowChange = (window: WindowState, now: number) => WindowState | undefined;

/** The changes of all calls, because those of one caller change the same window. */
const gathered = new GatheredChanges<WindowChange>();

/** The last windows of each store that this process knows. */
const knownWindows = new WeakMap<Store, Map<string, KnownWindow>>();
/** The most known windows. Beyond it the least recently used one is forgotten. */
const mostKnown = 1_000;

/**
 * A sliding-window rate limiter over the last ten minutes, in the store, so that it holds across processes and parallel
 * calls. Granted uses count while they are held, because they may be used at any moment, and afterwards from when they
 * were settled: so no window ever exceeds its limit. The uses of a call that dies count from the end of its `forMs`.
 */
export class SlidingWindowLimiter {
  readonly #store: Store;
  readonly #clock: Clock;
  readonly #staysAwake: boolean;

  /**
   * `staysAwake`: the process is never frozen between calls. A wall clock that moved without the monotonic one was then set,
   * and earlier counts are moved with it.
   */
  constructor(store: Store, clock: Clock, { staysAwake = true } = {}) {
    this.#store = store;
    this.#clock = clock;
    this.#staysAwake = staysAwake;
  }

  /** Grants as many of the wanted uses as all limits allow. Rejects if the store does. */
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

  /** Counts the used part of a grant as used now, and gives back the rest. Rejects if the store does. */
  async settle(key: string, { id, granted }: Grant, count: number): Promise<void> {
    if (granted === 0) return;
    await this.#change(key, ({ used, held }, now) => {
      const rest = held.filter(([other]) => other !== id);
      if (rest.length === held.length) return undefined;
      return { used: count > 0 ? [...used, [now, count]] : used, held: rest };
    });
  }

  #change(key: string, change: WindowChange): Promise<void> {
    let before: KnownWindow | undefined;
    const place = { store: this.#store, clock: this.#clock, key: `allowance/${key}` };
    return gathered.make(place, change, (changes, value) => {
      const now = this.#clock.wallTime();
      const moment = { now, aheadMs: now - this.#clock.now() };
      const known = this.#known();
      before ??= known?.get(key);
      const { window, at, isMoved } = readWindow(value, before, moment);
      const changed = changeAll(changes, window, now) ?? (isMoved ? window : undefined);
      known?.delete(key);
      known?.set(key, {
        window: changed ?? window,
        at: changed === undefined ? at : now,
        aheadMs: moment.aheadMs,
      });
      return changed && writeWindow(changed, now);
    });
  }

  #known(): Map<string, KnownWindow> | undefined {
    if (!this.#staysAwake) return undefined;
    const origin = unwrap(this.#store);
    const known = knownWindows.get(origin) ?? new Map<string, KnownWindow>();
    knownWindows.set(origin, known);
    const [oldest] = known.keys();
    if (oldest !== undefined && known.size > mostKnown) known.delete(oldest);
    return known;
  }
}

/** The window after all changes; `undefined` if none changed it. */
function changeAll(
  changes: readonly WindowChange[],
  window: WindowState,
  now: number,
): WindowState | undefined {
  let changed: WindowState | undefined;
  for (const change of changes) changed = change(changed ?? window, now) ?? changed;
  return changed;
}

function roomIn({ used, held }: WindowState, limits: readonly Limit[], wanted: number, now: number) {
  const counted = [...used, ...held.map(([, until, count]) => [until, count] as const)];
  const rooms = limits.map(({ most, windowMs }) => {
    const recent = counted.filter(([at]) => at > now - windowMs);
    const room = Math.max(0, most - recent.reduce((sum, [, count]) => sum + count, 0));
    // Held uses may be settled at any moment, so the longest useful wait is one window.
    const opensInMs = Math.min(windowMs, ...recent.map(([at]) => at + windowMs - now));
    return { room, opensInMs };
  });
  const closed = rooms.filter(({ room }) => room < wanted);
  return {
    room: Math.min(wanted, ...rooms.map(({ room }) => room)),
    retryAfterMs: Math.max(0, ...closed.map(({ opensInMs }) => opensInMs)),
  };
}
