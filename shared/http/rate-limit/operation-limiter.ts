import type { Clock } from '../../lib/clock.ts';
import { AdaptiveRateLimiter, type LimiterTerms } from './adaptive-rate-limiter.ts';
import type { LimiterState } from './learned-state.ts';
import type { Neighbours } from './neighbours.ts';
import type { AcquireOptions, Permit, Place, RequestResult } from './permit.ts';
import { givesWay } from './turn.ts';

/**
 * How much more than the limit of another operation is tried, to see whether this one shares it, and for how long, in
 * milliseconds. Within two windows of a second a provider that counts both together refuses one.
 */
const triedPart = 1.5;
const trialMs = 2_040;
/** How far what passed may be from a limit that refuses the next request: two of the provider's windows may meet in one second. */
const leastOfLimit = 0.9;
const mostOfLimit = 2;
const lowestShared = 10;
/** By so much the waits that two 429s ask for may differ if they are about one limit, in milliseconds. */
const alikeMs = 1_000;
const unspecifiedMs = 1_000;

type Entered = Extract<Permit, { kind: 'entered' }>;

/**
 * The rate limiter of one operation, or of several that share a documented limit. If nothing is documented, it looks whether the
 * operation shares the limit of another one of the account: then one limiter paces both.
 */
export class OperationLimiter {
  readonly #clock: Clock;
  readonly #own: AdaptiveRateLimiter;
  readonly #others: (() => Iterable<OperationLimiter>) | undefined;
  /** The operation whose limit this one shares. */
  #host: OperationLimiter | undefined;
  /** Whether it is known to have a limit of its own, or none. */
  #isSeparate = false;
  /** When the trial began, and when it last had more to send than the other limit allows. */
  #trial = { since: Number.NEGATIVE_INFINITY, lastAt: Number.NEGATIVE_INFINITY };
  /** The wait that the last 429 asked for. */
  #toldMs = unspecifiedMs;

  /** `others`: the limiters whose limit it may share; none if it is documented what it shares. */
  constructor(clock: Clock, documented: LimiterTerms, others?: () => Iterable<OperationLimiter>) {
    const neighbours: Neighbours = {
      waitMs: (now, inFlight) => this.#neighbourMs(now, inFlight),
      started: (start) => {
        const other = this.#neighbour();
        // Readers take nothing from cancels that may have a limit of their own.
        if (other !== undefined && !givesWay(start.turnClass)) other.#own.quota.count(start);
      },
    };
    this.#own = new AdaptiveRateLimiter(clock, { ...documented, neighbours: others && neighbours });
    this.#clock = clock;
    this.#others = others;
  }

  /** The milliseconds from now on for which a 429 holds back every request; 0 if none does. */
  get heldMs(): number {
    return this.#pacer.heldMs;
  }

  /** The operation whose limit this one shares, if it is known. */
  get host(): OperationLimiter | undefined {
    return this.#host;
  }

  /** Has the limit of another operation paced for both from now on. */
  share(host: OperationLimiter): void {
    if (host === this || !this.#mayShare || !host.#mayShare) return;
    this.#host = host;
    this.#own.handOver(host.#own);
  }

  /** A copy of what was learned, for another process. */
  copy(): LimiterState {
    return this.#pacer.copy();
  }

  /** Puts back a copy that another process made. */
  restore(state: LimiterState): void {
    this.#pacer.restore(state);
  }

  /** Waits for a turn. Each permit must be released once. */
  async acquire(options: AcquireOptions): Promise<Permit> {
    let isWithdrawn = false;
    const withdraw = (place: Place) => {
      isWithdrawn = true;
      place.withdraw();
    };
    const queued = (place: Place) =>
      options.queued?.({ waitMs: () => place.waitMs(), withdraw: () => withdraw(place) });
    for (;;) {
      const pacer = this.#pacer;
      const permit = await pacer.acquire({ ...options, queued });
      // A limiter that hands its requests over withdraws them, too.
      if (permit.kind === 'withdrawn' && !isWithdrawn) continue;

      if (permit.kind !== 'entered') return permit;
      return { kind: 'entered', release: (result) => this.#release(permit, pacer, result) };
    }
  }

  /** Whether another operation may share its limit. */
  get #mayShare(): boolean {
    return this.#others !== undefined && this.#host === undefined;
  }

  /** Whether it has a limit, and one high enough that the same count twice is no coincidence. */
  get #isTelling(): boolean {
    const { limit } = this.#own.quota;
    return limit >= lowestShared && Number.isFinite(limit);
  }

  get #pacer(): AdaptiveRateLimiter {
    return this.#host === undefined ? this.#own : this.#host.#pacer;
  }

  /** Passes a result on. A longer wait than that of a shared limit is about another limit, which only this operation may have. */
  #release({ release }: Entered, pacer: AdaptiveRateLimiter, result: RequestResult): void {
    if (result.kind !== 'limited') {
      release(result);
      return;
    }
    const toldMs = result.retryAfterMs ?? unspecifiedMs;
    if (this.#host !== undefined && toldMs > this.#host.#toldMs + alikeMs) {
      this.#host = undefined;
      this.#isSeparate = true;
    }
    this.#toldMs = toldMs;
    if (this.#isSeparate && pacer !== this.#own) {
      release({ kind: 'lost' });
      this.#own.holdFor(result.retryAfterMs);
    } else {
      release(result);
      this.#seekHost(toldMs);
    }
  }

  /** The limiter with the highest limit among those whose limit it may share, until it is known to have its own. */
  #neighbour(): OperationLimiter | undefined {
    if (this.#isSeparate) return undefined;
    let found: OperationLimiter | undefined;
    for (const other of this.#others?.() ?? [])
      if (other !== this && other.#mayShare && other.#isTelling)
        if (found === undefined || other.#own.quota.limit > found.#own.quota.limit) found = other;
    return found;
  }

  /** Without a limit of its own, it goes a little faster than the other limit allows, for a while. */
  #neighbourMs(now: number, inFlight: number): number {
    const other = this.#neighbour();
    if (other === undefined) return 0;
    const hasRoom =
      other.heldMs === 0 && this.#own.quota.together(other.#own.quota, now) < other.#own.quota.limit;
    if (hasRoom) return 0;
    // A few requests, long ago, were no trial.
    const isOver = now - this.#trial.lastAt > trialMs;
    this.#trial = { since: isOver ? now : this.#trial.since, lastAt: now };
    const leftMs = this.#trial.since + trialMs - now;
    if (leftMs <= 0) this.#isSeparate = true;
    const { limit, latencyMs } = other.#own.quota;
    const isFull = inFlight >= Math.ceil((limit * triedPart * latencyMs) / 1_000);
    return isFull && leftMs > 0 ? leftMs : 0;
  }

  /** After a 429: shares the limit of another operation if that limit was just used up by both together. */
  #seekHost(toldMs: number): void {
    const other = this.#host === undefined ? this.#neighbour() : undefined;
    if (other === undefined || Math.abs(toldMs - other.#toldMs) > alikeMs) return;
    const { limit } = other.#own.quota;
    const now = this.#clock.now();
    const together = this.#own.quota.together(other.#own.quota, now);
    if (together < limit * leastOfLimit - 2 && other.heldMs === 0) return;
    if (together > limit * mostOfLimit + 4) return;
    this.share(other);
  }
}
