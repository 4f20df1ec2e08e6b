import type { Clock } from '../clock.ts';
import { Hold } from './hold.ts';
import type { RateLimit } from './message.ts';
import { Quota, type Start } from './quota.ts';

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
  readonly again: boolean;
  settle(entry: Entry): void;
}

/** A request under way for longer gives up its place in the pool: it may hang, and the others need not wait for it. */
const hangsAfterMs = 1_000;

/**
 * Paces the requests of one kind to one provider just under a limit that nobody told us: sends freely until the first
 * 429, holds everything as told, then starts at most as many in a window as the {@link Quota} has learned. Why this
 * and not the usual paces: docs/decisions/0003-learn-the-quota.md.
 */
export class Gate {
  readonly #clock: Clock;
  readonly #quota: Quota;
  #waiting: Waiter[] = [];
  #timer: { readonly at: number; cancel(): void } | undefined;
  /** What is under way, oldest first. */
  readonly #underWay = new Set<Start>();
  readonly #hold: Hold;
  /** After a hold one request goes alone, to see whether the rest may. */
  #probe: 'none' | 'due' | 'sent' = 'none';

  constructor(clock: Clock, known?: RateLimit) {
    this.#clock = clock;
    this.#quota = new Quota(clock.now(), known);
    this.#hold = new Hold();
  }

  /** Waits for a turn, in the order of asking, those who ask `again` first. Whoever `entered` must `leave`, once. */
  enter({ deadline, signal, again = false }: Patience): Promise<Entry> {
    return new Promise((resolve) => {
      const abort = () => {
        this.#waiting = this.#waiting.filter((other) => other !== waiter);
        waiter.settle({ kind: 'aborted' });
        this.#pump();
      };
      const waiter: Waiter = {
        deadline,
        again,
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

  /** Lets in whoever may go now, and comes back when the next one may. */
  #pump(): void {
    const now = this.#clock.now();
    this.#dismissHopeless(now);
    let waitMs = this.#waitMs(now);
    for (; this.#waiting.length > 0 && waitMs <= 0; waitMs = this.#waitMs(now)) this.#admit(now);
    this.#wakeAt(Math.min(now + waitMs, ...this.#waiting.map(({ deadline }) => deadline)));
  }

  /** Milliseconds until another request may start; `Infinity` while only an answer can change that. */
  #waitMs(now: number): number {
    if (now < this.#hold.until) return this.#hold.until - now;
    if (this.#probe === 'sent') return Number.POSITIVE_INFINITY;
    const prompt = [...this.#underWay].filter(({ at }) => at > now - hangsAfterMs);
    const [oldest] = prompt;
    const full = this.#probe !== 'due' && prompt.length >= this.#quota.pool;
    if (full && oldest !== undefined) return oldest.at + hangsAfterMs - now;
    return this.#quota.waitMs(now, this.#underWay.size);
  }

  #admit(now: number): void {
    const waiter = this.#waiting.shift();
    if (waiter === undefined) return;
    const probing = this.#probe === 'due';
    if (probing) this.#probe = 'sent';
    const start = this.#quota.start(now, waiter.again);
    this.#underWay.add(start);
    waiter.settle({ kind: 'entered', leave: (passage) => this.#leave(start, probing, passage) });
  }

  #leave(start: Start, probing: boolean, passage: Passage): void {
    const now = this.#clock.now();
    this.#underWay.delete(start);
    if (passage.kind === 'limited') this.#refused(start, probing, passage.retryAfterMs, now);
    else if (passage.kind === 'unused') {
      this.#quota.withdraw(start);
      if (probing) this.#probe = 'due';
    } else {
      this.#quota.passed(start, now);
      if (passage.kind === 'answered') this.#hold.answered();
      if (probing) this.#probe = 'none';
      if (probing) this.#quota.resume(now);
    }
    this.#pump();
  }

  /** A 429 to what was sent before the hold's end belongs to the episode that is already being waited for. */
  #refused(start: Start, probing: boolean, retryAfterMs: number | null, now: number): void {
    const opens = start.at >= this.#hold.until;
    this.#quota.limited(start, opens && !probing);
    if (opens) this.#probe = 'due';
    this.#hold.refused(retryAfterMs, opens, now);
  }

  /** Lets go at once of those whose time ends before a hold does, and of those whose time is over. */
  #dismissHopeless(now: number): void {
    const held = now < this.#hold.until;
    const end = held ? this.#hold.until : now;
    const hopeless = this.#waiting.filter(({ deadline }) => deadline <= end);
    if (hopeless.length === 0) return;
    this.#waiting = this.#waiting.filter(({ deadline }) => deadline > end);
    for (const { settle } of hopeless)
      settle(held ? { kind: 'held', retryAfterMs: end - now } : { kind: 'late' });
  }

  #wakeAt(time: number): void {
    const at = this.#waiting.length === 0 ? Number.POSITIVE_INFINITY : time;
    if (this.#timer?.at === at) return;
    this.#timer?.cancel();
    const wake = () => {
      this.#timer = undefined;
      this.#pump();
    };
    this.#timer = Number.isFinite(at)
      ? { at, cancel: this.#clock.after(at - this.#clock.now(), wake) }
      : undefined;
  }
}
