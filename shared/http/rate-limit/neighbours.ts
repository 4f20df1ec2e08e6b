import type { Asking, Start } from './start-window.ts';

/** `inFlight`: how many requests are under way. `left`: how many are still to come, as far as that is known. */
export interface AskingNow extends Asking {
  readonly inFlight: number;
  left(): number;
}

/** The other limits of an account. */
export interface Neighbours {
  /**
   * The milliseconds for which a request waits that has met no limit of its own, because it may share that of others.
   * `inFlight`: how many of its own kind are under way.
   */
  waitMs(now: number, inFlight: number): number;
  /** Told of each such request when it starts. */
  started(start: Start): void;
}
