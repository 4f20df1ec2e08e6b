import { systemClock } from './clock.ts';

/** How long one turn of the event loop may take, in milliseconds, before long work yields to other work. */
const longestTurnMs = 10;

/** When the first work of this turn of the loop began, on the monotonic clock; `undefined` if there was none. */
let turnBeganAt: number | undefined;
const waiting: (() => void)[] = [];

/**
 * For long or frequent work on the one thread: resolves at once early in a turn of the event loop, otherwise in a later
 * turn, in the order of the calls. Other work runs between the turns.
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

/** Resumes the waiting calls one by one, while the turn has time left. */
function goOn(): void {
  if (isOld()) return;
  const next = waiting.shift();
  if (next === undefined) return;
  next();
  // Runs after all promises that can settle now have settled.
  process.nextTick(goOn);
}

function isOld(): boolean {
  return turnBeganAt !== undefined && systemClock.now() - turnBeganAt >= longestTurnMs;
}
