import type { Clock } from '../clock.ts';
import type { RateLimit } from './message.ts';

/**
 * How a request that went through the gate ended. `limited` is a 429, with the `Retry-After` it carried; `unused` is
 * one that was not sent after all.
 */
export type Passage =
  | { readonly kind: 'answered' | 'lost' | 'unused' }
  | { readonly kind: 'limited'; readonly retryAfterMs: number | null };

/** Whether one may send. `held`: a 429 asks for longer than there is time. `late`, `aborted`: one's turn did not come. */
export type Entry =
  | { readonly kind: 'entered'; leave(passage: Passage): void }
  | { readonly kind: 'held'; readonly retryAfterMs: number }
  | { readonly kind: 'late' }
  | { readonly kind: 'aborted' };

/** How long one is ready to wait for a turn. `deadline` is in milliseconds since the epoch. */
export interface Patience {
  readonly deadline: number;
  readonly signal?: AbortSignal | undefined;
  /** Whether this request was refused with a 429 before: then it is the first to go again. */
  readonly again?: boolean;
}

interface Waiter {
  readonly deadline: number;
  settle(entry: Entry): void;
}

interface Start {
  readonly at: number;
  answer: 'pending' | 'passed' | 'limited';
}

const smallestPool = 32;
const secondMs = 1_020;
const spreadMs = 420;
const catchUpMs = 20;
const shortestHoldMs = 100;
const firstHoldMs = 1_000;
const longestHoldMs = 30_000;
const cleanWindows = 3;
const fewestFollowers = 4;

/**
 * Paces the requests of one kind to one provider just under a limit that nobody told us, by learning its quota:
 * send freely until the first 429, hold everything as told, then start at most as many in a window as succeeded
 * before. Why this and not the usual paces: docs/decisions/0003-learn-the-quota.md.
 */
export class Gate {
  readonly #clock: Clock;
  readonly #windowMs: number;
  readonly #waiting: Waiter[] = [];
  #timer: { readonly at: number; cancel(): void } | undefined;
  #inFlight = 0;
  #latencyMs = 0;

  /** What was started in the last window or since the refused burst began, oldest first. */
  #starts: Start[] = [];
  #earliestStart = 0;
  #quota: number;

  #holdUntil = Number.NEGATIVE_INFINITY;
  #nextHoldMs = firstHoldMs;
  /** After a hold one request goes alone, to see whether the rest may. */
  #probe: 'none' | 'due' | 'sent' = 'none';
  #unlearned = false;

  #cleanSince = 0;
  #cleanQuota = Number.POSITIVE_INFINITY;
  #trialAfterWindows = cleanWindows;
  #patienceWindows = cleanWindows;

  constructor(clock: Clock, known?: RateLimit) {
    this.#clock = clock;
    this.#windowMs = ((known?.windowMs ?? 1_000) / 1_000) * secondMs;
    this.#quota = known?.count ?? Number.POSITIVE_INFINITY;
    this.#cleanQuota = this.#quota;
    this.#cleanSince = clock.now();
  }

  /** Waits for a turn, in the order of asking, those who ask `again` first. Whoever `entered` must `leave`, once. */
  enter({ deadline, signal, again = false }: Patience): Promise<Entry> {
    return new Promise((resolve) => {
      const abort = () => {
        this.#waiting.splice(this.#waiting.indexOf(waiter), 1);
        waiter.settle({ kind: 'aborted' });
      };
      const waiter: Waiter = {
        deadline,
        settle(entry) {
          signal?.removeEventListener('abort', abort);
          resolve(entry);
        },
      };
      if (signal?.aborted) return resolve({ kind: 'aborted' });
      signal?.addEventListener('abort', abort);
      if (again) this.#waiting.unshift(waiter);
      else this.#waiting.push(waiter);
      this.#pump();
    });
  }

  #pump(): void {
    const now = this.#clock.now();
    this.#dismissHopeless(now);
    let waitMs = this.#waitMs(now);
    while (this.#waiting.length > 0 && waitMs <= 0) {
      this.#start(now);
      waitMs = this.#waitMs(now);
    }
    this.#wakeAfter(now, waitMs);
  }

  /** Milliseconds until another request may start; `Infinity` while only an answer can change that. */
  #waitMs(now: number): number {
    if (now < this.#holdUntil) return this.#holdUntil - now;
    if (this.#unlearned) this.#learn();
    if (this.#probe === 'due') return 0;
    if (this.#probe === 'sent' || this.#inFlight >= this.#pool()) return Number.POSITIVE_INFINITY;
    if (this.#quota === Number.POSITIVE_INFINITY) return 0;
    return this.#quotaWaitMs(now);
  }

  #quotaWaitMs(now: number): number {
    this.#forget(now);
    this.#tryMore(now);
    const oldest = this.#starts[this.#starts.length - this.#quota];
    const windowWaitMs = oldest === undefined ? 0 : oldest.at + this.#windowMs - now;
    const beyond = this.#starts.length >= this.#cleanQuota;
    if (beyond && this.#inFlight > this.#cleanQuota / 100) return Number.POSITIVE_INFINITY;
    return Math.max(windowWaitMs, this.#earliestStart - now);
  }

  /** The pool follows rate × latency, so that slow answers do not keep the rate below the quota. */
  #pool(): number {
    const needed = this.#quota === Number.POSITIVE_INFINITY ? 0 : (this.#quota * this.#latencyMs) / spreadMs;
    return Math.max(smallestPool, Math.ceil(needed));
  }

  #start(now: number): void {
    const waiter = this.#waiting.shift();
    if (waiter === undefined) return;
    if (!this.#unlearned) this.#forget(now);
    const start: Start = { at: now, answer: 'pending' };
    const probing = this.#probe === 'due';
    if (probing) this.#probe = 'sent';
    this.#starts.push(start);
    this.#inFlight += 1;
    this.#earliestStart = Math.max(this.#earliestStart, now - catchUpMs) + spreadMs / this.#quota;
    waiter.settle({ kind: 'entered', leave: (passage) => this.#leave(start, probing, passage) });
  }

  #leave(start: Start, probing: boolean, passage: Passage): void {
    const now = this.#clock.now();
    this.#inFlight -= 1;
    if (passage.kind === 'limited') this.#hold(start, probing, passage.retryAfterMs, now);
    else if (passage.kind === 'unused') {
      this.#starts.splice(this.#starts.indexOf(start), 1);
      if (probing) this.#probe = 'due';
    } else {
      start.answer = 'passed';
      this.#nextHoldMs = firstHoldMs;
      this.#latencyMs += (now - start.at - this.#latencyMs) / 8;
      if (probing) this.#reopen(now);
    }
    this.#pump();
  }

  #forget(now: number): void {
    while (this.#starts[0] !== undefined && this.#starts[0].at <= now - this.#windowMs) this.#starts.shift();
  }

  #reopen(now: number): void {
    this.#probe = 'none';
    this.#starts = this.#starts.slice(-1);
    this.#cleanSince = now;
  }

  /** A 429 to what was sent before the hold's end belongs to the episode that is already being waited for. */
  #hold(start: Start, probing: boolean, retryAfterMs: number | null, now: number): void {
    start.answer = 'limited';
    const known = start.at < this.#holdUntil;
    if (!known) {
      this.#unlearned = !probing;
      this.#probe = 'due';
    }
    if (retryAfterMs !== null)
      this.#holdUntil = Math.max(this.#holdUntil, now + Math.max(retryAfterMs, shortestHoldMs));
    else if (!known) {
      this.#holdUntil = now + this.#nextHoldMs;
      this.#nextHoldMs = Math.min(this.#nextHoldMs * 2, longestHoldMs);
    }
  }

  /**
   * Takes as quota what succeeded around the refusal, once the answers that belong to it are in. Where those sent
   * right after it mostly succeeded, it was not about the rate; where none succeeded, there is nothing to learn.
   */
  #learn(): void {
    this.#unlearned = false;
    const passed = ({ answer }: Start) => answer === 'passed';
    const firstRefused = this.#starts.findIndex(({ answer }) => answer === 'limited');
    const succeeded = this.#starts.filter(passed).length;
    const followers = this.#starts.slice(firstRefused + 1, firstRefused + 17);
    const telling = followers.length >= fewestFollowers;
    const isolated = telling && followers.filter(passed).length * 2 > followers.length;
    if (succeeded === 0 || isolated || (this.#quota === Number.POSITIVE_INFINITY && !telling)) return;
    if (this.#quota > this.#cleanQuota) {
      this.#quota = this.#cleanQuota;
      this.#trialAfterWindows = this.#patienceWindows *= 8;
      return;
    }
    if (this.#quota < Number.POSITIVE_INFINITY && succeeded * 8 < this.#quota) {
      this.#quota = this.#cleanQuota = Number.POSITIVE_INFINITY;
      return;
    }
    const lowest = this.#quota === Number.POSITIVE_INFINITY ? 0 : this.#quota / (telling ? 4 : 2);
    this.#quota = Math.max(1, Math.floor(Math.min(this.#quota * 0.98, Math.max(lowest, succeeded))));
    this.#cleanQuota = this.#quota;
    if (lowest > 0) this.#trialAfterWindows = Math.min(1, this.#trialAfterWindows);
  }

  /** After some clean windows at the full quota, tries half as much again; while that goes well, every window. */
  #tryMore(now: number): void {
    if (
      this.#starts.length < this.#quota ||
      now - this.#cleanSince < this.#trialAfterWindows * this.#windowMs
    )
      return;
    this.#trialAfterWindows = this.#quota > this.#cleanQuota ? 1 : this.#patienceWindows;
    this.#cleanQuota = this.#quota;
    this.#quota = Math.ceil(this.#quota * 1.5);
    this.#cleanSince = now;
  }

  /** Lets go at once of those whose time ends before a hold does, and of those whose time is over. */
  #dismissHopeless(now: number): void {
    const held = now < this.#holdUntil;
    const staying = this.#waiting.filter((waiter) => {
      const hopeless = held ? waiter.deadline <= this.#holdUntil : waiter.deadline <= now;
      if (!hopeless) return true;
      waiter.settle(held ? { kind: 'held', retryAfterMs: this.#holdUntil - now } : { kind: 'late' });
      return false;
    });
    if (staying.length !== this.#waiting.length) this.#waiting.splice(0, this.#waiting.length, ...staying);
  }

  #wakeAfter(now: number, waitMs: number): void {
    const earliestDeadline = this.#waiting.reduce(
      (least, { deadline }) => Math.min(least, deadline),
      Number.POSITIVE_INFINITY,
    );
    const at =
      this.#waiting.length === 0 ? Number.POSITIVE_INFINITY : Math.min(now + waitMs, earliestDeadline);
    if (this.#timer?.at === at) return;
    this.#timer?.cancel();
    this.#timer =
      at === Number.POSITIVE_INFINITY
        ? undefined
        : {
            at,
            cancel: this.#clock.after(at - now, () => {
              this.#timer = undefined;
              this.#pump();
            }),
          };
  }
}
