import { isDeepStrictEqual } from 'node:util';
import type { ProviderAdapter } from './adapter/adapter.ts';
import { adapterFor, type Provider } from './adapter/provider.ts';
import type { ConnectionSettings } from './config/connection-settings.ts';
import { providerIds } from './contract/provider-ids.ts';
import { BatchLog } from './engine/batch-log.ts';
import type { Connection } from './engine/connection.ts';
import { StatusCache } from './engine/status-cache.ts';
import { WaitingChecks } from './engine/waiting-checks.ts';
import { loadSigner } from './http/auth/authorizer.ts';
import type { CredentialSource } from './http/auth/credential-source.ts';
import { connectionLog } from './http/connection-log.ts';
import { ProviderClient } from './http/provider-client.ts';
import type { Accounts } from './http/rate-limit/accounts.ts';
import { SharedRequests } from './http/shared-requests.ts';
import { limitOn } from './http/types.ts';
import type { Clock } from './lib/clock.ts';
import type { Log } from './lib/log.ts';
import type { Meter } from './lib/telemetry/meter.ts';
import { providers } from './providers/registry.ts';

/** What connections are opened with. */
export interface ConnectionParts {
  credentials(connection: ConnectionSettings): CredentialSource;
  /** The rate limiters of the accounts. They outlive the connections. */
  readonly accounts: Accounts;
  readonly fetch: typeof globalThis.fetch;
  readonly clock: Clock;
  readonly log: Log;
  readonly meter?: Meter | undefined;
}

/** The open connections of an installation, by name. */
export type Connections = ReadonlyMap<string, Connection>;

interface OpenConnection {
  readonly settings: ConnectionSettings;
  readonly connection: Connection;
}

/**
 * The connections that `configured` names at the time of a call. A connection whose settings are the same as before stays
 * open, with all that it has learned; one that is new or changed is opened.
 */
export function connectionSource(
  configured: () => Promise<readonly ConnectionSettings[]>,
  parts: ConnectionParts,
): () => Promise<Connections> {
  let known: readonly ConnectionSettings[] | undefined;
  let open = new Map<string, OpenConnection>();
  let connections: Connections = new Map();
  return async () => {
    const latest = await configured();
    if (latest === known) return connections;
    const loaded = await Promise.all(latest.map(load));
    // Another call may have opened them meanwhile: there must be one of each.
    if (latest === known) return connections;
    known = latest;
    open = new Map(loaded.map((each) => [each.settings.name, reopen(each, open, parts)]));
    connections = new Map([...open].map(([name, { connection }]) => [name, connection]));
    return connections;
  };
}

interface LoadedConnection {
  readonly settings: ConnectionSettings;
  readonly adapter: ProviderAdapter;
}

/** Reads the provider of a connection, and what signs its requests. Those that no connection is for stay unread. */
async function load(settings: ConnectionSettings): Promise<LoadedConnection> {
  const adapter = adapterFor(await providerOf(settings), settings.options);
  await loadSigner(adapter.auth);
  return { settings, adapter };
}

async function providerOf({ provider, own }: ConnectionSettings): Promise<Provider> {
  if (own !== undefined) return own.provider;
  const id = providerIds.find((each) => each === provider);
  if (id === undefined) throw new Error('a connection has a provider that is not known');
  return providers[id]();
}

function reopen(
  loaded: LoadedConnection,
  open: ReadonlyMap<string, OpenConnection>,
  parts: ConnectionParts,
): OpenConnection {
  const { settings } = loaded;
  const before = open.get(settings.name);
  return before !== undefined && isDeepStrictEqual(before.settings, settings)
    ? before
    : { settings, connection: connect(loaded, parts) };
}

function connect({ settings, adapter }: LoadedConnection, parts: ConnectionParts): Connection {
  const { name, provider, options } = settings;
  const { accounts, fetch, clock, log, meter } = parts;
  const { auth, limits, turnedAway, mostBytes } = adapter;
  const credentials = parts.credentials(settings);
  const { lost: onLost, keyRejected: onRejected } = connectionLog(name, clock, log);
  return {
    name,
    adapter,
    options,
    client: new ProviderClient({
      ...{
        provider,
        auth,
        limits,
        turnedAway,
        mostBytes,
        credentials,
        accounts,
        fetch,
        clock,
        onLost,
        onRejected,
      },
      onSent: (request) => meter?.({ is: 'provider_request', connection: name, ...request }),
    }),
    credentials,
    clock,
    learned: {},
    statusCache: new StatusCache(clock, limitOn('status', limits), adapter.reopens),
    sameRequests: new SharedRequests(),
    waitingChecks: new WaitingChecks(clock),
    batchLog: new BatchLog(),
  };
}
