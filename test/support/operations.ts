import '../../shared/use-cases/operations/use-cases.ts';
import type { JobSeed } from '../../sandbox/jobs/job-seed.ts';
import type { ProviderName } from '../../sandbox/sandbox.ts';
import { type Caller, type JobPattern, unrestrictedRights } from '../../shared/access/caller.ts';
import type { ConnectionSettings } from '../../shared/config/connection-settings.ts';
import { credentialFromSettings } from '../../shared/config/secrets/credentials.ts';
import type { JobEntry } from '../../shared/contract/job-entries.ts';
import { createGateway, type Gateway } from '../../shared/gateway.ts';
import type { CredentialSource } from '../../shared/http/auth/credential-source.ts';
import type { Clock } from '../../shared/lib/clock.ts';
import { type Log, silentLog } from '../../shared/lib/log.ts';
import type { Meter } from '../../shared/lib/telemetry/meter.ts';
import { createWorker } from '../../shared/operation-worker.ts';
import { Agenda } from '../../shared/operations/agenda.ts';
import { progressOf } from '../../shared/operations/end.ts';
import { freeze } from '../../shared/operations/freeze.ts';
import type { JobResult } from '../../shared/operations/job-result.ts';
import { hours, sendingMs } from '../../shared/operations/lifetime.ts';
import type { OperationRecord } from '../../shared/operations/operation.ts';
import { OperationRecords } from '../../shared/operations/operation-records.ts';
import { chunkSize, stateOf, tallyOf } from '../../shared/operations/state.ts';
import type { Store } from '../../shared/store/store.ts';
import type { NewWebhookEvent } from '../../shared/webhooks/enqueue.ts';
import { EmbeddedWorker } from '../../shared/work/embedded-worker.ts';
import type { Worker } from '../../shared/work/worker.ts';
import { type Memory, memoryStore } from '../store/memory-store.ts';
import { connectionsTo, providerNames } from './harness.ts';
import { ManualClock } from './time/manual-clock.ts';
import { inMemorySandbox } from './truth/in-memory-providers.ts';

/** What a harness differs by. */
export interface HarnessTerms {
  readonly clock?: ManualClock;
  /** Wraps the store that workers use, to break it or to watch it. */
  wrap?(store: Store): Store;
  callerInForce?(id: string): Promise<Caller | undefined>;
  /** Takes the events for the webhook. */
  tell?(event: NewWebhookEvent): Promise<unknown>;
  protectedJobs?(): Promise<readonly JobPattern[]>;
}

/** What a process differs by: its store, its wire and its clock. */
export interface ProcessTerms {
  store?(inner: Store): Store;
  fetch?(inner: typeof fetch): typeof fetch;
  readonly clock?: Clock;
  readonly meter?: Meter;
  readonly log?: Log;
  credentials?(connection: ConnectionSettings): CredentialSource;
  /** Which operations its worker works on; by default all. */
  isOurs?(operation: string): boolean;
}

/** A cancel that a provider received. */
export interface SentCancel {
  readonly provider: ProviderName;
  readonly at: number;
  readonly jobIds: readonly string[];
}

/** The person who starts the operations of a harness. */
const starter: Caller = { id: 'ada', kind: 'person', rights: unrestrictedRights };

/** Providers, a store and workers in memory, on a clock that is turned by hand. */
export async function operationsHarness({
  clock = new ManualClock(),
  wrap = (store) => store,
  callerInForce = async () => starter,
  tell = async () => undefined,
  protectedJobs = async () => [],
}: HarnessTerms = {}) {
  const sandbox = await inMemorySandbox(clock);
  const memory: Memory = { values: new Map(), records: [], lastVersion: 0 };
  const store = memoryStore(memory, clock);
  const records = new OperationRecords(store);
  const agenda = new Agenda(store);
  const connections = connectionsTo(sandbox);
  let configured: readonly ConnectionSettings[] = connections;
  const begunAt = clock.wallTime() - clock.now();

  /** A process of its own: its gateway and its worker share nothing but the store and the providers with others. */
  function newProcess(terms: ProcessTerms = {}): { readonly gateway: Gateway; readonly worker: Worker } {
    const inner = { ...wrap(store) };
    const own = terms.store?.(inner) ?? inner;
    const ownClock = terms.clock ?? clock;
    const gateway = createGateway({
      connections: async () => configured,
      credentials: terms.credentials ?? credentialFromSettings,
      budgetMs: 25_000,
      access: { store: own, pepper: async () => 'a-pepper-for-tests', outlivesAnswers: true },
      fetch: terms.fetch?.(sandbox.fetch) ?? sandbox.fetch,
      clock: ownClock,
      meter: terms.meter,
      protectedJobs,
    });
    const { isOurs, meter, log = silentLog } = terms;
    const parts = {
      gateway,
      store: own,
      clock: ownClock,
      log,
      callerInForce,
      tell,
      isOurs,
      meter,
    };
    return { gateway, worker: createWorker(parts) };
  }

  /** Puts running jobs into the providers, as many as `counts` says of each. */
  function addJobs(counts: Readonly<Partial<Record<ProviderName, number>>>, seed: JobSeed = {}): JobEntry[] {
    return providerNames.flatMap((provider) =>
      sandbox.providers[provider]
        .addJobs(counts[provider] ?? 0, { state: 'running', settlesInMs: 0, ...seed })
        .map((job_id) => ({ provider, job_id })),
    );
  }

  /** The cancels that providers received, with the milliseconds since the harness was set up. */
  function cancels(): SentCancel[] {
    return providerNames.flatMap((provider) =>
      sandbox.providers[provider].journal
        .filter(({ operation, status }) => /^cancel/.test(operation) && status !== 429)
        .map(({ at, jobIds }) => ({ provider, at: at - begunAt, jobIds })),
    );
  }

  /** Starts an operation for these jobs, as the use case does. */
  async function start(jobs: readonly JobEntry[], terms: Partial<OperationRecord> = {}): Promise<string> {
    const now = clock.wallTime();
    const draft: OperationRecord = {
      id: `op_${String(memory.lastVersion).padStart(20, 'a')}`,
      ...{ caller: starter.id, kind: starter.kind, surface: 'http', created_at: now, follow_hours: 24 },
      ...{ wanted: 'draft', pages: [], shares: [], jobs: 0, duplicates: 0, round: 0 },
      ...terms,
    };
    const frozen = await freeze(records, draft, pagesOf(jobs));
    if (frozen === 'too_many') throw new Error('too many jobs');
    await records.create(draft);
    await records.change(draft.id, (known) => ({
      ...known,
      ...frozen,
      ...{ wanted: 'run', round: 1, started_at: now, started_by: starter.id },
      ...{ send_until: now + sendingMs, follow_until: now + hours(draft.follow_hours) },
    }));
    await ring(draft.id);
    return draft.id;
  }

  /** Pauses an operation. */
  async function pause(id: string): Promise<void> {
    await records.change(id, (known) => ({ ...known, wanted: 'pause' }));
  }

  /** Resumes an operation, as the use case does. */
  async function resume(id: string, redo?: OperationRecord['redo']): Promise<void> {
    await records.change(id, ({ redo: _, paused_because: __, ended_at: ___, ...known }) => ({
      ...known,
      ...{ wanted: 'run', round: known.round + 1, send_until: now() + sendingMs },
      ...{ follow_until: now() + hours(known.follow_hours), ...(redo && { redo }) },
    }));
    await ring(id);
  }

  async function ring(id: string): Promise<void> {
    const record = await headOf(id);
    for (const { connection } of record.shares) await agenda.makeDue(connection, id, now() + 1e10);
  }

  function now(): number {
    return clock.wallTime();
  }

  async function headOf(id: string): Promise<OperationRecord> {
    const record = await records.get(id);
    if (record === undefined) throw new Error('there is no such operation');
    return record;
  }

  /** What is kept of each job, by provider and id. */
  async function resultsOf(id: string): Promise<Map<string, JobResult | undefined>> {
    const operation = await headOf(id);
    const found = new Map<string, JobResult | undefined>();
    for (const plan of operation.shares)
      for (let chunk = 0; chunk < plan.chunks; chunk += 1) {
        const place = { operation, connection: plan.connection, chunk };
        const [ids, { results }] = await Promise.all([
          records.ids(place),
          records.known(place, chunkSize(plan, chunk)),
        ]);
        for (const [index, job] of ids.entries()) found.set(`${plan.connection}/${job}`, results[index]);
      }
    return found;
  }

  async function stateNow(id: string) {
    const record = await headOf(id);
    return stateOf({ record, shares: await progressOf(records, record) }, now());
  }

  async function talliesOf(id: string) {
    const record = await headOf(id);
    const shares = await progressOf(records, record);
    return new Map(
      record.shares.map((plan) => [plan.connection, tallyOf(plan, shares.get(plan.connection))]),
    );
  }

  /** How many jobs have each outcome, over all connections; only those that are not zero. */
  async function countsOf(id: string): Promise<Record<string, number>> {
    const tallies = [...(await talliesOf(id)).values()];
    const all = tallies.map(({ counts, pending, cameBack }) => ({ ...counts, pending, came_back: cameBack }));
    const sums = new Map<string, number>();
    for (const each of all)
      for (const [outcome, count] of Object.entries(each))
        if (count > 0) sums.set(outcome, (sums.get(outcome) ?? 0) + count);
    return Object.fromEntries(sums);
  }

  /** Starts a process that works as a server does: it visits every connection that has something due. */
  function serve(terms: ProcessTerms = {}): Gateway {
    const { gateway, worker } = newProcess(terms);
    new EmbeddedWorker(worker, terms.clock ?? clock).start();
    return gateway;
  }

  /** Lets workers visit every connection once, all at the same time, while the clock turns. */
  async function workOff(...workers: readonly Worker[]): Promise<void> {
    const visits = workers.flatMap((worker) => connections.map(({ name }) => worker.visit(name)));
    await clock.until(Promise.all(visits));
  }

  return {
    ...{
      clock,
      sandbox,
      memory,
      store,
      records,
      agenda,
      connections,
      newProcess,
      start,
      ring,
      workOff,
      serve,
    },
    ...{ headOf, resultsOf, stateNow, talliesOf, countsOf, addJobs, cancels, pause, resume },
    /** Replaces the connections that every process is configured with. */
    configure: (settings: readonly ConnectionSettings[]) => {
      configured = settings;
    },
  };
}

async function* pagesOf(jobs: readonly JobEntry[]): AsyncGenerator<readonly JobEntry[]> {
  for (let at = 0; at < jobs.length; at += 5_000) yield jobs.slice(at, at + 5_000);
}
