import { onAbort } from '../../lib/abort.ts';
import type { Clock } from '../../lib/clock.ts';
import type { RateLimit } from '../types.ts';
import { LearnedLimit } from './learned-limit.ts';
import type { LimiterState } from './learned-state.ts';
import type { AcquireOptions, Permit, RequestResult } from './permit.ts';
import { poolWaitMs } from './pool.ts';
import { Hold } from './retry-after-hold.ts';
import type { Asking, Neighbours, Start } from './start-window.ts';
import type { Turn, TurnClass } from './turn.ts';
import { TurnQueue } from './turn-queue.ts';

interface Waiter {
  readonly deadline: number;
  readonly turn: Turn;
  readonly again: boolean;
  readonly since: number;
  settle(entry: Permit): void;
}

/** What the provider documents about a limit, and the other limits that it may be one with. */
export interface LimiterTerms {
  readonly known?: RateLimit | undefined;
  /** Whether no request may be sent before the time in a 429, however late it is. */
  readonly resetIsBinding?: boolean | undefined;
  /** The most requests that may be under way at the same time, if the provider limits that. */
  readonly atOnce?: number | undefined;
  readonly neighbours?: Neighbours | undefined;
}

/**
 * Paces the requests of one kind to one provider account just below an undocumented limit: sends freely until the first
 * 429, waits as long as it asks, then starts at most as many per window as the {@link LearnedLimit} has learned. Why this
 * and not a usual limiter: docs/decisions/0003-learn-the-quota.md; the order of turns: docs/decisions/0011-turns.md.
 */
export class AdaptiveRateLimiter {
  readonly #clock: Clock;
  /** What was learned of the limit, and what counts towards it. */
  readonly quota: LearnedLimit;
  readonly #hold: Hold;
  readonly #waiting = new TurnQueue<Waiter>();
  /** The earliest deadline of the waiting requests, or an earlier time. */
  #earliestDeadline = Number.POSITIVE_INFINITY;
  #timer: { readonly at: number; cancel(): void } | undefined;
  /** The requests under way, oldest first. */
  readonly #underWay = new Set<Start>();
  /** After a hold one request goes alone, to test whether the rest may. */
  #probe: 'none' | 'due' | 'sent' = 'none';
  readonly #atOnce: number | undefined;

  constructor(clock: Clock, { known, resetIsBinding, atOnce, neighbours }: LimiterTerms = {}) {
    this.#clock = clock;
    this.#atOnce = atOnce;
    this.quota = new LearnedLimit(clock.now(), known, neighbours);
    this.#hold = new Hold({ binding: resetIsBinding });
  }

  /** The milliseconds from now on for which a 429 holds back every request; 0 if none does. */
  get heldMs(): number {
    return Math.max(0, this.#hold.until - this.#clock.now());
  }

  /** Records a 429 that another limiter met, and that asks for a wait of `retryAfterMs`. */
  holdFor(retryAfterMs: number | null): void {
    this.#hold.refused(retryAfterMs, true, this.#clock.now());
    this.#probe = 'due';
  }

  /** Gives up all places, and lets another limiter count what this one has started, and hold as this one does. */
  handOver(to: AdaptiveRateLimiter): void {
    const now = this.#clock.now();
    to.quota.absorb(this.quota, now);
    to.#hold.restore(this.#hold.copy(now), now);
    to.#probe = 'due';
    for (const waiter of [...this.#waiting]) {
      this.#waiting.remove(waiter);
      waiter.settle({ kind: 'withdrawn' });
    }
  }

  /** A copy of what was learned, for another process. */
  copy(): LimiterState {
    const now = this.#clock.now();
    return { limit: this.quota.copy(now), hold: this.#hold.copy(now), probing: this.#probe !== 'none' };
  }

  /** Puts back a copy that another process made. */
  restore({ limit, hold, probing }: LimiterState): void {
    const now = this.#clock.now();
    this.quota.restore(limit, now);
    this.#hold.restore(hold, now);
    if (probing && this.#probe === 'none') this.#probe = 'due';
    this.#pump();
  }

  /** Waits for a turn, in the order of {@link TurnQueue}. Each permit must be released once. */
  acquire({ deadline, turn, signal, again = false, queued }: AcquireOptions): Promise<Permit> {
    return new Promise((resolve) => {
      if (signal?.aborted) return resolve({ kind: 'aborted' });
      let isWaiting = true;
      const waiter: Waiter = {
        ...{ deadline, turn, again, since: this.#clock.now() },
        settle(entry) {
          isWaiting = false;
          stopListening();
          resolve(entry);
        },
      };
      const give = (entry: Permit) => {
        if (!isWaiting) return;
        this.#waiting.remove(waiter);
        waiter.settle(entry);
        this.#pump();
      };
      const stopListening = onAbort(signal, () => give({ kind: 'aborted' }));
      this.#waiting.add(waiter);
      this.#earliestDeadline = Math.min(this.#earliestDeadline, deadline);
      this.#pump();
      if (!isWaiting) return;
      const withdraw = () => give({ kind: 'withdrawn' });
      queued?.({ withdraw, waitMs: () => (isWaiting ? this.#waitMsOf(waiter) : 0) });
    });
  }

  /** Admits the requests that may go now, and schedules the next time. */
  #pump(): void {
    const now = this.#clock.now();
    this.#dismissHopeless(now);
    const waitMs = this.#admitAll(now);
    this.#wakeAt(Math.min(now + waitMs, this.#earliestDeadline));
  }

  /** Admits the requests that may go, the most urgent first. Returns the milliseconds until another may. */
  #admitAll(now: number): number {
    this.#waiting.promote(now);
    for (;;) {
      const { waiting, isContested: contested } = this.#waiting;
      const ranks = waiting.map(({ rank, classes }) => ({
        rank,
        waits: classes.map((turnClass) => ({ turnClass, ms: this.#waitMs(now, { turnClass, contested }) })),
      }));
      const free = ranks
        .map(({ rank, waits }) => ({ rank, classes: waits.filter(({ ms }) => ms <= 0).map(classOf) }))
        .find(({ classes }) => classes.length > 0);
      if (free === undefined) return Math.min(...ranks.flatMap(({ waits }) => waits.map(({ ms }) => ms)));
      this.#admit(now, free);
    }
  }

  /** The milliseconds until such a request may start; `Infinity` while only an answer can change that. */
  #waitMs(now: number, asking: Asking): number {
    if (now < this.#hold.until) return this.#hold.until - now;
    if (this.#probe === 'sent') return Number.POSITIVE_INFINITY;
    const size = this.#probe === 'due' ? Number.POSITIVE_INFINITY : this.quota.pool;
    const fullMs = poolWaitMs(now, asking, { starts: this.#underWay, size, atOnce: this.#atOnce });
    return fullMs > 0
      ? fullMs
      : this.quota.waitMs(now, { ...asking, inFlight: this.#underWay.size, left: () => this.#waiting.left });
  }

  /** Estimates how long a waiting request has to wait. */
  #waitMsOf(waiter: Waiter): number {
    const now = this.#clock.now();
    const asking = { turnClass: waiter.turn.class, contested: false };
    const turnMs = this.quota.waitMsBehind(now, this.#waiting.ahead(waiter), asking);
    return Math.max(turnMs, this.#hold.until - now, 0);
  }

  #admit(now: number, free: Parameters<TurnQueue<Waiter>['take']>[0]): void {
    const probing = this.#probe === 'due';
    const waiter = this.#waiting.take(free, probing);
    if (waiter === undefined) return;
    if (probing) this.#probe = 'sent';
    const start = this.quota.start(now, { again: waiter.again, turnClass: waiter.turn.class });
    this.#underWay.add(start);
    waiter.settle({ kind: 'entered', release: (result) => this.#leave(start, probing, result) });
  }

  #leave(start: Start, probing: boolean, result: RequestResult): void {
    const now = this.#clock.now();
    this.#underWay.delete(start);
    if (result.kind === 'limited') this.#refused(start, probing, result.retryAfterMs, now);
    else if (result.kind === 'unused') {
      this.quota.withdraw(start);
      if (probing) this.#probe = 'due';
    } else {
      if (result.kind === 'unopened') this.quota.withdraw(start);
      else this.quota.passed(start, now);
      if (result.kind === 'answered') this.#hold.answered();
      if (probing) this.#probe = 'none';
      if (probing) this.quota.resume(now);
    }
    this.#pump();
  }

  /** Handles a 429. One for a request sent before the end of the hold belongs to the hold that is already in force. */
  #refused(start: Start, probing: boolean, retryAfterMs: number | null, now: number): void {
    const opens = start.at >= this.#hold.until;
    this.#hold.refused(retryAfterMs, opens, now);
    this.quota.limited(start, opens && !probing, this.heldMs);
    if (opens) this.#probe = 'due';
  }

  /** Rejects at once the requests whose deadline is past or before the end of the hold. */
  #dismissHopeless(now: number): void {
    const held = now < this.#hold.until;
    const end = held ? this.#hold.until : now;
    if (this.#earliestDeadline > end) return;
    const waiting = [...this.#waiting];
    const hopeless = waiting.filter(({ deadline }) => deadline <= end);
    for (const waiter of hopeless) {
      this.#waiting.remove(waiter);
      waiter.settle(held ? { kind: 'held', retryAfterMs: end - now } : { kind: 'late' });
    }
    const left = waiting.map(({ deadline }) => deadline).filter((deadline) => deadline > end);
    this.#earliestDeadline = left.reduce((one, other) => Math.min(one, other), Number.POSITIVE_INFINITY);
  }

  #wakeAt(time: number): void {
    const at = this.#waiting.waiting.length === 0 ? Number.POSITIVE_INFINITY : time;
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

function classOf({ turnClass }: { readonly turnClass: TurnClass }): TurnClass {
  return turnClass;
}
