import { randomUUID } from 'node:crypto';
import type { AuditedOutcome } from './access/audit/writer.ts';
import type { Caller } from './access/caller.ts';
import type { Progress } from './contract/progress.ts';
import type { Gateway } from './gateway.ts';
import { type Clock, timestamp } from './lib/clock.ts';
import { inPool } from './lib/concurrency.ts';
import type { Log } from './lib/log.ts';
import type { Meter } from './lib/telemetry/meter.ts';
import { Agenda } from './operations/agenda.ts';
import { endIfFinished } from './operations/end.ts';
import type { OperationRecord } from './operations/operation.ts';
import { OperationRecords } from './operations/operation-records.ts';
import { type OperationProgress, totalOf } from './operations/state.ts';
import type { Store } from './store/store.ts';
import { listSelector } from './use-cases/operations/list-selector.ts';
import type { NewWebhookEvent } from './webhooks/enqueue.ts';
import { Leases } from './work/lease.ts';
import { pauseForCaller } from './work/pause-for-caller.ts';
import { Worker } from './work/worker.ts';

/** What the work on stored operations needs besides a gateway. */
export interface OperationWorkerParts {
  readonly gateway: Pick<Gateway, 'accounts' | 'connections' | 'during'>;
  readonly store: Store;
  readonly clock: Clock;
  readonly log: Log;
  /** Counts jobs that came back. Default: it counts none. */
  readonly meter?: Meter | undefined;
  /** The caller with this id by the rules in force; `undefined` if it is gone. */
  callerInForce(id: string): Promise<Caller | undefined>;
  /** Which operations it works on; without it, all. */
  isOurs?: ((operation: string) => boolean) | undefined;
  /** Told how far a slice at a connection is. */
  onProgress?: ((connection: string, progress: Progress) => void) | undefined;
  /** Stores an event for the webhook. Default: there is none. */
  tell?(event: NewWebhookEvent): Promise<unknown>;
}

/** Joins the parts into a worker on stored operations. No other file does. */
export function createWorker({
  gateway,
  store,
  clock,
  log,
  meter,
  callerInForce,
  isOurs,
  onProgress,
  tell = async () => undefined,
}: OperationWorkerParts): Worker {
  const records = new OperationRecords(store);
  return new Worker({
    ...{ records, clock, log, isOurs, onProgress },
    agenda: new Agenda(store),
    leases: new Leases({ store, clock }),
    connections: () => gateway.connections(),
    during: (turnClass, limitMs, work) => gateway.during(turnClass, limitMs, work),
    callerOf: ({ started_by, caller }) => callerInForce(started_by ?? caller),
    newRequestId: randomUUID,
    async learned(name) {
      const account = await accountOf(gateway, name);
      return account && gateway.accounts.learned(account);
    },
    async restore(name, learned, ageMs) {
      const account = learned === undefined ? undefined : await accountOf(gateway, name);
      if (account !== undefined) gateway.accounts.restore(account, learned, ageMs);
    },
    async list(operation, signal) {
      const { id, surface, scope } = operation;
      const caller = await callerInForce(operation.started_by ?? operation.caller);
      if (caller === undefined) return pauseForCaller(records, operation);
      const context = { requestId: randomUUID(), caller, surface, signal, scope, operation: id };
      await gateway.during('read', listingMs, (services) => listSelector(services, operation, context));
    },
    ended: (operation) =>
      endIfFinished(records, operation, clock, async (progress, endedAt) => {
        await tell(finishedEvent(progress, endedAt));
      }),
    cameBack: ({ id, round }, jobs) => {
      meter?.({ is: 'came_back', jobs: jobs.length });
      return inPool(jobs, toldAtOnce, async (job) => {
        await tell(cameBackEvent({ id, round }, job, clock.wallTime()));
      });
    },
  });
}

/** How long one step of a listing may take, in milliseconds. */
const listingMs = 60_000;

/** The account behind a connection; `undefined` if there is none, or no key for it now. */
async function accountOf({ connections }: Pick<Gateway, 'connections'>, name: string) {
  const connection = (await connections()).get(name);
  const credential = await connection?.credentials.current();
  if (connection === undefined || credential === undefined || credential === 'unreadable') return undefined;
  const { id: provider, limits } = connection.adapter;
  return { provider, limits, credential };
}

/** How many events are stored at once. */
const toldAtOnce = 8;

function finishedEvent(progress: OperationProgress, endedAt: number): NewWebhookEvent {
  const { counts, cameBack: came_back } = totalOf(progress);
  const { record } = progress;
  return {
    type: 'operation.finished',
    round: record.round,
    data: { operation: record.id, jobs: record.jobs, counts, came_back, finished_at: timestamp(endedAt) },
  };
}

function cameBackEvent(
  { id, round }: Pick<OperationRecord, 'id' | 'round'>,
  { provider, job_id, outcome, state, evidence }: AuditedOutcome,
  now: number,
): NewWebhookEvent {
  const observed_at = evidence.observed_at ?? timestamp(now);
  return {
    type: 'job.came_back',
    round,
    data: { operation: id, provider, job_id, outcome, state, observed_at },
  };
}
