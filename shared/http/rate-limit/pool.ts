import { type Asking, limitForOperations, type Start } from './start-window.ts';
import { givesWay } from './turn.ts';

/** A request that takes longer gives up its place in the pool, because it may hang and others need not wait for it. */
const hangsAfterMs = 1_000;

/** The part of the pool for requests that give way to cancels, and for these and operations together. */
const lowPart = 3 / 4;
const lowAndOperationsPart = 7 / 8;

/** The requests under way, oldest first, how many calloff lets be under way together, and how many the provider allows. */
interface Pool {
  readonly starts: ReadonlySet<Start>;
  readonly size: number;
  readonly atOnce: number | undefined;
}

/**
 * The milliseconds until a place in the pool is free for such a request at the latest; `Infinity` if the provider allows no
 * further one before an answer is in.
 */
export function poolWaitMs(now: number, asking: Asking, { starts, size, atOnce }: Pool): number {
  const { turnClass, contested } = asking;
  if (atOnce !== undefined && isFullAtOnce(asking, starts, atOnce)) return Number.POSITIVE_INFINITY;
  const allMs = freeMs(starts, size, now);
  if (turnClass !== 'operation' && !givesWay(turnClass)) return allMs;
  const all = [...starts];
  const own = new Set(all.filter(turnClass === 'operation' ? isOperation : isLow));
  const most = turnClass === 'operation' ? limitForOperations(size, contested) : size * lowPart;
  const both = new Set(all.filter((start) => isOperation(start) || isLow(start)));
  return Math.max(allMs, freeMs(own, most, now), freeMs(both, size * lowAndOperationsPart, now));
}

/**
 * Whether the provider allows no further such request at the same time. Requests that give way, and operations, leave a part
 * free for other cancels, however long their answers take.
 */
function isFullAtOnce({ turnClass }: Asking, starts: ReadonlySet<Start>, atOnce: number): boolean {
  if (starts.size >= atOnce) return true;
  if (turnClass !== 'operation' && !givesWay(turnClass)) return false;
  const low = [...starts].filter(isLow).length;
  const both = low + [...starts].filter(isOperation).length;
  if (both >= partOf(atOnce, lowAndOperationsPart)) return true;
  return givesWay(turnClass) && low >= partOf(atOnce, lowPart);
}

function partOf(atOnce: number, part: number): number {
  return Math.max(1, Math.floor(atOnce * part));
}

/** The milliseconds until fewer than `most` of these requests, oldest first, are under way and do not hang. */
function freeMs(starts: ReadonlySet<Start>, most: number, now: number): number {
  let hanging = 0;
  for (const { at } of starts) {
    if (at > now - hangsAfterMs) return starts.size - hanging >= most ? at + hangsAfterMs - now : 0;
    hanging += 1;
  }
  return 0;
}

function isOperation({ turnClass }: Start): boolean {
  return turnClass === 'operation';
}

function isLow({ turnClass }: Start): boolean {
  return givesWay(turnClass);
}
