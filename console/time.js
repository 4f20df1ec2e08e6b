/**
 * The two clocks of the page. Ages are told by calloff's clock, because the one of the machine may be hours off; pauses are
 * measured by a clock that is never set.
 */

/** So far the clock of the machine may be off before it counts, in milliseconds: answers tell the time in whole seconds. */
const tolerableMs = 5_000;
let offMs = 0;

/**
 * Takes the time from an answer of calloff.
 * @param {string | null} date as the header `Date` has it
 */
export function learnTime(date) {
  const told = Date.parse(date ?? '');
  if (Number.isNaN(told)) return;
  const off = told - Date.now();
  offMs = Math.abs(off) > tolerableMs ? off : 0;
}

/** Now by calloff's clock, in milliseconds since the epoch. */
export const wallTime = () => Date.now() + offMs;

/** Milliseconds on a clock that only goes on. */
export const ticks = () => performance.now();
