import { randomBytes } from 'node:crypto';
import * as z from 'zod';
import type { Clock } from '../clock.ts';
import { parseJson } from '../json.ts';
import type { Store } from '../store/store.ts';
import { replace } from './replace.ts';

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

/** What a newer calloff may have added is left out. */
const bookSchema = z.object({
  /** When, in milliseconds since the epoch, and how many. */
  used: z.array(z.tuple([z.number(), z.number()])),
  /** What was taken and not yet settled: under which id, until when, and how many. */
  held: z.array(z.tuple([z.string(), z.number(), z.number()])),
});
type Book = z.infer<typeof bookSchema>;

/** The longest window that is counted. */
const longestWindowMs = 600_000;
/** Older than this, entries are joined to ten seconds each, counted from the latest: never earlier forgotten than due. */
const fineMs = 60_000;
const coarseMs = 10_000;

/**
 * Counts what callers do over the last ten minutes, in the store, so that it holds over many processes and calls side
 * by side. What was taken counts as long as it is held, because it may be used at any moment until then, and from then
 * on by when it was settled: so no window ever holds more than its limit. A call that dies is counted by the end of its `forMs`.
 */
export class Allowance {
  readonly #store: Store;
  readonly #clock: Clock;

  constructor(store: Store, clock: Clock) {
    this.#store = store;
    this.#clock = clock;
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

  #change(key: string, change: (book: Book, now: number) => Book | undefined): Promise<void> {
    return replace(this.#store, `allowance/${key}`, (value) => {
      const now = this.#clock.wallTime();
      const changed = change(read(value, now), now);
      return changed && write(changed, now);
    });
  }
}

function read(value: string | undefined, now: number): Book {
  if (value === undefined) return { used: [], held: [] };
  const { used, held } = bookSchema.parse(parseJson(value));
  return {
    used: used.filter(([at]) => at > now - longestWindowMs),
    held: held.filter(([, until]) => until > now - longestWindowMs),
  };
}

function write({ used, held }: Book, now: number): { value: string; expiresAt: number } {
  const latest = Math.max(now, ...held.map(([, until]) => until), ...used.map(([at]) => at));
  const book: Book = { used: condense(used, now), held };
  return { value: JSON.stringify(book), expiresAt: latest + longestWindowMs };
}

function roomIn({ used, held }: Book, limits: readonly Limit[], wanted: number, now: number) {
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

/** Joins what lies close together, as of the latest of it. */
function condense(used: Book['used'], now: number): Book['used'] {
  const joined = new Map<string, [number, number]>();
  for (const [at, count] of used) {
    const slot = at > now - fineMs ? `${Math.ceil(at / 1_000)}s` : `${Math.ceil(at / coarseMs)}t`;
    const [latest, sum] = joined.get(slot) ?? [at, 0];
    joined.set(slot, [Math.max(latest, at), sum + count]);
  }
  return [...joined.values()];
}
