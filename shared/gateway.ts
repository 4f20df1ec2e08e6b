import type { JobPattern } from './access/caller.ts';
import { Confirmations } from './access/confirmation/confirmations.ts';
import { SlidingWindowLimiter } from './access/rate-limiter.ts';
import type { CallDeadline } from './cancellation/call-deadline.ts';
import { CallTimes } from './cancellation/call-times.ts';
import type { Access, RequestContext, ServiceParts } from './cancellation/request-context.ts';
import type { ConnectionSettings } from './config/settings.ts';
import type { JobView } from './contract/job.ts';
import type { Outcome } from './contract/outcome.ts';
import type {
  BulkResult,
  ConfirmationView,
  ListResult,
  OneResult,
  ProviderView,
} from './contract/responses.ts';
import { BatchLog } from './engine/batch-log.ts';
import type { Connection } from './engine/connection.ts';
import { StatusCache } from './engine/status-cache.ts';
import { WaitingChecks } from './engine/waiting-checks.ts';
import { connectionErrorLog } from './http/connection-error-log.ts';
import { type CredentialSource, ProviderClient } from './http/provider-client.ts';
import { Accounts } from './http/rate-limit/accounts.ts';
import { newTurn, type TurnClass } from './http/rate-limit/turn.ts';
import { SharedRequests } from './http/shared-requests.ts';
import { limitOn } from './http/types.ts';
import { type Clock, systemClock } from './lib/clock.ts';
import { type Log, silentLog } from './lib/log.ts';
import type { WaysToConfirm } from './messages/confirmation.ts';
import { adapters } from './providers/registry.ts';
import type { Store } from './store/store.ts';
import { withDeadline } from './store/with-deadline.ts';
import { cancelJob, cancelJobs } from './use-cases/cancel-jobs.ts';
import {
  approveConfirmation,
  closeConfirmation,
  confirmationRequest,
  showConfirmation,
  withdrawConfirmation,
} from './use-cases/confirmations.ts';
import { listProviders } from './use-cases/connections.ts';
import { getJob, getJobs } from './use-cases/get-jobs.ts';
import { listJobs } from './use-cases/list-jobs.ts';
import { type AuditResult, audit } from './use-cases/read-audit.ts';
import type { Result } from './use-cases/validate.ts';
import { type AuditedAction, auditedCancel, orStoreFault, withAudit } from './use-cases/with-audit.ts';

/** What callers are held to, and where it is counted and written down. */
export interface AccessParts {
  readonly store: Store;
  /** The secret that confirmations are bound by; without one nothing can be confirmed but by the person at the client. */
  pepper(): Promise<string | undefined>;
  /** Whether the process goes on once a call is answered, so that a record need not hold an answer up. By default not. */
  readonly outlivesAnswers?: boolean;
}

/** What a gateway is made of. Without `access` nothing is counted, confirmed or written down. */
export interface GatewayParts {
  readonly connections: readonly ConnectionSettings[];
  credentials(connection: ConnectionSettings): CredentialSource;
  /** Milliseconds for one call. */
  readonly budgetMs: number;
  readonly access?: AccessParts | undefined;
  /** Jobs that nobody may cancel; by default none. */
  protectedJobs?(): Promise<readonly JobPattern[]>;
  /** Where a person can confirm, beside the API; by default nowhere. */
  waysToConfirm?(): Promise<WaysToConfirm>;
  /** The limiters of the accounts, where they are to outlive this gateway. */
  readonly accounts?: Accounts | undefined;
  readonly fetch?: typeof fetch;
  readonly clock?: Clock;
  readonly log?: Log;
}

/**
 * The core that every surface calls. Requests are foreign input: they are checked here, once for all, and faults come
 * back as values. Nothing here rejects but for a bug of ours, or where the store cannot be read.
 */
export interface Gateway {
  cancelJob(request: unknown, context: RequestContext): Promise<Result<OneResult>>;
  cancelJobs(request: unknown, context: RequestContext): Promise<Result<BulkResult>>;
  getJob(request: unknown, context: RequestContext): Promise<Result<JobView | Outcome>>;
  getJobs(request: unknown, context: RequestContext): Promise<Result<(JobView | Outcome)[]>>;
  listJobs(request: unknown, context: RequestContext): Promise<Result<ListResult>>;
  providers(context: RequestContext): Promise<Result<{ providers: ProviderView[] }>>;
  showConfirmation(request: unknown, context: RequestContext): Promise<Result<ConfirmationView>>;
  approveConfirmation(request: unknown, context: RequestContext): Promise<Result<ConfirmationView>>;
  closeConfirmation(request: unknown, context: RequestContext): Promise<Result<ConfirmationView>>;
  withdrawConfirmation(
    request: unknown,
    context: RequestContext,
  ): Promise<Result<{ readonly withdrawn: true }>>;
  readAudit(request: unknown, context: RequestContext): Promise<Result<AuditResult>>;
}

/** A gateway whose connections do not change while it lives. */
export interface FixedGateway extends Gateway {
  /** For `calloff doctor`. */
  readonly connections: ReadonlyMap<string, Connection>;
  /** The process is to stop: every call, also one that is still to come, has its answer within eight and a half seconds. */
  hasten(): void;
}

/** Joins the parts into a gateway: the only place that does. */
export function createGateway(parts: GatewayParts): FixedGateway {
  const {
    budgetMs,
    protectedJobs,
    waysToConfirm,
    fetch = globalThis.fetch,
    clock = systemClock,
    log = silentLog,
    accounts = new Accounts(clock),
  } = parts;
  const connections = new Map(
    parts.connections.map((settings) => [
      settings.name,
      connect(settings, { credentials: parts.credentials(settings), accounts, fetch, clock, log }),
    ]),
  );
  const times = new CallTimes(clock, budgetMs);
  const forCall = (time: CallDeadline, turnClass: TurnClass): ServiceParts => {
    const access = parts.access && accessFor(parts.access, clock, time);
    return {
      connections,
      clock,
      log,
      time,
      turn: newTurn(turnClass),
      access,
      ...(protectedJobs && { protectedJobs }),
      ...(waysToConfirm && { waysToConfirm }),
    };
  };
  const call = <T>(
    { limitMs }: RequestContext,
    turnClass: TurnClass,
    work: (service: ServiceParts) => Promise<T>,
  ) => times.during((time) => work(forCall(time, turnClass)), limitMs);
  const read =
    <T>(action: AuditedAction['action'], work: Work<T>, more: Omit<AuditedAction, 'action'> = {}) =>
    (request: unknown, context: RequestContext) => {
      const confirmation = confirmationRequest.safeParse(request).data?.confirmation_id;
      const asked = { action, confirmation, ...more };
      return call(context, 'read', (service) =>
        withAudit(asked, service, context, () => work(service, request, context)),
      );
    };
  return {
    cancelJob: (request, context) =>
      call(context, 'look_before', (service) =>
        auditedCancel(request, service, context, () => cancelJob(service, request, context)),
      ),
    cancelJobs: (request, context) =>
      call(context, 'look_before', (service) =>
        auditedCancel(request, service, context, () => cancelJobs(service, request, context)),
      ),
    getJob: read('list', getJob),
    getJobs: read('list', getJobs, { countsItself: true }),
    listJobs: read('list', listJobs),
    providers: async (context) => ({
      ok: true,
      value: { providers: await listProviders(connections, context) },
    }),
    showConfirmation: read('confirm', showConfirmation, { step: 'show' }),
    approveConfirmation: read('confirm', approveConfirmation, { step: 'approve' }),
    closeConfirmation: read('confirm', closeConfirmation, { step: 'decline' }),
    withdrawConfirmation: (request, context) =>
      call(context, 'read', (service) =>
        orStoreFault(service, context, () => withdrawConfirmation(service, request, context)),
      ),
    readAudit: read('audit', audit),
    connections,
    hasten: () => times.hasten(),
  };
}

function accessFor(access: AccessParts, clock: Clock, time: CallDeadline): Access {
  const { outlivesAnswers = false } = access;
  const store = withDeadline(access.store, clock, { over: () => time.over, ended: time.ended });
  return {
    ...access,
    outlivesAnswers,
    store,
    rateLimiter: new SlidingWindowLimiter(store, clock, { staysAwake: outlivesAnswers }),
    confirmations: new Confirmations({ ...access, store, clock }),
  };
}

type Work<T> = (parts: ServiceParts, request: unknown, context: RequestContext) => Promise<Result<T>>;

interface ConnectionParts {
  readonly credentials: CredentialSource;
  readonly accounts: Accounts;
  readonly fetch: typeof globalThis.fetch;
  readonly clock: Clock;
  readonly log: Log;
}

function connect(
  { name, provider, options }: ConnectionSettings,
  { credentials, accounts, fetch, clock, log }: ConnectionParts,
): Connection {
  const adapter = adapters[provider];
  const { auth, limits } = adapter;
  const onLost = connectionErrorLog(name, clock, log);
  const client = new ProviderClient({ provider, auth, limits, credentials, accounts, fetch, clock, onLost });
  const statusCache = new StatusCache(clock, limitOn('status', limits));
  const waiting = {
    sameRequests: new SharedRequests(),
    waitingChecks: new WaitingChecks(clock),
    batchLog: new BatchLog(),
  };
  return {
    name,
    adapter,
    options,
    client: client,
    credentials,
    clock,
    learned: {},
    statusCache: statusCache,
    ...waiting,
  };
}

/** A gateway that is another one whenever `current` says so: for connections that are configured elsewhere and may change. */
export function followingGateway(current: () => Promise<Gateway>): Gateway {
  return {
    cancelJob: async (request, context) => (await current()).cancelJob(request, context),
    cancelJobs: async (request, context) => (await current()).cancelJobs(request, context),
    getJob: async (request, context) => (await current()).getJob(request, context),
    getJobs: async (request, context) => (await current()).getJobs(request, context),
    listJobs: async (request, context) => (await current()).listJobs(request, context),
    providers: async (context) => (await current()).providers(context),
    showConfirmation: async (request, context) => (await current()).showConfirmation(request, context),
    approveConfirmation: async (request, context) => (await current()).approveConfirmation(request, context),
    closeConfirmation: async (request, context) => (await current()).closeConfirmation(request, context),
    withdrawConfirmation: async (request, context) =>
      (await current()).withdrawConfirmation(request, context),
    readAudit: async (request, context) => (await current()).readAudit(request, context),
  };
}
