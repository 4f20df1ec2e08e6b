import { once } from 'node:events';
import type { PretendProvider, ProviderName } from '../../sandbox/sandbox.ts';
import type { Claim } from './score.ts';

/** A pretend provider, as a client is told of it. */
export type Account = Pick<PretendProvider, 'baseUrl' | 'apiKey'> & { readonly provider: ProviderName };

/** Jobs to cancel, at a provider that was opened under this name. */
export interface Request {
  readonly name: string;
  readonly ids: readonly string[];
  /** Aborted as soon as no answer counts any more. */
  readonly signal: AbortSignal;
}

/** A client, or calloff on a surface, that can be asked. */
export interface OpenContestant {
  /** One claim for each id, in their order. A rejection says nothing of any job. */
  ask(request: Request): Promise<readonly Claim[]>;
  close(): Promise<void>;
}

/** Someone who cancels jobs, and says what became so. */
export interface Contestant {
  readonly name: string;
  /** Which providers it can be asked about. Default: all. */
  readonly providers?: readonly ProviderName[];
  /** How many requests it has under way at a time, and how many slow ones beside them: processes are fewer than sockets. */
  readonly atOnce: { readonly quick: number; readonly slow: number };
  /** Makes it ready for these accounts, by the names under which it is asked. */
  open(accounts: ReadonlyMap<string, Account>): Promise<OpenContestant>;
}

/**
 * A claim on each job, from a client that takes one job at a time and is asked for all of them at once. An error of one job ends
 * none of the others, and what is not said in time is nothing.
 */
export function each(
  { ids, signal }: Request,
  claim: (id: string) => Promise<Claim>,
): Promise<readonly Claim[]> {
  return Promise.all(
    ids.map(async (id) => {
      const said = await Promise.race([claim(id), once(signal, 'abort')]);
      return signal.aborted || typeof said !== 'string' ? 'nothing' : said;
    }),
  );
}

/** A client that keeps nothing between requests, asked for one job at a time. Rejects for a name that was not opened. */
export function jobByJob(
  accounts: ReadonlyMap<string, Account>,
  claim: (account: Account, id: string, signal: AbortSignal) => Promise<Claim>,
): OpenContestant {
  return {
    async ask(request) {
      const { name, signal } = request;
      const account = accounts.get(name);
      if (account === undefined) throw new Error(`there is no account ${name}`);
      return each(request, (id) => claim(account, id, signal));
    },
    close: async () => undefined,
  };
}
