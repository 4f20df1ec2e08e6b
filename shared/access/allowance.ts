import * as z from 'zod';
import type { Clock } from '../clock.ts';
import { parseJson } from '../json.ts';
import type { Store } from '../store/store.ts';
import { replace } from './replace.ts';

/** How many of what was asked for may go ahead, and when there is room for more, in milliseconds from now. */
export interface Grant {
  /** When it was taken, in milliseconds since the epoch. */
  readonly at: number;
  readonly granted: number;
  readonly retryAfterMs: number;
}

/** How much a caller may do within the last `windowMs`. */
export interface Limit {
  readonly most: number;
  readonly windowMs: number;
}

/** When, in milliseconds since the epoch, and how many. */
const entriesSchema = z.array(z.tuple([z.number(), z.number()]));
type Entries = z.infer<typeof entriesSchema>;

/** The longest window that is counted. */
const longestWindowMs = 600_000;
/** Older than this, entries are joined to ten seconds each, counted from the latest: never earlier forgotten than due. */
const fineMs = 60_000;
const coarseMs = 10_000;

/**
 * Counts what callers do over the last ten minutes, in the store, so that it holds over many processes and calls side
 * by side. Counted is what is about to be done: what then is not done is given back.
 */
export class Allowance {
  readonly #store: Store;
  readonly #clock: Clock;

  constructor(store: Store, clock: Clock) {
    this.#store = store;
    this.#clock = clock;
  }

  /** Takes up to `wanted` of what all limits leave; with `whole`, all of it or nothing. Rejects when the store does. */
  async take(
    key: string,
    wanted: number,
    limits: readonly Limit[],
    { whole = false }: { readonly whole?: boolean } = {},
  ): Promise<Grant> {
    let grant: Grant = { at: 0, granted: 0, retryAfterMs: 0 };
    await this.#change(key, (entries, now) => {
      grant = grantOf(entries, wanted, limits, now);
      if (whole && grant.granted < wanted) grant = { ...grant, granted: 0 };
      return grant.granted === 0 ? undefined : [...entries, [now, grant.granted]];
    });
    return grant;
  }

  /** Gives back what was taken and not used, from the entry that it went into or was joined to. */
  async giveBack(key: string, { at }: Grant, unused: number): Promise<void> {
    if (unused === 0) return;
    await this.#change(key, (entries, now) => {
      if (at <= now - longestWindowMs) return undefined;
      let left = unused;
      return entries.map(([since, count]): [number, number] => {
        const given = since >= at ? Math.min(count, left) : 0;
        left -= given;
        return [since, count - given];
      });
    });
  }

  #change(key: string, change: (entries: Entries, now: number) => Entries | undefined): Promise<void> {
    const now = this.#clock.now();
    return replace(this.#store, `allowance/${key}`, (value) => {
      const changed = change(read(value, now), now);
      return changed && { value: JSON.stringify(condense(changed, now)), expiresAt: now + longestWindowMs };
    });
  }
}

function read(value: string | undefined, now: number): Entries {
  const entries = entriesSchema.parse(value === undefined ? [] : parseJson(value));
  return entries.filter(([at]) => at > now - longestWindowMs);
}

function grantOf(entries: Entries, wanted: number, limits: readonly Limit[], now: number): Grant {
  const rooms = limits.map(({ most, windowMs }) => {
    const recent = entries.filter(([at]) => at > now - windowMs);
    const room = Math.max(0, most - recent.reduce((sum, [, count]) => sum + count, 0));
    const [oldest] = recent;
    return { room, opensInMs: oldest === undefined ? windowMs : oldest[0] + windowMs - now };
  });
  const granted = Math.min(wanted, ...rooms.map(({ room }) => room));
  const closed = rooms.filter(({ room }) => room < wanted);
  return { at: now, granted, retryAfterMs: Math.max(0, ...closed.map(({ opensInMs }) => opensInMs)) };
}

function condense(entries: Entries, now: number): Entries {
  const joined = new Map<string, [number, number]>();
  for (const [at, count] of entries) {
    if (count === 0) continue;
    const slot = at > now - fineMs ? `${Math.ceil(at / 1_000)}s` : `${Math.ceil(at / coarseMs)}t`;
    joined.set(slot, [at, (joined.get(slot)?.[1] ?? 0) + count]);
  }
  return [...joined.values()];
}
