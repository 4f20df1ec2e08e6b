import type { LimiterState } from './learned-state.ts';
import { givesWay, type TurnClass } from './turn.ts';

/** A started request, as far as the limit is learned from it. */
export interface Start {
  readonly at: number;
  /** Whether it had a 429 before. */
  readonly again: boolean;
  readonly turnClass: TurnClass;
  answer: 'pending' | 'passed' | 'limited';
}

/** The window of a learned limit, in milliseconds: a little more than a second, because requests sent evenly may arrive in bunches. */
export const secondMs = 1_020;
/** Starts that lie so close together are copied as one group, unless a window says otherwise. */
const usualGroupMs = 20;

/** A request that wants to start. `contested`: a cancel waits that is no part of an operation. */
export interface Asking {
  readonly turnClass: TurnClass;
  readonly contested: boolean;
}

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

/** The limit of a window. `isTrial`: more is being tried than has been learned. `ahead`: how many requests start before. */
interface WindowLimit {
  readonly count: number;
  readonly isTrial: boolean;
  readonly ahead: number;
}

/**
 * The part of a documented limit for requests that give way to cancels: a quarter. A cancel needs two status checks, so
 * the rest always allows cancels up to three eighths of the limit.
 */
export function limitForReads(count: number): number {
  return Math.max(1, Math.round(count / 4));
}

/** The part of a limit or a pool for operations: four fifths, and half while another cancel waits. */
export function limitForOperations(count: number, contested: boolean): number {
  return Math.max(1, Math.floor(contested ? count / 2 : (count * 4) / 5));
}

/** The requests started in the last window, and how many of which class may start in it. */
export class StartWindow {
  readonly windowMs: number;
  readonly #isDocumented: boolean;
  readonly #groupMs: number;
  /** The requests started in the last window, or since the burst with the 429 began, oldest first. */
  starts: Start[] = [];

  constructor(windowMs: number, isDocumented: boolean, groupMs = usualGroupMs) {
    this.windowMs = windowMs;
    this.#isDocumented = isDocumented;
    this.#groupMs = groupMs;
  }

  forgetOld(now: number): void {
    while (this.starts[0] !== undefined && this.starts[0].at <= now - this.windowMs) this.starts.shift();
  }

  /** What was sent in the window here or in another, without what was refused, and how much of it has passed. */
  together(other: StartWindow, now: number): { readonly sent: number; readonly passed: number } {
    const starts = this.#withThoseOf(other, now);
    const sent = starts.filter(({ answer }) => answer !== 'limited').length;
    return { sent, passed: starts.filter(({ answer }) => answer === 'passed').length };
  }

  /** Counts the starts of another window, too. */
  absorb(other: StartWindow, now: number): void {
    this.starts = this.#withThoseOf(other, now);
  }

  /** The starts of both windows, each once, oldest first. */
  #withThoseOf(other: StartWindow, now: number): Start[] {
    for (const window of [this, other]) window.forgetOld(now);
    return [...new Set([...this.starts, ...other.starts])].toSorted((one, another) => one.at - another.at);
  }

  withdraw(start: Start): void {
    this.starts = this.starts.filter((other) => other !== start);
  }

  /** The starts as ages, in groups of nearly the same age, none older than it is. */
  copy(now: number): LimiterState['limit']['starts'] {
    this.forgetOld(now);
    const groups = Map.groupBy(
      this.starts,
      ({ at, turnClass }) => `${Math.floor((now - at) / this.#groupMs)} ${turnClass}`,
    );
    return [...groups.values()].flatMap((group) => {
      const last = group.at(-1);
      return last === undefined ? [] : [[now - last.at, last.turnClass, group.length]];
    });
  }

  /** Puts a copy back, oldest first. */
  restore(copy: LimiterState['limit']['starts'], now: number): void {
    const starts = copy.flatMap(([ageMs, turnClass, count]) =>
      Array.from({ length: count }, (): Start => {
        return { at: now - ageMs, again: false, turnClass, answer: 'pending' };
      }),
    );
    this.starts = starts.toSorted((one, other) => one.at - other.at);
  }

  /**
   * The milliseconds until the window has room for such a request. Of a documented limit, one request is kept for the
   * status check after a cancel.
   */
  waitMs(now: number, asking: Asking, limit: WindowLimit): number {
    const { turnClass } = asking;
    const { count, ahead } = limit;
    const keeps = this.#isDocumented && turnClass !== 'cancel';
    const allMs = this.#roomMs(now, this.starts, (keeps ? Math.max(1, count - 1) : count) - ahead);
    if (turnClass === 'operation') return Math.max(allMs, this.#operationWaitMs(now, asking, limit));
    if (!this.#isDocumented || !givesWay(turnClass)) return allMs;
    return this.#lowWaitMs(now, asking, limit, allMs);
  }

  /**
   * All operations share one part. Of a documented limit they take their part of what readers leave, and together with
   * readers leave something to other cancels. While more is being tried they keep only one request free.
   */
  #operationWaitMs(now: number, { contested }: Asking, { count, isTrial, ahead }: WindowLimit): number {
    const own = this.#of((turnClass) => turnClass === 'operation');
    if (!this.#isDocumented) {
      const most = isTrial && !contested ? count - 1 : limitForOperations(count, contested);
      return this.#roomMs(now, own, most - ahead);
    }
    const reads = limitForReads(count);
    const most = limitForOperations(count - reads, contested) - ahead;
    const allButCancels = this.#of((turnClass) => turnClass === 'operation' || givesWay(turnClass));
    return Math.max(this.#roomMs(now, own, most), this.#roomMs(now, allButCancels, most + reads));
  }

  /** Of a documented limit three quarters are kept for cancels; further checks use these only while half of the limit is left. */
  #lowWaitMs(now: number, { turnClass }: Asking, { count, ahead }: WindowLimit, allMs: number): number {
    const share = limitForReads(count) - ahead;
    if (turnClass !== 'wait') return Math.max(allMs, this.#roomMs(now, this.#of(isRead), share));
    const freeMs = this.#roomMs(now, this.starts, Math.floor(count / 2) - ahead);
    return Math.min(freeMs, Math.max(allMs, this.#roomMs(now, this.#of(givesWay), share)));
  }

  #of(isWanted: (turnClass: TurnClass) => boolean): Start[] {
    return this.starts.filter((start) => isWanted(start.turnClass));
  }

  /** The milliseconds until fewer than `most` of some starts are in the window. */
  #roomMs(now: number, starts: readonly Start[], most: number): number {
    if (most <= 0) return this.windowMs;
    const first = starts.at(-most);
    return first === undefined ? 0 : first.at + this.windowMs - now;
  }
}

function isRead(turnClass: TurnClass): boolean {
  return turnClass === 'read' || turnClass === 'follow';
}
