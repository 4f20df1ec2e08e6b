/** Within a window of a second, the starts below a learned limit are spread over this part of it, in milliseconds. */
export const spreadMs = 540;

const usualSize = 32;
/**
 * While no limit is known, about so many requests start in a second. What is in the air when the first 429 returns is refused,
 * too: more at a time would only add to that.
 */
const freePerSecond = 1_250;
const smallestFreeSize = 8;
/** If a limit is a guess and nearly used up, only this part of it is under way, so that few requests are refused. */
const guessedPart = 1 / 50;
const smallestGuessSize = 4;

/** What is known of a rate. */
interface KnownRate {
  /** How many requests a second were learned; `Infinity` if no limit is known. */
  readonly learned: number;
  /** How many requests a second are documented. */
  readonly documented: number | undefined;
  /** Whether 429s have had another cause than the rate. */
  readonly hasOtherCause: boolean;
}

/**
 * How many requests may be under way together. It follows rate × latency, so that slow answers do not lower the rate.
 * `latencyMs`: how long an answer takes, in milliseconds; 0 if none has come yet.
 */
export function poolSizeFor(latencyMs: number, rate: KnownRate): number {
  const { learned, documented = 0, hasOtherCause } = rate;
  const underWay = (count: number, inMs = 1_000) => Math.ceil((count * latencyMs) / inMs);
  const isKnown = Number.isFinite(learned);
  const freeSize = Math.min(usualSize, Math.max(smallestFreeSize, underWay(freePerSecond)));
  const least = isKnown || hasOtherCause || latencyMs === 0 ? usualSize : freeSize;
  return Math.max(least, underWay(isKnown ? learned : documented, spreadMs));
}

/** How many requests may be under way together when a limit that may be too high is nearly used up. */
export function poolSizeOfGuess(limit: number): number {
  return Math.max(smallestGuessSize, Math.ceil(limit * guessedPart));
}
