import type { RateLimit } from '../types.ts';
import { givesWay, type TurnClass } from './turn.ts';

/** A started request, as far as the limit is learned from it. */
export interface Start {
  readonly at: number;
  /** Whether it had a 429 before. */
  readonly again: boolean;
  readonly turnClass: TurnClass;
  answer: 'pending' | 'passed' | 'limited';
}

const smallestPool = 32;
/** A little more than a second, because requests sent evenly may arrive in bunches. */
const secondMs = 1_020;
/** Within a window, starts are spread over this part of a second, in milliseconds. */
const spreadMs = 540;
const catchUpMs = 20;
const cleanWindows = 3;
const fewestFollowers = 4;
/** If more than this share of the requests after a 429 succeeded, the 429 counts as isolated. */
const isolatedShare = 0.65;
const mostRefusals = 5;

/**
 * The part of a documented limit for requests that give way to cancels: a quarter. A cancel needs two status checks, so
 * the rest always allows cancels up to three eighths of the limit.
 */
export function shareOfReads(count: number): number {
  return Math.max(1, Math.round(count / 4));
}

/**
 * How many requests may start in a window: the documented limit, or no limit until the first 429; then learned from the
 * successes around each 429. Never more than the documented limit.
 */
export class LearnedLimit {
  readonly #windowMs: number;
  readonly #most: number;
  #count: number;
  /** The requests started in the last window, or since the burst with the 429 began, oldest first. */
  #starts: Start[] = [];
  #unlearned = false;
  #earliestStart = 0;
  #latencyMs = 0;

  /** The last limit that was used without a 429; `#count` is above it while more is being tried. */
  #cleanCount: number;
  #cleanSince: number;
  #trialAfterWindows = cleanWindows;
  #patienceWindows = cleanWindows;
  /** The number of 429s since more was last tried with success. */
  #refusals = 0;
  /** How many of them count as caused by the rate; fewer after each mistake. */
  #mostRefusals = mostRefusals;

  constructor(now: number, known: RateLimit = { count: Number.POSITIVE_INFINITY, windowMs: 1_000 }) {
    this.#windowMs = (known.windowMs / 1_000) * secondMs;
    this.#most = this.#count = this.#cleanCount = known.count;
    this.#cleanSince = now;
  }

  /** How many requests may be under way together. It follows rate × latency, so that slow answers do not lower the rate. */
  get pool(): number {
    const needed = Number.isFinite(this.#count) ? (this.#count * this.#latencyMs) / spreadMs : 0;
    return Math.max(smallestPool, Math.ceil(needed));
  }

  /** Milliseconds until another of a class may start; `Infinity` while only an answer can change that. */
  waitMs(now: number, inFlight: number, turnClass: TurnClass): number {
    if (this.#unlearned) this.#learn();
    this.#forgetOld(now);
    if (!Number.isFinite(this.#count)) return 0;
    if (this.#windowWaitMs(now, 0, turnClass) > 0) this.#tryMore(now);
    const beyond = this.#starts.length >= this.#cleanCount;
    if (beyond && inFlight > this.#cleanCount / 100) return Number.POSITIVE_INFINITY;
    return Math.max(this.#windowWaitMs(now, 0, turnClass), this.#earliestStart - now);
  }

  /** Estimates the milliseconds until a request of a class may start that has so many before it. */
  waitMsBehind(now: number, ahead: number, turnClass: TurnClass): number {
    if (!Number.isFinite(this.#count)) return 0;
    this.#forgetOld(now);
    const spacedMs = this.#earliestStart - now + (ahead * spreadMs) / this.#count;
    return Math.max(this.#windowWaitMs(now, ahead, turnClass), spacedMs);
  }

  start(now: number, { again, turnClass }: Pick<Start, 'again' | 'turnClass'>): Start {
    const start: Start = { at: now, again, turnClass, answer: 'pending' };
    this.#starts.push(start);
    this.#earliestStart = Math.max(this.#earliestStart, now - catchUpMs) + spreadMs / this.#count;
    return start;
  }

  #forgetOld(now: number): void {
    while (this.#starts[0] !== undefined && this.#starts[0].at <= now - this.#windowMs) this.#starts.shift();
  }

  /**
   * The milliseconds until the window has room for one of a class, after so many others. Of a documented limit, one request
   * is kept for the status check after a cancel, and three quarters for cancels; further checks use these only while half
   * of the limit is left.
   */
  #windowWaitMs(now: number, ahead: number, turnClass: TurnClass): number {
    const known = Number.isFinite(this.#most);
    const keeps = known && turnClass !== 'cancel';
    const room = (starts: readonly Start[], most: number) => this.#roomMs(now, starts, most - ahead);
    const allMs = room(this.#starts, keeps ? Math.max(1, this.#count - 1) : this.#count);
    if (!known || !givesWay(turnClass)) return allMs;
    const share = shareOfReads(this.#count);
    const reads = this.#starts.filter((start) => start.turnClass === 'read');
    if (turnClass === 'read') return Math.max(allMs, room(reads, share));
    const low = this.#starts.filter((start) => givesWay(start.turnClass));
    return Math.min(room(this.#starts, Math.floor(this.#count / 2)), Math.max(allMs, room(low, share)));
  }

  /** The milliseconds until fewer than `most` of some starts are in the window. */
  #roomMs(now: number, starts: readonly Start[], most: number): number {
    if (most <= 0) return this.#windowMs;
    const first = starts.at(-most);
    return first === undefined ? 0 : first.at + this.#windowMs - now;
  }

  /** Removes a start that was not sent after all, so that another may take its time. */
  withdraw(start: Start): void {
    this.#earliestStart -= spreadMs / this.#count;
    this.#starts = this.#starts.filter((other) => other !== start);
  }

  passed(start: Start, now: number): void {
    start.answer = 'passed';
    this.#latencyMs += (now - start.at - this.#latencyMs) / 8;
  }

  /** Records a 429. If it is `news`, the limit learns from it once the answers around it are in. */
  limited(start: Start, news: boolean): void {
    start.answer = 'limited';
    this.#unlearned ||= news;
  }

  /** Starts to count clean windows again. */
  resume(now: number): void {
    this.#cleanSince = now;
  }

  /** Sets the limit to what succeeded around a 429; undoes a failed rise. */
  #learn(): void {
    this.#unlearned = false;
    const refused = this.#starts.findIndex(({ answer }) => answer === 'limited');
    const followers = this.#starts.slice(refused + 1);
    const telling = followers.length >= fewestFollowers;
    if (this.#wasNotTheRate(telling ? followers : [])) return;
    const succeeded = this.#starts.filter(hasPassed).length;
    this.#refusals += 1;
    if (this.#refusals > this.#mostRefusals) this.#forgetAll();
    else if (!Number.isFinite(this.#count)) this.#set(telling ? succeeded : this.#count);
    else if (this.#count > this.#cleanCount) this.#fallBack();
    else this.#lower(succeeded, this.#count / (telling ? 4 : 2));
  }

  /**
   * Whether a 429 says nothing about the rate: no request succeeded; nearly all that followed did; or every first try was
   * refused and every second one was not.
   */
  #wasNotTheRate(followers: readonly Start[]): boolean {
    return (
      !this.#starts.some(hasPassed) ||
      followers.filter(hasPassed).length > followers.length * isolatedShare ||
      this.#starts.every((start) => start.again === hasPassed(start))
    );
  }

  /** Forgets the limit after repeated 429s at every rate: then the rate is not their cause. */
  #forgetAll(): void {
    this.#refusals = 0;
    this.#mostRefusals = Math.ceil(this.#mostRefusals / 2);
    this.#set(this.#most);
  }

  #fallBack(): void {
    this.#set(this.#cleanCount);
    this.#patienceWindows *= 8;
    this.#trialAfterWindows = this.#patienceWindows;
  }

  #lower(succeeded: number, least: number): void {
    this.#set(Math.max(1, Math.floor(Math.min(this.#count * 0.98, Math.max(least, succeeded)))));
    this.#trialAfterWindows = Math.min(1, this.#trialAfterWindows);
  }

  #set(count: number): void {
    this.#count = this.#cleanCount = count;
  }

  /** After some clean windows without room left, tries half as many more; while that succeeds, in every window. */
  #tryMore(now: number): void {
    const cleanMs = now - this.#cleanSince;
    if (cleanMs < this.#trialAfterWindows * this.#windowMs) return;
    const rose = this.#count > this.#cleanCount;
    if (rose) {
      this.#refusals = 0;
      this.#mostRefusals = mostRefusals;
    }
    this.#trialAfterWindows = rose ? 1 : this.#patienceWindows;
    this.#cleanCount = this.#count;
    this.#count = Math.min(Math.ceil(this.#count * 1.5), this.#most);
    this.#cleanSince = now;
  }
}

function hasPassed({ answer }: Start): boolean {
  return answer === 'passed';
}
