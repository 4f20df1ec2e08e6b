import * as z from 'zod';
import { plausibleSkewMs } from '../lib/clock.ts';
import { parseJson } from '../lib/json.ts';

/** What a newer calloff may have added is left out. Times are wall times, in milliseconds since the epoch. */
const bookSchema = z.object({
  /** When, and how many. */
  used: z.array(z.tuple([z.number(), z.number()])),
  /** What was taken and not yet settled: under which id, until when, and how many. */
  held: z.array(z.tuple([z.string(), z.number(), z.number()])),
  /** When it was written; older versions do not say. */
  at: z.number().optional(),
});

/** What one caller has done of late, and what is held for them. */
export type WindowState = Pick<z.infer<typeof bookSchema>, 'used' | 'held'>;

/** A book, and when it was written. */
export interface StoredWindow {
  readonly book: WindowState;
  readonly at: number;
}

/** What a process knew of a book, and by how much the wall clock was ahead of the one that only goes forward. */
export interface KnownWindow extends StoredWindow {
  readonly aheadMs: number;
}

/** The longest window that is counted. */
const longestWindowMs = 600_000;
/** Older than this, entries are joined to ten seconds each, counted from the latest: never earlier forgotten than due. */
const fineMs = 60_000;
const coarseMs = 10_000;

const empty: WindowState = { used: [], held: [] };

/** What is to be known of a book at a moment: `now` on the wall, which was `aheadMs` ahead of the other clock. */
export interface ClockReading {
  readonly now: number;
  readonly aheadMs: number;
}

/**
 * The book that is kept as `value`, with what is too old left out. Where the wall clock was set since this process `knew`
 * it, what was written before is moved with the clock; what is set forward may have made the store forget it, and then what
 * this process knew of it is. What was written in the future all the same counts as written now.
 * `isMoved` where it is not as it is kept.
 */
export function readWindow(
  value: string | undefined,
  known: KnownWindow | undefined,
  { now, aheadMs }: ClockReading,
): StoredWindow & { readonly isMoved: boolean } {
  const kept = value === undefined ? undefined : parse(value);
  const wasSet = known !== undefined && isOfBefore(kept, known, { now, aheadMs });
  const aheadOfNowMs = kept === undefined ? 0 : kept.at - now;
  const moveMs = wasSet ? aheadMs - known.aheadMs : aheadOfNowMs > plausibleSkewMs ? -aheadOfNowMs : 0;
  const book = kept?.book ?? (wasSet ? known?.book : undefined) ?? empty;
  return { book: recent(moved(book, moveMs), now), at: kept?.at ?? now, isMoved: moveMs !== 0 };
}

/** The text to keep of a book, and until when it counts. */
export function writeWindow({ used, held }: WindowState, now: number): { value: string; expiresAt: number } {
  const latest = Math.max(now, ...held.map(([, until]) => until), ...used.map(([at]) => at));
  const book = { used: condense(used, now), held, at: now };
  return { value: JSON.stringify(book), expiresAt: latest + longestWindowMs };
}

function parse(value: string): StoredWindow {
  const { used, held, at } = bookSchema.parse(parseJson(value));
  const latest = Math.max(0, ...used.map(([usedAt]) => usedAt));
  return { book: { used, held }, at: at ?? latest };
}

/** Whether the clock was set, and nobody has written the book since: whoever does moves it. */
function isOfBefore(
  kept: StoredWindow | undefined,
  known: KnownWindow,
  { now, aheadMs }: ClockReading,
): boolean {
  const steppedMs = aheadMs - known.aheadMs;
  if (Math.abs(steppedMs) <= plausibleSkewMs) return false;
  if (kept === undefined || kept.at === known.at) return true;
  return steppedMs > 0 ? kept.at <= now - steppedMs + plausibleSkewMs : kept.at > now;
}

function moved(book: WindowState, ms: number): WindowState {
  if (ms === 0) return book;
  const { used, held } = book;
  return {
    used: used.map(([at, count]) => [at + ms, count]),
    held: held.map(([id, until, count]) => [id, until + ms, count]),
  };
}

function recent({ used, held }: WindowState, now: number): WindowState {
  return {
    used: used.filter(([at]) => at > now - longestWindowMs),
    held: held.filter(([, until]) => until > now - longestWindowMs),
  };
}

/** Joins what lies close together, as of the latest of it. */
function condense(used: WindowState['used'], now: number): WindowState['used'] {
  const joined = new Map<string, [number, number]>();
  for (const [at, count] of used) {
    const slot = at > now - fineMs ? `${Math.ceil(at / 1_000)}s` : `${Math.ceil(at / coarseMs)}t`;
    const [latest, sum] = joined.get(slot) ?? [at, 0];
    joined.set(slot, [Math.max(latest, at), sum + count]);
  }
  return [...joined.values()];
}
