import type { RateLimit } from '../types.ts';
import { givesWay, type TurnClass } from './turn.ts';

/** A request that was started, as far as the quota is learned from it. */
export interface Start {
  readonly at: number;
  /** Whether it was refused with a 429 before. */
  readonly again: boolean;
  readonly turnClass: TurnClass;
  answer: 'pending' | 'passed' | 'limited';
}

const smallestPool = 32;
/** A little more than a second, because what leaves us evenly may arrive bunched. */
const secondMs = 1_020;
/** Within a window, starts are spread over this part of a second. */
const spreadMs = 540;
const catchUpMs = 20;
const cleanWindows = 3;
const fewestFollowers = 4;
/** Where more than this part of those sent after a refused request passed, the refusal stands alone. */
const isolatedShare = 0.65;
const mostRefusals = 5;

/**
 * How many of a documented limit requests may take that give way to cancels: a quarter. A cancel is two looks, so
 * what is kept lets as many cancels go as three eighths of the limit, whatever readers do.
 */
export function shareOfReads(count: number): number {
  return Math.max(1, Math.round(count / 4));
}

/**
 * How many requests may start in a window: what is known, or unlimited until the first 429, then learned from what
 * succeeded around each refusal. Never more than what is known.
 */
export class LearnedLimit {
  readonly #windowMs: number;
  readonly #most: number;
  #count: number;
  /** What was started in the last window, or since the refused burst began, oldest first. */
  #starts: Start[] = [];
  #unlearned = false;
  #earliestStart = 0;
  #latencyMs = 0;

  /** The last quota that was met with no refusal; `#count` is above it while more is being tried. */
  #cleanCount: number;
  #cleanSince: number;
  #trialAfterWindows = cleanWindows;
  #patienceWindows = cleanWindows;
  /** Refusals since more was last tried with success. */
  #refusals = 0;
  /** How many of them are taken for the rate; fewer each time that was a mistake. */
  #mostRefusals = mostRefusals;

  constructor(now: number, known: RateLimit = { count: Number.POSITIVE_INFINITY, windowMs: 1_000 }) {
    this.#windowMs = (known.windowMs / 1_000) * secondMs;
    this.#most = this.#count = this.#cleanCount = known.count;
    this.#cleanSince = now;
  }

  /** How many may be under way together. It follows rate × latency, so that slow answers do not keep the rate low. */
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

  /** About how many milliseconds it is until one of a class may start who has so many before them. */
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
   * Milliseconds until the window has room for one of a class, after so many others. Of a documented limit one is kept
   * for the look that says what became of a cancel, and three quarters for cancels; of these, further looks take only
   * what is left while half of the limit is.
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

  /** Milliseconds until fewer than `most` of some starts are in the window. */
  #roomMs(now: number, starts: readonly Start[], most: number): number {
    if (most <= 0) return this.#windowMs;
    const first = starts.at(-most);
    return first === undefined ? 0 : first.at + this.#windowMs - now;
  }

  /** Takes back a start that was not sent after all. */
  withdraw(start: Start): void {
    this.#starts = this.#starts.filter((other) => other !== start);
  }

  passed(start: Start, now: number): void {
    start.answer = 'passed';
    this.#latencyMs += (now - start.at - this.#latencyMs) / 8;
  }

  /** Notes a 429. From one that is `news`, there is something to learn once the answers around it are in. */
  limited(start: Start, news: boolean): void {
    start.answer = 'limited';
    this.#unlearned ||= news;
  }

  /** Begins to count clean windows anew. */
  resume(now: number): void {
    this.#cleanSince = now;
  }

  /** Takes as quota what succeeded around a refusal; one rise that failed, or the first quota, is taken back or set. */
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
   * Refusals that have nothing to teach: none succeeded; nearly all that followed did; or every first try was refused
   * and every second one was not.
   */
  #wasNotTheRate(followers: readonly Start[]): boolean {
    return (
      !this.#starts.some(hasPassed) ||
      followers.filter(hasPassed).length > followers.length * isolatedShare ||
      this.#starts.every((start) => start.again === hasPassed(start))
    );
  }

  /** Refused again and again, whatever the quota: it is not what the refusals are about. */
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

  /** After some clean windows, when there is no room for more, tries half as much again; while that goes well, every window. */
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
