import { randomUUID } from 'node:crypto';
import { twins } from '../../sandbox/providers/index.ts';
import type { PretendProvider, ProviderName, Sandbox } from '../../sandbox/sandbox.ts';
import type { TwinFacts } from '../../sandbox/twin/provider-model.ts';
import { unrestrictedRights } from '../../shared/access/caller.ts';
import { type ConnectionSettings, defaultConnections } from '../../shared/config/connection-settings.ts';
import { credentialFromSettings } from '../../shared/config/secrets/credentials.ts';
import { readSettings, type Settings } from '../../shared/config/settings.ts';
import { providerIds } from '../../shared/contract/provider-ids.ts';
import { createGateway, type Gateway } from '../../shared/gateway.ts';
import type { Accounts } from '../../shared/http/rate-limit/accounts.ts';
import type { Clock } from '../../shared/lib/clock.ts';
import { adapters } from '../fixtures/adapters.ts';
import { cases } from './thorough.ts';
import type { ProviderLogs } from './truth/check-outcomes.ts';

/** The providers that are there without a word: for tests of processes and functions, which the environment tells of them. */
export const usualNames: readonly ProviderName[] = defaultConnections;

/** The providers, for tests that hold for each: all in a soak, and the usual ones otherwise. Laws and stories are tried with all. */
export const providerNames: readonly ProviderName[] = cases(providerIds, (id) => usualNames.includes(id));

/** An id, as the provider makes them, of a job that is not there: a new one, or the one that belongs to a UUID. */
export function missingJobId(provider: ProviderName, uuid: string = randomUUID()): string {
  return twins[provider].idOf(uuid);
}

/** One connection per pretend provider, named after it. */
export function connectionsTo(sandbox: Pick<Sandbox, 'providers'>): ConnectionSettings[] {
  return providerNames.map((name) => connectionTo(name, sandbox.providers[name]));
}

/** A connection to a pretend provider, under a name of its own. */
export function connectionTo(
  provider: ProviderName,
  { baseUrl, apiKey }: Pick<PretendProvider, 'baseUrl' | 'apiKey'>,
  name: string = provider,
): ConnectionSettings {
  const { keyFrom, options = {} }: TwinFacts = twins[provider];
  return { name, provider, baseUrl, apiKey: keyFrom?.(apiKey) ?? apiKey, options };
}

/** How a gateway in a test differs from the embedded server's. */
interface GatewayTerms {
  readonly budgetMs?: number;
  /** Gives a request up after so many milliseconds instead of ten seconds, so that hangs do not hold a test up. */
  readonly requestMs?: number;
  readonly accounts?: Accounts;
  /** How providers in memory are reached, and the clock that they go by, instead of real HTTP in real time. */
  readonly inMemory?: { readonly fetch: typeof fetch; readonly clock: Clock };
}

/** A gateway, and the ids of which it sent a cancel. */
type WatchedGateway = Gateway & { readonly left: ReadonlySet<string> };

/** A gateway that speaks to the pretend providers over real HTTP. */
export function gatewayTo(
  sandbox: Sandbox,
  {
    connections = connectionsTo(sandbox),
    ...terms
  }: GatewayTerms & { readonly connections?: readonly ConnectionSettings[] } = {},
): WatchedGateway {
  return gatewayOver(connections, terms);
}

/** A gateway on these connections. */
export function gatewayOver(
  connections: readonly ConnectionSettings[],
  { budgetMs = 120_000, requestMs = 10_000, accounts, inMemory }: GatewayTerms = {},
): WatchedGateway {
  const left = new Set<string>();
  const watched: typeof fetch = (input, init = {}) => {
    for (const id of idsIn(`${input} ${init.body ?? ''}`)) left.add(id);
    if (inMemory !== undefined) return inMemory.fetch(input, init);
    const signals = [AbortSignal.timeout(requestMs), ...(init.signal ? [init.signal] : [])];
    return fetch(input, { ...init, signal: AbortSignal.any(signals) });
  };
  const gateway = createGateway({
    connections: async () => connections,
    credentials: credentialFromSettings,
    budgetMs,
    accounts,
    fetch: watched,
    ...(inMemory && { clock: inMemory.clock }),
  });
  return { ...gateway, left };
}

/** Everything that may be an id: a colon belongs to some, and ends or begins beside others. */
function idLike(request: string): string[] {
  const words = request.split(/[^A-Za-z0-9._~:-]+/);
  return [...words, ...words.flatMap((word) => word.split(':'))];
}

/** What may be an id in a request that cancels; nothing in one that does not. */
function idsIn(request: string): string[] {
  return /cancel|terminate/.test(request) ? idLike(request) : [];
}

/** The pretend providers as witnesses, under the names of {@link connectionsTo}. */
export function providerLogsOf(sandbox: Pick<Sandbox, 'providers'>): ProviderLogs {
  return Object.fromEntries(
    providerNames.map((name) => [name, { provider: name, witness: sandbox.providers[name] }]),
  );
}

/** The value of a result that must be one, so that a refused request fails the test and says why. */
export function accepted<T>(
  result:
    | { readonly ok: true; readonly value: T }
    | { readonly ok: false; readonly faults: readonly { path: string; message: string }[] },
): T {
  if (result.ok) return result.value;
  throw new Error(`refused: ${result.faults.map(({ path, message }) => `${path} ${message}`).join(', ')}`);
}

/** A call by somebody who may do everything. */
export const context = {
  requestId: 'test',
  caller: { id: 'test', kind: 'program', rights: unrestrictedRights },
  surface: 'http',
} as const;

/** Settings for a server on a free port that speaks to these connections. */
export function settingsFor(
  connections: readonly ConnectionSettings[],
  budgetMs?: number,
): Settings & { readonly token: string } {
  const token = 'a-token-for-tests-only';
  return { ...readSettings({}), connections, host: '127.0.0.1', port: 0, token, budgetMs };
}

/** Whether a provider counts cancels and status checks together. */
export function sharesOneQuota(provider: ProviderName): boolean {
  return adapters[provider].limits.some(
    ({ operations }) => operations.includes('cancel') && operations.includes('status'),
  );
}

/** Whether no cancel can succeed before the time in a provider's refusal. */
export function isBinding(provider: ProviderName): boolean {
  const group = adapters[provider].limits.find(({ operations }) => operations.includes('cancel'));
  return group?.resetIsBinding === true;
}
