import { createHash } from 'node:crypto';
import type { Clock } from '../../lib/clock.ts';
import type { Credential, LimitGroup } from '../types.ts';
import { AdaptiveRateLimiter } from './adaptive-rate-limiter.ts';
import { type Learned, learnedSchema } from './learned-state.ts';
import type { Turn } from './turn.ts';

/** The most accounts. Beyond it the least recently used one is forgotten. */
const mostAccounts = 1_000;

/** Receives how many milliseconds a request has waited for its turn. */
export type TurnObserver = (turn: Turn, waitedMs: number) => void;

/**
 * The rate limiters of provider accounts: connections with the same provider, base URL and key share one. It must live as
 * long as the process, so that a reloaded configuration does not forget a provider's limits.
 */
export class Accounts {
  readonly clock: Clock;
  readonly #limiters = new Map<string, Map<string, AdaptiveRateLimiter>>();
  readonly #observe: TurnObserver | undefined;

  constructor(clock: Clock, observe?: TurnObserver) {
    this.clock = clock;
    this.#observe = observe;
  }

  /** The rate limiter for requests of one kind. `provider` is the adapter's id. */
  limiter<Operation extends string>(
    operation: Operation,
    { provider, limits, credential }: AccountTerms<Operation>,
  ): AdaptiveRateLimiter {
    const limiters = this.#limitersOf(keyOf(provider, credential));
    const group = limits.find(({ operations }) => operations.includes(operation));
    const name = group?.operations.join(' ') ?? operation;
    return this.#open(limiters, name, group);
  }

  /** What was learned about an account, for another process. It holds no secret. */
  learned({ provider, credential }: AccountTerms<string>): Learned {
    const limiters = this.#limiters.get(keyOf(provider, credential)) ?? [];
    return Object.fromEntries([...limiters].map(([name, limiter]) => [name, limiter.copy()]));
  }

  /** Puts back what another process has learned about an account. Returns whether it could be read. */
  restore({ provider, limits, credential }: AccountTerms<string>, value: unknown): boolean {
    const { data } = learnedSchema.safeParse(value);
    const limiters = this.#limitersOf(keyOf(provider, credential));
    for (const [name, state] of Object.entries(data ?? {})) {
      const group = limits.find(({ operations }) => operations.join(' ') === name);
      this.#open(limiters, name, group).restore(state);
    }
    return data !== undefined;
  }

  #open(
    limiters: Map<string, AdaptiveRateLimiter>,
    name: string,
    group: LimitGroup<string> | undefined,
  ): AdaptiveRateLimiter {
    const known = limiters.get(name);
    if (known !== undefined) return known;
    const limiter = new AdaptiveRateLimiter(this.clock, {
      known: group?.limit,
      resetIsBinding: group?.resetIsBinding,
      atOnce: group?.atOnce,
    });
    limiters.set(name, limiter);
    return limiter;
  }

  /** Reports that a request has its turn. */
  note(turn: Turn, waitedMs: number): void {
    this.#observe?.(turn, waitedMs);
  }

  #limitersOf(account: string): Map<string, AdaptiveRateLimiter> {
    const limiters = this.#limiters.get(account) ?? new Map<string, AdaptiveRateLimiter>();
    this.#limiters.delete(account);
    this.#limiters.set(account, limiters);
    const [oldest] = this.#limiters.keys();
    if (oldest !== undefined && this.#limiters.size > mostAccounts) this.#limiters.delete(oldest);
    return limiters;
  }
}

/** The account, and the documented limits of its provider. */
interface AccountTerms<Operation extends string> {
  readonly provider: string;
  readonly limits: readonly LimitGroup<Operation>[];
  readonly credential: Credential;
}

/** Identifies an account by a hash, so that the key itself is in no table. */
function keyOf(provider: string, { baseUrl, apiKey }: Credential): string {
  return `${provider} ${baseUrl} ${createHash('sha256').update(apiKey).digest('base64url')}`;
}
