import { type Asking, type Start, shareOfOperations } from './start-window.ts';
import { givesWay } from './turn.ts';

/** A request that takes longer gives up its place in the pool, because it may hang and others need not wait for it. */
const hangsAfterMs = 1_000;

/** The share of the pool for requests that give way to cancels, and for these and operations together. */
const lowPart = 3 / 4;
const lowAndOperationsPart = 7 / 8;

/** The requests under way, oldest first, and how many may be under way together. */
interface Pool {
  readonly starts: Iterable<Start>;
  readonly size: number;
}

/** The milliseconds until a place in the pool is free for such a request at the latest. */
export function poolWaitMs(now: number, { turnClass, contested }: Asking, { starts, size }: Pool): number {
  const prompt = [...starts].filter(({ at }) => at > now - hangsAfterMs);
  const freeMs = (most: number, taken: readonly Start[]) => {
    const [oldest] = taken;
    return oldest !== undefined && taken.length >= most ? oldest.at + hangsAfterMs - now : 0;
  };
  const allMs = freeMs(size, prompt);
  if (turnClass !== 'operation' && !givesWay(turnClass)) return allMs;
  const own = prompt.filter(turnClass === 'operation' ? isOperation : isLow);
  const most = turnClass === 'operation' ? shareOfOperations(size, contested) : size * lowPart;
  const both = prompt.filter((start) => isOperation(start) || isLow(start));
  return Math.max(allMs, freeMs(most, own), freeMs(size * lowAndOperationsPart, both));
}

function isOperation({ turnClass }: Start): boolean {
  return turnClass === 'operation';
}

function isLow({ turnClass }: Start): boolean {
  return givesWay(turnClass);
}
