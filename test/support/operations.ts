import { type Caller, unrestrictedRights } from '../../shared/access/caller.ts';
import { credentialFromSettings } from '../../shared/config/secrets/credentials.ts';
import type { JobEntry } from '../../shared/contract/job-entries.ts';
import { createGateway, type Gateway } from '../../shared/gateway.ts';
import { silentLog } from '../../shared/lib/log.ts';
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
import type { Worker } from '../../shared/work/worker.ts';
import { type Memory, memoryStore } from '../store/memory-store.ts';
import { connectionsTo } from './harness.ts';
import type { Mortality } from './mortal-process.ts';
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
}

/** The person who starts the operations of a harness. */
const starter: Caller = { id: 'ada', kind: 'person', rights: unrestrictedRights };

/** Providers, a store and workers in memory, on a clock that is turned by hand. */
export async function operationsHarness({
  clock = new ManualClock(),
  wrap = (store) => store,
  callerInForce = async () => starter,
  tell = async () => undefined,
}: HarnessTerms = {}) {
  const sandbox = await inMemorySandbox(clock);
  const memory: Memory = { values: new Map(), records: [], lastVersion: 0 };
  const store = memoryStore(memory, clock);
  const records = new OperationRecords(store, clock);
  const agenda = new Agenda(store);
  const connections = connectionsTo(sandbox);

  /** A process of its own: its gateway and its worker share nothing but the store and the providers with others. */
  function newProcess(mortality?: Mortality): { readonly gateway: Gateway; readonly worker: Worker } {
    const own = mortality?.store(wrap(store)) ?? wrap(store);
    const gateway = createGateway({
      connections: async () => connections,
      credentials: credentialFromSettings,
      budgetMs: 25_000,
      access: { store: own, pepper: async () => 'a-pepper-for-tests', outlivesAnswers: true },
      fetch: mortality?.fetch(sandbox.fetch) ?? sandbox.fetch,
      clock,
    });
    const worker = createWorker({ gateway, store: own, clock, log: silentLog, callerInForce, tell });
    return { gateway, worker };
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

  /** Lets workers visit every connection once, all at the same time, while the clock turns. */
  async function workOff(...workers: readonly Worker[]): Promise<void> {
    const visits = workers.flatMap((worker) => connections.map(({ name }) => worker.visit(name)));
    await clock.until(Promise.all(visits));
  }

  return {
    ...{ clock, sandbox, memory, store, records, agenda, connections, newProcess, start, ring, workOff },
    ...{ headOf, resultsOf, stateNow, talliesOf },
  };
}

async function* pagesOf(jobs: readonly JobEntry[]): AsyncGenerator<readonly JobEntry[]> {
  for (let at = 0; at < jobs.length; at += 5_000) yield jobs.slice(at, at + 5_000);
}
