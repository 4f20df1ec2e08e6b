import * as z from 'zod';
import { plausibleSkewMs } from '../lib/clock.ts';
import { parseJson } from '../lib/json.ts';

/** Ignores keys that a newer calloff may have added. Times are wall times, in milliseconds since the epoch. */
const windowSchema = z.lazy(() =>
  z.object({
    /** The times and numbers of uses that are settled. */
    used: z.array(z.tuple([z.number(), z.number()])),
    /** Held uses: the id of the grant, its end, and how many. */
    held: z.array(z.tuple([z.string(), z.number(), z.number()])),
    /** When it was written; older versions do not say. */
    at: z.number().optional(),
  }),
);

/** A caller's recent uses, and those held for it. */
export type WindowState = Pick<z.infer<typeof windowSchema>, 'used' | 'held'>;

/** A stored window, and when it was written. */
export interface StoredWindow {
  readonly window: WindowState;
  readonly at: number;
}

/** A window that a process knows, and by how much the wall clock was ahead of the monotonic one. */
export interface KnownWindow extends StoredWindow {
  readonly aheadMs: number;
}

/** The longest window, in milliseconds. */
const longestWindowMs = 600_000;
/** Older entries are joined into steps of ten seconds, dated by the latest, so that none is forgotten early. */
const fineMs = 60_000;
const coarseMs = 10_000;

const empty: WindowState = { used: [], held: [] };

/** The wall time `now`, and by how much it is ahead of the monotonic clock. */
export interface ClockReading {
  readonly now: number;
  readonly aheadMs: number;
}

/**
 * The window stored as `value`, without expired entries. If the wall clock was set since this process `knew` the window,
 * earlier entries are moved with the clock; if that made the store forget the window, the known one is used. Entries that
 * are still in the future count as made now. `isMoved` if the result differs from the stored window.
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
  const window = kept?.window ?? (wasSet ? known?.window : undefined) ?? empty;
  return { window: recent(moved(window, moveMs), now), at: kept?.at ?? now, isMoved: moveMs !== 0 };
}

/** The text to store of a window, and until when it counts. */
export function writeWindow({ used, held }: WindowState, now: number): { value: string; expiresAt: number } {
  const latest = Math.max(now, ...held.map(([, until]) => until), ...used.map(([at]) => at));
  const window = { used: condense(used, now), held, at: now };
  return { value: JSON.stringify(window), expiresAt: latest + longestWindowMs };
}

function parse(value: string): StoredWindow {
  const { used, held, at } = windowSchema.parse(parseJson(value));
  const latest = Math.max(0, ...used.map(([usedAt]) => usedAt));
  return { window: { used, held }, at: at ?? latest };
}

/** Whether the clock was set and no process has written the window since. The next writer moves it. */
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

function moved(window: WindowState, ms: number): WindowState {
  if (ms === 0) return window;
  const { used, held } = window;
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

/** Joins entries that are close together, dated by the latest. */
function condense(used: WindowState['used'], now: number): WindowState['used'] {
  const joined = new Map<string, [number, number]>();
  for (const [at, count] of used) {
    const slot = at > now - fineMs ? `${Math.ceil(at / 1_000)}s` : `${Math.ceil(at / coarseMs)}t`;
    const [latest, sum] = joined.get(slot) ?? [at, 0];
    joined.set(slot, [Math.max(latest, at), sum + count]);
  }
  return [...joined.values()];
}
