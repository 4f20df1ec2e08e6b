import { systemClock } from './clock.ts';

/** How long one turn of the event loop may take, in milliseconds, before what is long gives way to what else waits. */
const longestTurnMs = 10;

/** When work was first seen in this turn of the loop, on the clock that only goes forward; `undefined` where none was. */
let turnBeganAt: number | undefined;
const waiting: (() => void)[] = [];

/**
 * For work that is long, or that many do at once on the one thread: resolves at once while this turn of the event loop is
 * young, else in a later one, when those who came before have gone on. Between turns whatever else waits is served.
 */
export async function yieldIfBusy(): Promise<void> {
  if (turnBeganAt === undefined) beginTurn();
  if (waiting.length > 0 || isOld()) await new Promise<void>((resolve) => waiting.push(resolve));
}

function beginTurn(): void {
  turnBeganAt = systemClock.now();
  setImmediate(endTurn);
}

function endTurn(): void {
  turnBeganAt = undefined;
  if (waiting.length === 0) return;
  beginTurn();
  goOn();
}

/** One after the other: each does what it has to do before it is seen whether there is time for the next. */
function goOn(): void {
  if (isOld()) return;
  const next = waiting.shift();
  if (next === undefined) return;
  next();
  // Comes when all promises are kept that can be kept by now.
  process.nextTick(goOn);
}

function isOld(): boolean {
  return turnBeganAt !== undefined && systemClock.now() - turnBeganAt >= longestTurnMs;
}
