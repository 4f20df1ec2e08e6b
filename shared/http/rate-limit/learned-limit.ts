import type { RateLimit } from '../types.ts';
import { Ceiling } from './ceiling.ts';
import type { LimiterState } from './learned-state.ts';
import { poolSizeFor, poolSizeOfGuess, spreadMs } from './pool-size.ts';
import { hasPassed, readBurst, sureBefore } from './refused-burst.ts';
import {
  type Asking,
  type AskingNow,
  type Neighbours,
  type Start,
  StartWindow,
  secondMs,
} from './start-window.ts';
import { TrialPatience } from './trial-patience.ts';

const catchUpMs = 20;
/** More is tried only while so many windows are left to do: a refused try costs half a window or more. */
const worthWindows = 5;
const mostRefusals = 5;

/**
 * How many requests may start in a second: no limit until the first 429, then learned from the successes around each 429. A
 * documented limit, on whatever window, is a ceiling beside it.
 */
export class LearnedLimit {
  readonly #window = new StartWindow(secondMs, false);
  readonly #ceiling: Ceiling | undefined;
  readonly #neighbours: Neighbours | undefined;
  #count = Number.POSITIVE_INFINITY;
  #unlearned = false;
  /** If the limit is a guess, which is what passed in the second before the first 429: how many surely fit into a window. */
  #sureCount = Number.POSITIVE_INFINITY;
  /** Whether 429s have had another cause than the rate. */
  #hasOtherCause = false;
  #earliestStart = 0;
  /** How long an answer takes, the latest counted most. */
  latencyMs = 0;
  /** The last limit that was used without a 429; `#count` is above it while more is being tried. */
  #cleanCount = Number.POSITIVE_INFINITY;
  readonly #patience: TrialPatience;
  /** How long the last 429 held everything, in milliseconds. */
  #heldMs = 0;
  /** The number of 429s since more was last tried with success. */
  #refusals = 0;
  /** How many of them count as caused by the rate; fewer after each mistake. */
  #mostRefusals = mostRefusals;

  constructor(now: number, known?: RateLimit, neighbours?: Neighbours) {
    this.#ceiling = known && new Ceiling(known);
    this.#patience = new TrialPatience(now);
    this.#neighbours = neighbours;
  }

  /** How many requests a second have passed without a 429 since the last one; `Infinity` before the first. */
  get limit(): number {
    return this.#cleanCount;
  }

  /** The limit with what is being tried beyond it. */
  get tried(): number {
    return this.#count;
  }

  /** Whether the limit is new, and may be up to twice too high. */
  get isGuess(): boolean {
    return Number.isFinite(this.#sureCount);
  }

  /** What was sent in the last second here or at another limit, without what was refused, and how much of it has passed. */
  together(other: LearnedLimit, now: number): ReturnType<StartWindow['together']> {
    return this.#window.together(other.#window, now);
  }

  /** Counts a request that started elsewhere, and may share this limit. */
  count(start: Start): void {
    this.#window.starts.push(start);
  }

  /** Counts what another limit started that met a 429 where this one had no room: more need not be tried soon. Corrects a guess. */
  absorb(other: LearnedLimit, now: number): void {
    this.#window.absorb(other.#window, now);
    this.#unlearned ||= this.isGuess;
    this.#count = this.#cleanCount;
    this.#patience.putOff(now, other.#heldMs);
  }

  /** How many requests may be under way together. */
  get pool(): number {
    if (this.#window.starts.length >= this.#sureCount) return poolSizeOfGuess(this.#count);
    const learned = this.isGuess ? Number.POSITIVE_INFINITY : this.#count;
    const documented = this.#ceiling?.perSecond;
    return poolSizeFor(this.latencyMs, { learned, documented, hasOtherCause: this.#hasOtherCause });
  }

  /** Milliseconds until such a request may start; `Infinity` while only an answer can change that. */
  waitMs(now: number, asking: AskingNow): number {
    return Math.max(this.#ceiling?.waitMs(now, asking) ?? 0, this.#learnedWaitMs(now, asking));
  }

  #learnedWaitMs(now: number, asking: AskingNow): number {
    if (this.#unlearned) this.#learn();
    this.#window.forgetOld(now);
    if (!Number.isFinite(this.#count)) return this.#neighbours?.waitMs(now, asking.inFlight) ?? 0;
    if (this.#windowWaitMs(now, asking) > 0) this.#tryMore(now, asking.left);
    const beyond = this.#window.starts.length >= this.#cleanCount;
    if (beyond && asking.inFlight > Math.max(1, this.#cleanCount / 100)) return Number.POSITIVE_INFINITY;
    return Math.max(this.#windowWaitMs(now, asking), this.#earliestStart - now);
  }

  /** Estimates the milliseconds until a request may start that has `ahead` before it. */
  waitMsBehind(now: number, ahead: number, asking: Asking): number {
    const ceilingMs = this.#ceiling?.waitMs(now, asking, ahead) ?? 0;
    if (!Number.isFinite(this.#count)) return ceilingMs;
    this.#window.forgetOld(now);
    const spacedMs = this.#earliestStart - now + ahead * this.#spacingMs;
    return Math.max(this.#windowWaitMs(now, asking, ahead), spacedMs, ceilingMs);
  }

  start(now: number, { again, turnClass }: Pick<Start, 'again' | 'turnClass'>): Start {
    const start: Start = { at: now, again, turnClass, answer: 'pending' };
    this.#window.starts.push(start);
    this.#ceiling?.start(start);
    this.#earliestStart = Math.max(this.#earliestStart, now - catchUpMs) + this.#spacingMs;
    if (!Number.isFinite(this.#count)) this.#neighbours?.started(start);
    return start;
  }

  /** The milliseconds between two starts. */
  get #spacingMs(): number {
    return this.isGuess ? 0 : spreadMs / this.#count;
  }

  #windowWaitMs(now: number, asking: Asking, ahead = 0): number {
    const isTrial = this.#count > this.#cleanCount;
    return this.#window.waitMs(now, asking, { count: this.#count, isTrial, ahead });
  }

  /** Removes a start that was not sent after all, so that another may take its time. */
  withdraw(start: Start): void {
    this.#earliestStart -= this.#spacingMs;
    this.#window.withdraw(start);
    this.#ceiling?.withdraw(start);
  }

  passed(start: Start, now: number): void {
    start.answer = 'passed';
    this.latencyMs += (now - start.at - this.latencyMs) / 8;
  }

  /** Records a 429 that holds for so long. If it is `news`, the limit learns from it once the answers around it are in. */
  limited(start: Start, news: boolean, heldMs: number): void {
    start.answer = 'limited';
    this.#unlearned ||= news;
    // A 429 that comes later in the same hold sees only what is left of it.
    this.#heldMs = news ? heldMs : Math.max(this.#heldMs, heldMs);
  }

  /** Starts to count clean windows again. */
  resume(now: number): void {
    this.#patience.resume(now);
  }

  /** A copy for another process. A trial under way is left out, and a 429 that is not yet learned from lowers the copy. */
  copy(now: number): LimiterState['limit'] {
    const starts = this.#window.copy(now);
    const passed = this.#window.starts.filter(hasPassed).length;
    const cautious = Math.min(Math.floor(this.#cleanCount * 0.98), passed);
    const count = this.#unlearned ? Math.max(1, cautious) : this.#cleanCount;
    const isLearned = Number.isFinite(count);
    return {
      count: isLearned ? count : null,
      ...this.#patience.copy(now, !isLearned || this.#unlearned || this.#count > this.#cleanCount),
      refusals: this.#refusals,
      most_refusals: this.#mostRefusals,
      earliest_in_ms: Math.max(0, this.#earliestStart - now),
      starts: isLearned ? starts : [],
      ...(this.#ceiling && { ceiling: this.#ceiling.copy(now) }),
    };
  }

  /** Puts a copy back, unless requests were started here meanwhile: then this limit knows more. */
  restore(copy: LimiterState['limit'], now: number): void {
    this.#ceiling?.restore(copy.ceiling ?? [], now);
    this.#window.forgetOld(now);
    if (copy.count === null || this.#window.starts.length > 0) return;
    this.#set(copy.count);
    this.#window.restore(copy.starts, now);
    this.#earliestStart = now + copy.earliest_in_ms;
    this.#patience.restore(copy, now);
    this.#refusals = copy.refusals;
    this.#mostRefusals = copy.most_refusals;
  }

  /** Sets the limit to what succeeded around a 429; undoes a failed rise. */
  #learn(): void {
    this.#unlearned = false;
    const { succeeded, isTelling, isAboutRate } = readBurst(this.#window.starts);
    const isTry = this.#count > this.#cleanCount;
    // Only the first refused try counts: the others come after many windows, and say that the limit is right.
    if (isAboutRate && !(isTry && this.#patience.isLong)) this.#refusals += 1;
    if (!isAboutRate) this.#hasOtherCause = true;
    else if (this.#refusals > this.#mostRefusals) this.#forgetAll();
    else if (!Number.isFinite(this.#count)) {
      this.#set(isTelling ? succeeded : this.#count);
      if (isTelling) this.#sureCount = sureBefore(this.#window.starts);
    } else if (isTry) this.#fallBack();
    else this.#lower(succeeded, isTelling);
  }

  /** Forgets the limit after repeated 429s at every rate: then the rate is not their cause. */
  #forgetAll(): void {
    this.#refusals = 0;
    this.#mostRefusals = Math.ceil(this.#mostRefusals / 2);
    this.#hasOtherCause = true;
    this.#set(Number.POSITIVE_INFINITY);
  }

  #fallBack(): void {
    this.#set(this.#cleanCount);
    this.#patience.refused(this.#heldMs);
  }

  #lower(succeeded: number, isTelling: boolean): void {
    // A guess may be far too high, so the limit is then what succeeded, however little that is.
    const least = isTelling && this.isGuess ? 0 : this.#count / (isTelling ? 4 : 2);
    this.#set(Math.max(1, Math.floor(Math.min(this.#count * 0.98, Math.max(least, succeeded)))));
    this.#patience.lowered();
  }

  #set(count: number): void {
    this.#count = this.#cleanCount = count;
    this.#sureCount = Number.POSITIVE_INFINITY;
  }

  /** After some clean windows without room left, tries half as many more; while that succeeds, in every window. */
  #tryMore(now: number, left: () => number): void {
    if (this.#patience.cleanMs(now) >= secondMs) this.#sureCount = Number.POSITIVE_INFINITY;
    if (!this.#patience.isOver(now)) return;
    const rose = this.#count > this.#cleanCount;
    if (rose) {
      [this.#refusals, this.#mostRefusals] = [0, mostRefusals];
      this.#cleanCount = this.#count;
    }
    if (left() < this.#count * worthWindows) return;
    this.#patience.tried(now, rose);
    this.#count = Math.ceil(this.#count * 1.5);
  }
}
