/**
 * A repeatable stream of numbers from 0 to below 1 (mulberry32), so that a run with faults drawn by chance
 * can be run again.
 */
export function randomNumbers(seed: number): () => number {
  let state = seed | 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    const once = Math.imul(state ^ (state >>> 15), 1 | state);
    const twice = once ^ (once + Math.imul(once ^ (once >>> 7), 61 | once));
    return ((twice ^ (twice >>> 14)) >>> 0) / 2 ** 32;
  };
}
