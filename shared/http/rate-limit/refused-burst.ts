import type { Start } from './start-window.ts';

const fewestFollowers = 4;
/** If more than this share of the requests after a 429 succeeded, the 429 counts as isolated. */
const isolatedShare = 0.65;
/** Half of what passes in so short a time surely fits into a window, in milliseconds. */
const sureMs = 250;
const surePart = 0.5;

/** What the requests around a 429 tell about the limit. */
interface Burst {
  readonly succeeded: number;
  /** Whether enough of them started after the refused one. */
  readonly isTelling: boolean;
  /** Whether the 429 may be about the rate. */
  readonly isAboutRate: boolean;
}

/** Reads the starts of the last window, oldest first, once a 429 is among them and the answers around it are in. */
export function readBurst(starts: readonly Start[]): Burst {
  const followers = starts.slice(indexOfRefused(starts) + 1);
  const isTelling = followers.length >= fewestFollowers;
  return {
    succeeded: starts.filter(hasPassed).length,
    isTelling,
    isAboutRate: !wasNotTheRate(starts, isTelling ? followers : []),
  };
}

/** How many requests surely fit into a window, by what passed in the moment before a 429. */
export function sureBefore(starts: readonly Start[]): number {
  const { at = 0 } = starts[indexOfRefused(starts)] ?? {};
  const passed = starts.filter((start) => hasPassed(start) && start.at > at - sureMs);
  return Math.floor(passed.length * surePart);
}

export function hasPassed({ answer }: Start): boolean {
  return answer === 'passed';
}

function indexOfRefused(starts: readonly Start[]): number {
  return starts.findIndex(({ answer }) => answer === 'limited');
}

/**
 * Whether a 429 says nothing about the rate: no request succeeded; nearly all that followed did; or every first try was
 * refused and every second one was not.
 */
function wasNotTheRate(starts: readonly Start[], followers: readonly Start[]): boolean {
  return (
    !starts.some(hasPassed) ||
    followers.filter(hasPassed).length > followers.length * isolatedShare ||
    starts.every((start) => start.again === hasPassed(start))
  );
}
