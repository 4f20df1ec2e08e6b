import { createHash } from 'node:crypto';
import type { Clock } from '../../lib/clock.ts';
import type { Credential, LimitGroup } from '../types.ts';
import { agedBy, type Learned, learnedSchema } from './learned-state.ts';
import { OperationLimiter } from './operation-limiter.ts';
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
  readonly #limiters = new Map<string, Map<string, OperationLimiter>>();
  readonly #observe: TurnObserver | undefined;

  constructor(clock: Clock, observe?: TurnObserver) {
    this.clock = clock;
    this.#observe = observe;
  }

  /** The rate limiter for requests of one kind. `provider` is the adapter's id. */
  limiter<Operation extends string>(
    operation: Operation,
    { provider, limits, credential }: AccountTerms<Operation>,
  ): OperationLimiter {
    const limiters = this.#limitersOf(keyOf(provider, credential));
    const group = limits.find(({ operations }) => operations.includes(operation));
    const name = group?.operations.join(' ') ?? operation;
    return this.#open(limiters, name, group);
  }

  /** What was learned about an account, for another process. It holds no secret. */
  learned({ provider, credential }: AccountTerms<string>): Learned {
    const limiters = [...(this.#limiters.get(keyOf(provider, credential)) ?? [])];
    const copies = limiters.map(([name, limiter]) => {
      const [shares] = limiters.find(([, each]) => each === limiter.host) ?? [];
      return [name, { ...limiter.copy(), ...(shares !== undefined && { shares }) }] as const;
    });
    return Object.fromEntries(copies);
  }

  /** Puts back what another process had learned about an account `ageMs` milliseconds ago. Returns whether it could be read. */
  restore({ provider, limits, credential }: AccountTerms<string>, value: unknown, ageMs: number): boolean {
    const { data } = learnedSchema.safeParse(value);
    const limiters = this.#limitersOf(keyOf(provider, credential));
    const open = (name: string) => {
      const group = limits.find(({ operations }) => operations.join(' ') === name);
      return this.#open(limiters, name, group);
    };
    const states = Object.entries(data ?? {});
    // The copy of one that shares a limit is that of its host: restored twice, each request would count twice.
    for (const [name, state] of states)
      if (state.shares === undefined) open(name).restore(agedBy(ageMs, state));
    for (const [name, { shares }] of states) if (shares !== undefined) open(name).share(open(shares));
    return data !== undefined;
  }

  #open(
    limiters: Map<string, OperationLimiter>,
    name: string,
    group: LimitGroup<string> | undefined,
  ): OperationLimiter {
    const known = limiters.get(name);
    if (known !== undefined) return known;
    const documented = {
      known: group?.limit,
      resetIsBinding: group?.resetIsBinding,
      atOnce: group?.atOnce,
    };
    const others = group === undefined ? () => limiters.values() : undefined;
    const limiter = new OperationLimiter(this.clock, documented, others);
    limiters.set(name, limiter);
    return limiter;
  }

  /** Reports that a request has its turn. */
  note(turn: Turn, waitedMs: number): void {
    this.#observe?.(turn, waitedMs);
  }

  #limitersOf(account: string): Map<string, OperationLimiter> {
    const limiters = this.#limiters.get(account) ?? new Map<string, OperationLimiter>();
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
