import { type Asking, limitForOperations, type Start } from './start-window.ts';
import { givesWay } from './turn.ts';

/** A request that takes longer gives up its place in the pool, because it may hang and others need not wait for it. */
const hangsAfterMs = 1_000;

/** The part of the pool for requests that give way to cancels, and for these and operations together. */
const lowPart = 3 / 4;
const lowAndOperationsPart = 7 / 8;

/** The requests under way, oldest first, and how many may be under way together. */
interface Pool {
  readonly starts: ReadonlySet<Start>;
  readonly size: number;
}

/** The milliseconds until a place in the pool is free for such a request at the latest. */
export function poolWaitMs(now: number, { turnClass, contested }: Asking, { starts, size }: Pool): number {
  const allMs = freeMs(starts, size, now);
  if (turnClass !== 'operation' && !givesWay(turnClass)) return allMs;
  const all = [...starts];
  const own = new Set(all.filter(turnClass === 'operation' ? isOperation : isLow));
  const most = turnClass === 'operation' ? limitForOperations(size, contested) : size * lowPart;
  const both = new Set(all.filter((start) => isOperation(start) || isLow(start)));
  return Math.max(allMs, freeMs(own, most, now), freeMs(both, size * lowAndOperationsPart, now));
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
