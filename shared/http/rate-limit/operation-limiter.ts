import type { Clock } from '../../lib/clock.ts';
import { AdaptiveRateLimiter, type LimiterTerms } from './adaptive-rate-limiter.ts';
import type { LimiterState } from './learned-state.ts';
import type { AcquireOptions, Permit, Place, RequestResult } from './permit.ts';
import type { Neighbours } from './start-window.ts';
import { givesWay } from './turn.ts';

/**
 * To see whether an operation shares the limit of another one, it goes at up to so many times that limit, for so many milliseconds
 * at most: within two windows of a second, a provider that counts both together refuses a request.
 */
const trialFactor = 2;
const trialMs = 2_040;
/**
 * How far what passed may be from a limit that refuses the next request: two of the provider's windows may meet in one second.
 * A limit that is a guess may be twice too high.
 */
const leastOfLimit = 0.9;
const leastOfGuess = 0.45;
const mostOfLimit = 2;
const lowestShared = 10;
/** By so much the waits that two 429s ask for may differ if they are about one limit, in milliseconds. */
const alikeMs = 1_000;
const unspecifiedMs = 1_000;
/**
 * Separate limits seldom hold at the same time. If they do so often, each time within so many milliseconds of the one before, the
 * provider may have begun to count both together.
 */
const enoughHeldTogether = 3;
const heldTogetherMs = 600_000;

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
  /** How often its limit and that of another have held at the same time, and when they last did. */
  #heldTogether = { count: 0, at: Number.NEGATIVE_INFINITY };
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
      const opens = this.heldMs === 0;
      release(result);
      if (opens) this.#doubtSeparation();
      this.#seekHost(toldMs);
    }
  }

  /** The limiters whose limit it may share. */
  *#candidates(): Generator<OperationLimiter> {
    for (const other of this.#others?.() ?? [])
      if (other !== this && other.#mayShare && other.#isTelling) yield other;
  }

  /** The candidate with the highest limit, until this one is known to be separate. */
  #neighbour(): OperationLimiter | undefined {
    if (this.#isSeparate) return undefined;
    let found: OperationLimiter | undefined;
    for (const other of this.#candidates())
      if (found === undefined || other.#own.quota.limit > found.#own.quota.limit) found = other;
    return found;
  }

  /** Counts, at the first 429 of a hold, whether another limit holds as well: after a few times it may share one again. */
  #doubtSeparation(): void {
    if (!this.#isSeparate || ![...this.#candidates()].some(({ heldMs }) => heldMs > 0)) return;
    const now = this.#clock.now();
    const { count, at } = this.#heldTogether;
    this.#heldTogether = { count: now - at > heldTogetherMs ? 1 : count + 1, at: now };
    if (this.#heldTogether.count < enoughHeldTogether) return;
    this.#isSeparate = false;
    this.#heldTogether = { count: 0, at: now };
  }

  /** How long a request waits while it has no limit of its own. For a while it goes faster than the other limit allows. */
  #neighbourMs(now: number, inFlight: number): number {
    const other = this.#neighbour();
    if (other === undefined) return 0;
    const { limit, tried, latencyMs } = other.#own.quota;
    const { sent, passed } = this.#own.quota.together(other.#own.quota, now);
    if (other.heldMs === 0 && sent < limit) return 0;
    // A few requests, long ago, were no trial.
    const isOver = now - this.#trial.lastAt > trialMs;
    this.#trial = { since: isOver ? now : this.#trial.since, lastAt: now };
    const leftMs = this.#trial.since + trialMs - now;
    if (leftMs <= 0 || isBeyond(passed, tried)) this.#isSeparate = true;
    const isFull = inFlight >= Math.max(1, Math.round((limit * trialFactor * latencyMs) / 1_000));
    return isFull && !this.#isSeparate ? leftMs : 0;
  }

  /** After a 429: shares the limit of another operation if that limit was just used up by both together. */
  #seekHost(toldMs: number): void {
    const other = this.#host === undefined ? this.#neighbour() : undefined;
    if (other === undefined || Math.abs(toldMs - other.#toldMs) > alikeMs) return;
    const { limit, tried, isGuess } = other.#own.quota;
    const { sent } = this.#own.quota.together(other.#own.quota, this.#clock.now());
    if (sent < limit * (isGuess ? leastOfGuess : leastOfLimit) - 2 && other.heldMs === 0) return;
    if (!isBeyond(sent, tried)) this.share(other);
  }
}

/** Whether more have passed in a second than a limit allows, even if two of the provider's windows meet in it. */
function isBeyond(passed: number, limit: number): boolean {
  return passed > limit * mostOfLimit + 4;
}
