import { SlidingWindowLimiter } from './access/caller-rate-limiter.ts';
import { Approvals } from './access/confirmation/approvals.ts';
import { Confirmations } from './access/confirmation/confirmations.ts';
import type { CallDeadline } from './cancellation/call-deadline.ts';
import { CallTimes } from './cancellation/call-times.ts';
import type { Access, RequestContext, ServiceParts } from './cancellation/request-context.ts';
import { connectionSource } from './connections.ts';
import type { Result } from './contract/result.ts';
import type { AccessParts, GatewayParts } from './gateway-parts.ts';
import { Accounts } from './http/rate-limit/accounts.ts';
import { newTurn, type TurnClass } from './http/rate-limit/turn.ts';
import { type Clock, systemClock } from './lib/clock.ts';
import { silentLog } from './lib/log.ts';
import { withDeadline } from './store/with-deadline.ts';
import { cancelJob, cancelJobs } from './use-cases/cancel-jobs.ts';
import {
  approveConfirmation,
  closeConfirmation,
  listConfirmations,
  showConfirmation,
  withdrawConfirmation,
} from './use-cases/confirmations.ts';
import { listProviders } from './use-cases/connections.ts';
import { getCaller } from './use-cases/get-caller.ts';
import { getJob, getJobs } from './use-cases/get-jobs.ts';
import { listJobs } from './use-cases/list-jobs.ts';
import { readAudit } from './use-cases/read-audit.ts';
import { auditedCancel, auditedRead, orStoreFault, type UseCase } from './use-cases/with-audit.ts';

/**
 * The core that every surface calls: one method for each use case. A request is foreign input: the use case checks it, and
 * returns every fault as a value. A method rejects only on a bug, or if the configuration cannot be read.
 */
export type Gateway = ReturnType<typeof createGateway>;

/** The methods of the gateway that no request calls. */
type Internal = 'accounts' | 'connections' | 'during' | 'hasten' | 'withdrawConfirmation';
/** The methods of the gateway that carry out requests. */
export type GatewayMethod = Exclude<keyof Gateway, Internal>;
/** What carries out requests: the gateway of this process, or that of a server. */
export type CalledGateway = Pick<Gateway, GatewayMethod>;

/** The longest call that works on an operation, in milliseconds. */
const longestSliceMs = 60_000;

/** Joins the parts into a gateway. No other file does. */
export function createGateway(parts: GatewayParts) {
  const { fetch = globalThis.fetch, clock = systemClock, log = silentLog, meter } = parts;
  const {
    accounts = new Accounts(clock),
    credentials,
    protectedJobs,
    waysToConfirm,
    ring,
    tellWaiting,
  } = parts;
  const connections = connectionSource(parts.connections, {
    credentials,
    accounts,
    fetch,
    clock,
    log,
    meter,
  });
  const times = new CallTimes(clock, parts.budgetMs);
  const slices = new CallTimes(clock, longestSliceMs);
  const partsOf = async (time: CallDeadline, turnClass: TurnClass): Promise<ServiceParts> => ({
    connections: await connections(),
    ...{ clock, log, meter, time },
    turn: newTurn(turnClass),
    access: parts.access && accessFor(parts.access, clock, time),
    ...(protectedJobs && { protectedJobs }),
    ...(waysToConfirm && { waysToConfirm }),
    ...(ring && { ring }),
    ...(tellWaiting && { tellWaiting }),
  });
  const operation =
    (turnClass: TurnClass) =>
    <T>(work: UseCase<T>) =>
    (request: unknown, context: RequestContext): Promise<Result<T>> =>
      times.during(async (time) => work(await partsOf(time, turnClass), request, context), context.limitMs);
  const cancel = <T>(work: UseCase<T>) => {
    const timed = operation('check_before')(work);
    return async (request: unknown, context: RequestContext): Promise<Result<T>> => {
      const began = clock.now();
      return timed(request, context).finally(() =>
        meter?.({ is: 'cancel_call', seconds: (clock.now() - began) / 1_000 }),
      );
    };
  };
  const read = operation('read');
  return {
    cancelJob: cancel(auditedCancel(cancelJob)),
    cancelJobs: cancel(auditedCancel(cancelJobs)),
    getJob: read(auditedRead({ action: 'list' }, getJob)),
    getJobs: read(auditedRead({ action: 'list', countsItself: true }, getJobs)),
    listJobs: read(auditedRead({ action: 'list' }, listJobs)),
    listProviders: read(listProviders),
    getCaller: read(getCaller),
    listConfirmations: read(auditedRead({ action: 'confirm' }, listConfirmations)),
    showConfirmation: read(auditedRead({ action: 'confirm', step: 'show' }, showConfirmation)),
    approveConfirmation: read(auditedRead({ action: 'confirm', step: 'approve' }, approveConfirmation)),
    closeConfirmation: read(auditedRead({ action: 'confirm', step: 'decline' }, closeConfirmation)),
    withdrawConfirmation: read(orStoreFault(withdrawConfirmation)),
    readAudit: read(auditedRead({ action: 'audit' }, readAudit)),
    createOperation: read(inPart(async () => (await operations()).createOperation)),
    uploadPage: read(inPart(async () => (await operations()).uploadPage)),
    startOperation: read(inPart(async () => (await operations()).startOperation)),
    pauseOperation: read(inPart(async () => (await operations()).pauseOperation)),
    resumeOperation: read(inPart(async () => (await operations()).resumeOperation)),
    deleteOperation: read(inPart(async () => (await operations()).deleteOperation)),
    getOperation: read(inPart(async () => (await operations()).getOperation)),
    listOutcomes: read(inPart(async () => (await operations()).listOutcomes)),
    listOperations: read(inPart(async () => (await operations()).listOperations)),
    /** The rate limiters of the accounts: for workers, which hand on what these have learned. */
    accounts,
    /** The connections themselves: for `calloff doctor`, and for what a server says when it starts. */
    connections,
    /** Does `work` with the parts of a call of its own, of at most `limitMs` milliseconds: for the work on operations. */
    during: <T>(turnClass: TurnClass, limitMs: number, work: (services: ServiceParts) => Promise<T>) =>
      slices.during(async (time) => work(await partsOf(time, turnClass)), limitMs),
    /** The process is about to stop: every call, also one still to come, is answered within eight and a half seconds. */
    hasten: () => {
      times.hasten();
      slices.hasten();
    },
  };
}

/** The use cases of operations: a part of the bundles, which most calls do without. */
const operations = async () => (await import('./use-cases/operations/use-cases.ts')).operationUseCases;

/** A use case that is read when it is first called, within the time of that call. */
function inPart<T>(load: () => Promise<UseCase<T>>): UseCase<T> {
  return async (parts, request, context) => (await load())(parts, request, context);
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
    approvals: new Approvals(store, clock),
  };
}
