import {
  type BulkResult,
  type CallContext,
  cancelJob,
  cancelJobs,
  type ServiceParts,
} from './cancellation/cancel-jobs.ts';
import type { Checked } from './cancellation/check.ts';
import type { Connection } from './cancellation/connection.ts';
import { type FindResult, find } from './cancellation/find.ts';
import { type JobView, look, lookMany } from './cancellation/look.ts';
import { listProviders, type ProviderView } from './cancellation/providers.ts';
import { type Clock, systemClock } from './clock.ts';
import type { ConnectionSettings } from './config/settings.ts';
import { type CredentialSource, Line } from './http/line.ts';
import { type Log, silentLog } from './log.ts';
import type { Outcome } from './outcome.ts';
import { adapters } from './providers/registry.ts';

/** What a gateway is made of. */
export interface GatewayParts {
  readonly connections: readonly ConnectionSettings[];
  credentials(connection: ConnectionSettings): CredentialSource;
  /** Milliseconds for one call. */
  readonly budgetMs: number;
  readonly fetch?: typeof fetch;
  readonly clock?: Clock;
  readonly log?: Log;
}

/**
 * The core that every surface calls. Requests are foreign input: they are checked here, once for all, and faults come
 * back as values. Nothing here rejects but for a bug of ours.
 */
export interface Gateway {
  /** Starts the time budget now: all cancels under the context it gives have one budget between them. */
  begin(context: CallContext): CallContext;
  cancelJob(request: unknown, context: CallContext): Promise<Checked<Outcome>>;
  cancelJobs(request: unknown, context: CallContext): Promise<Checked<BulkResult>>;
  look(request: unknown, context: CallContext): Promise<Checked<JobView | Outcome>>;
  lookMany(request: unknown, context: CallContext): Promise<Checked<(JobView | Outcome)[]>>;
  find(request: unknown, context: CallContext): Promise<Checked<FindResult>>;
  providers(): Promise<ProviderView[]>;
  /** The connections themselves, for `calloff doctor`. */
  readonly connections: ReadonlyMap<string, Connection>;
}

/** Joins the parts into a gateway: the only place that does. */
export function createGateway(parts: GatewayParts): Gateway {
  const { budgetMs, fetch = globalThis.fetch, clock = systemClock, log = silentLog } = parts;
  const connections = new Map(
    parts.connections.map((settings) => [
      settings.name,
      connect(settings, parts.credentials(settings), fetch, clock),
    ]),
  );
  const service: ServiceParts = { connections, clock, log, budgetMs };
  return {
    begin: (context) => ({ ...context, startedAt: clock.now() }),
    cancelJob: (request, context) => cancelJob(service, request, context),
    cancelJobs: (request, context) => cancelJobs(service, request, context),
    look: (request, context) => look(service, request, context),
    lookMany: (request, context) => lookMany(service, request, context),
    find: (request, context) => find(service, request, context),
    providers: () => listProviders(connections),
    connections,
  };
}

function connect(
  settings: ConnectionSettings,
  credentials: CredentialSource,
  fetch: typeof globalThis.fetch,
  clock: Clock,
): Connection {
  const adapter = adapters[settings.provider];
  const line = new Line({ auth: adapter.auth, limits: adapter.limits, credentials, fetch, clock });
  return { name: settings.name, adapter, options: settings.options, line, credentials, clock, learned: {} };
}
