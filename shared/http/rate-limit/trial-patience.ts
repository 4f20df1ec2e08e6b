import type { LimiterState } from './learned-state.ts';
import { secondMs } from './start-window.ts';

/** More is first tried after so many windows without a 429. */
const firstWindows = 3;
/** After a try that was refused, the next one waits for so many times as many windows. */
const refusedFactor = 8;
/**
 * It waits no longer than so many times the hold that the refused one cost: the provider may have raised its limit, and a try then costs
 * no more than a few hundredths of the time.
 */
const holdFactor = 30;
/** A short hold does not make that wait shorter than this, in windows. */
const leastLongest = firstWindows * refusedFactor;
/** The longest time that is waited for, and that a copy tells of: a little less than a day. */
const mostWindows = 84_000;

/** After how many clean windows more than a learned limit is tried. */
export class TrialPatience {
  #windows = firstWindows;
  #afterWindows = firstWindows;
  #cleanSince: number;

  constructor(now: number) {
    this.#cleanSince = now;
  }

  /** Starts to count clean windows again. */
  resume(now: number): void {
    this.#cleanSince = now;
  }

  /** For how long no request was refused and no higher rate was tried, in milliseconds. */
  cleanMs(now: number): number {
    return now - this.#cleanSince;
  }

  /** Whether more may be tried. */
  isOver(now: number): boolean {
    return this.cleanMs(now) >= this.#afterWindows * secondMs;
  }

  /** Whether a try was refused before, so that the next one came late. */
  get isLong(): boolean {
    return this.#windows > firstWindows;
  }

  /** More is tried from now on. `again`: the try before succeeded. If this one does, the next follows after a window. */
  tried(now: number, again: boolean): void {
    this.#afterWindows = again ? 1 : firstWindows;
    this.#cleanSince = now;
  }

  /** A try was refused, which held everything for so many milliseconds. */
  refused(heldMs: number): void {
    this.#windows = this.#moreAfter(heldMs);
    this.#afterWindows = this.#windows;
  }

  /** Another limit's requests were refused where this one had no room: as if a try of this one had been. */
  putOff(now: number, heldMs: number): void {
    this.#afterWindows = Math.max(this.#afterWindows, this.#moreAfter(heldMs));
    this.#cleanSince = now;
  }

  /** The limit was lowered, perhaps too far. */
  lowered(): void {
    this.#afterWindows = Math.min(1, this.#afterWindows);
  }

  /** A copy for another process. `isUnsettled`: a try is under way or a 429 is not yet learned from, so that all begins anew there. */
  copy(now: number, isUnsettled: boolean): Pick<LimiterState['limit'], 'patience_windows' | 'clean'> {
    const clean = {
      ms: Math.min(this.cleanMs(now), mostWindows * secondMs),
      of_windows: this.#afterWindows,
    };
    return { patience_windows: this.#windows, ...(!isUnsettled && { clean }) };
  }

  /** Puts a copy back, a window later than where it comes from, so that no trial is earlier here. */
  restore({ patience_windows, clean }: LimiterState['limit'], now: number): void {
    this.#windows = Math.max(firstWindows, patience_windows);
    this.#afterWindows = (clean?.of_windows ?? this.#windows) + 1;
    this.#cleanSince = now - (clean?.ms ?? 0);
  }

  #moreAfter(heldMs: number): number {
    const longest = Math.max(leastLongest, Math.ceil((holdFactor * heldMs) / secondMs));
    return Math.min(this.#windows * refusedFactor, longest, mostWindows);
  }
}
