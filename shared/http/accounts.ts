import { createHash } from 'node:crypto';
import type { Clock } from '../clock.ts';
import { Gate } from './gate.ts';
import type { Credential } from './line.ts';
import type { LimitGroup } from './message.ts';
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
  readonly #gates = new Map<string, Map<string, Gate>>();
  readonly #observe: TurnObserver | undefined;

  constructor(clock: Clock, observe?: TurnObserver) {
    this.clock = clock;
    this.#observe = observe;
  }

  /** The gate that requests of an operation go through. `provider` names the adapter. */
  gate<Operation extends string>(
    operation: Operation,
    { provider, limits, credential }: AccountTerms<Operation>,
  ): Gate {
    const gates = this.#gatesOf(keyOf(provider, credential));
    const group = limits.find(({ operations }) => operations.includes(operation));
    const name = group?.operations.join(' ') ?? operation;
    const known = gates.get(name);
    if (known !== undefined) return known;
    const gate = new Gate(this.clock, { known: group?.limit, resetIsBinding: group?.resetIsBinding });
    gates.set(name, gate);
    return gate;
  }

  /** Notes that a turn has come. */
  note(turn: Turn, waitedMs: number): void {
    this.#observe?.(turn, waitedMs);
  }

  #gatesOf(account: string): Map<string, Gate> {
    const gates = this.#gates.get(account) ?? new Map<string, Gate>();
    this.#gates.delete(account);
    this.#gates.set(account, gates);
    const [oldest] = this.#gates.keys();
    if (oldest !== undefined && this.#gates.size > mostAccounts) this.#gates.delete(oldest);
    return gates;
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
