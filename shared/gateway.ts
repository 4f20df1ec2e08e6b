import { Allowance } from './access/allowance.ts';
import type { JobPattern } from './access/caller.ts';
import { Confirmations } from './access/confirmation.ts';
import { type AuditResult, audit } from './cancellation/audit.ts';
import { BatchLog } from './cancellation/batch-log.ts';
import type { Access, CallContext, ServiceParts, WaysToConfirm } from './cancellation/call-context.ts';
import type { CallTime } from './cancellation/call-time.ts';
import { CallTimes } from './cancellation/call-times.ts';
import { type BulkResult, cancelJob, cancelJobs, type OneResult } from './cancellation/cancel-jobs.ts';
import type { Checked } from './cancellation/check.ts';
import {
  approveConfirmation,
  type ConfirmationView,
  closeConfirmation,
  confirmationRequest,
  showConfirmation,
  withdrawConfirmation,
} from './cancellation/confirm.ts';
import type { Connection } from './cancellation/connection.ts';
import { type FindResult, find } from './cancellation/find.ts';
import { Glances } from './cancellation/glances.ts';
import { type JobView, look, lookMany } from './cancellation/look.ts';
import { listProviders, type ProviderView } from './cancellation/providers.ts';
import { WaitingLooks } from './cancellation/waiting-looks.ts';
import { notedCancel, orStoreFault, type Watched, watched } from './cancellation/watch.ts';
import { type Clock, systemClock } from './clock.ts';
import type { ConnectionSettings } from './config/settings.ts';
import { Accounts } from './http/accounts.ts';
import { type CredentialSource, Line } from './http/line.ts';
import { lossLog } from './http/loss-log.ts';
import { limitOn } from './http/message.ts';
import { SameRequests } from './http/same-requests.ts';
import { newTurn, type TurnClass } from './http/turn.ts';
import { type Log, silentLog } from './log.ts';
import type { Outcome } from './outcome.ts';
import { adapters } from './providers/registry.ts';
import type { Store } from './store/store.ts';
import { storeInTime } from './store/store-in-time.ts';

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
  cancelJob(request: unknown, context: CallContext): Promise<Checked<OneResult>>;
  cancelJobs(request: unknown, context: CallContext): Promise<Checked<BulkResult>>;
  look(request: unknown, context: CallContext): Promise<Checked<JobView | Outcome>>;
  lookMany(request: unknown, context: CallContext): Promise<Checked<(JobView | Outcome)[]>>;
  find(request: unknown, context: CallContext): Promise<Checked<FindResult>>;
  providers(context: CallContext): Promise<Checked<{ providers: ProviderView[] }>>;
  showConfirmation(request: unknown, context: CallContext): Promise<Checked<ConfirmationView>>;
  approveConfirmation(request: unknown, context: CallContext): Promise<Checked<ConfirmationView>>;
  closeConfirmation(request: unknown, context: CallContext): Promise<Checked<ConfirmationView>>;
  withdrawConfirmation(
    request: unknown,
    context: CallContext,
  ): Promise<Checked<{ readonly withdrawn: true }>>;
  audit(request: unknown, context: CallContext): Promise<Checked<AuditResult>>;
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
  const forCall = (time: CallTime, turnClass: TurnClass): ServiceParts => {
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
    { limitMs }: CallContext,
    turnClass: TurnClass,
    work: (service: ServiceParts) => Promise<T>,
  ) => times.during((time) => work(forCall(time, turnClass)), limitMs);
  const read =
    <T>(action: Watched['action'], work: Work<T>, more: Omit<Watched, 'action'> = {}) =>
    (request: unknown, context: CallContext) => {
      const confirmation = confirmationRequest.safeParse(request).data?.confirmation_id;
      const asked = { action, confirmation, ...more };
      return call(context, 'read', (service) =>
        watched(asked, service, context, () => work(service, request, context)),
      );
    };
  return {
    cancelJob: (request, context) =>
      call(context, 'look_before', (service) =>
        notedCancel(request, service, context, () => cancelJob(service, request, context)),
      ),
    cancelJobs: (request, context) =>
      call(context, 'look_before', (service) =>
        notedCancel(request, service, context, () => cancelJobs(service, request, context)),
      ),
    look: read('list', look),
    lookMany: read('list', lookMany, { countsItself: true }),
    find: read('list', find),
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
    audit: read('audit', audit),
    connections,
    hasten: () => times.hasten(),
  };
}

function accessFor(access: AccessParts, clock: Clock, time: CallTime): Access {
  const { outlivesAnswers = false } = access;
  const store = storeInTime(access.store, clock, { over: () => time.over, ended: time.ended });
  return {
    ...access,
    outlivesAnswers,
    store,
    allowance: new Allowance(store, clock, { staysAwake: outlivesAnswers }),
    confirmations: new Confirmations({ ...access, store, clock }),
  };
}

type Work<T> = (parts: ServiceParts, request: unknown, context: CallContext) => Promise<Checked<T>>;

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
  const onLost = lossLog(name, clock, log);
  const line = new Line({ provider, auth, limits, credentials, accounts, fetch, clock, onLost });
  const glances = new Glances(clock, limitOn('look', limits));
  const waiting = {
    sameRequests: new SameRequests(),
    looks: new WaitingLooks(clock),
    batches: new BatchLog(),
  };
  return { name, adapter, options, line, credentials, clock, learned: {}, glances, ...waiting };
}

/** A gateway that is another one whenever `current` says so: for connections that are configured elsewhere and may change. */
export function followingGateway(current: () => Promise<Gateway>): Gateway {
  return {
    cancelJob: async (request, context) => (await current()).cancelJob(request, context),
    cancelJobs: async (request, context) => (await current()).cancelJobs(request, context),
    look: async (request, context) => (await current()).look(request, context),
    lookMany: async (request, context) => (await current()).lookMany(request, context),
    find: async (request, context) => (await current()).find(request, context),
    providers: async (context) => (await current()).providers(context),
    showConfirmation: async (request, context) => (await current()).showConfirmation(request, context),
    approveConfirmation: async (request, context) => (await current()).approveConfirmation(request, context),
    closeConfirmation: async (request, context) => (await current()).closeConfirmation(request, context),
    withdrawConfirmation: async (request, context) =>
      (await current()).withdrawConfirmation(request, context),
    audit: async (request, context) => (await current()).audit(request, context),
  };
}
