import { createHash } from 'node:crypto';
import type { Clock } from '../../lib/clock.ts';
import type { Credential, LimitGroup } from '../types.ts';
import { AdaptiveRateLimiter } from './adaptive-rate-limiter.ts';
import type { Turn } from './turn.ts';

/** Beyond so many accounts the one that was used least recently is forgotten. */
const mostAccounts = 1_000;

/** Told how many milliseconds a request has waited for its turn. */
export type TurnObserver = (turn: Turn, waitedMs: number) => void;

/**
 * The limiters of provider accounts: connections with the same provider, base URL and key share theirs. It is to live as
 * long as the process, so that a configuration that was read again does not forget what a provider had asked for.
 */
export class Accounts {
  readonly clock: Clock;
  readonly #limiters = new Map<string, Map<string, AdaptiveRateLimiter>>();
  readonly #observe: TurnObserver | undefined;

  constructor(clock: Clock, observe?: TurnObserver) {
    this.clock = clock;
    this.#observe = observe;
  }

  /** The gate that requests of an operation go through. `provider` names the adapter. */
  limiter<Operation extends string>(
    operation: Operation,
    { provider, limits, credential }: AccountTerms<Operation>,
  ): AdaptiveRateLimiter {
    const limiters = this.#gatesOf(keyOf(provider, credential));
    const group = limits.find(({ operations }) => operations.includes(operation));
    const name = group?.operations.join(' ') ?? operation;
    const known = limiters.get(name);
    if (known !== undefined) return known;
    const limiter = new AdaptiveRateLimiter(this.clock, {
      known: group?.limit,
      resetIsBinding: group?.resetIsBinding,
    });
    limiters.set(name, limiter);
    return limiter;
  }

  /** Notes that a turn has come. */
  note(turn: Turn, waitedMs: number): void {
    this.#observe?.(turn, waitedMs);
  }

  #gatesOf(account: string): Map<string, AdaptiveRateLimiter> {
    const limiters = this.#limiters.get(account) ?? new Map<string, AdaptiveRateLimiter>();
    this.#limiters.delete(account);
    this.#limiters.set(account, limiters);
    const [oldest] = this.#limiters.keys();
    if (oldest !== undefined && this.#limiters.size > mostAccounts) this.#limiters.delete(oldest);
    return limiters;
  }
}

/** Whose requests they are, and what is documented of the limits there. */
interface AccountTerms<Operation extends string> {
  readonly provider: string;
  readonly limits: readonly LimitGroup<Operation>[];
  readonly credential: Credential;
}

/** The key itself is in no table. */
function keyOf(provider: string, { baseUrl, apiKey }: Credential): string {
  return `${provider} ${baseUrl} ${createHash('sha256').update(apiKey).digest('base64url')}`;
}
