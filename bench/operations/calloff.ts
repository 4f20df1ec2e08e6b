import { open } from 'node:fs/promises';
import { setTimeout as wait } from 'node:timers/promises';
import * as z from 'zod';
import { type Caller, unrestrictedRights } from '../../shared/access/caller.ts';
import { credentialFromSettings } from '../../shared/config/secrets/credentials.ts';
import type { OperationView } from '../../shared/contract/answers/operation-schema.ts';
import { providerIds } from '../../shared/contract/provider-ids.ts';
import type { Result } from '../../shared/contract/result.ts';
import { createGateway } from '../../shared/gateway.ts';
import { systemClock } from '../../shared/lib/clock.ts';
import { logToStderr } from '../../shared/lib/log.ts';
import { createWorker } from '../../shared/operation-worker.ts';
import { openSqliteStore } from '../../shared/store/sqlite/store.ts';
import { EmbeddedWorker } from '../../shared/work/embedded-worker.ts';
import { answerQuestions } from './child.ts';
import { Meter } from './meter.ts';
import { recordedOutcomes } from './recorded.ts';

/** calloff in a process of its own, as a server is: a gateway and an embedded worker on one SQLite file. */
const settingsSchema = z.object({
  folder: z.string(),
  connections: z.array(
    z.object({
      ...{ name: z.string(), provider: z.enum(providerIds), baseUrl: z.string(), apiKey: z.string() },
      options: z.object({}),
    }),
  ),
});
const jobsSchema = z.array(z.object({ provider: z.string(), job_id: z.string() }));
const pageSchema = z.object({ id: z.string(), page: z.number(), jobs: jobsSchema });
const idSchema = z.object({ id: z.string() });
const outcomesSchema = z.object({ id: z.string(), provider: z.string(), file: z.string() });

const caller: Caller = { id: 'bench', kind: 'program', rights: unrestrictedRights };
const context = { requestId: 'bench', caller, surface: 'http' } as const;
/** How often the operation is read while it runs, as a caller would, in milliseconds. */
const pollMs = 500;
const meter = new Meter();

let calloff: Awaited<ReturnType<typeof start>> | undefined;

async function start(argument: unknown) {
  const { folder, connections } = settingsSchema.parse(argument);
  const store = meter.watch(await openSqliteStore({ folder, clock: systemClock }));
  const gateway = createGateway({
    connections: async () => connections,
    credentials: credentialFromSettings,
    budgetMs: 25_000,
    access: { store, pepper: async () => 'a-pepper-for-the-bench', outlivesAnswers: true },
    ring: async () => embedded.ring(),
    log: logToStderr,
  });
  const worker = createWorker({
    ...{ gateway, store, clock: systemClock, log: logToStderr },
    callerInForce: async () => caller,
  });
  const embedded = new EmbeddedWorker(worker, systemClock);
  embedded.start();
  return { gateway, embedded, store };
}

function running() {
  if (calloff === undefined) throw new Error('calloff has not been started');
  return calloff;
}

function orThrow<T>(result: Result<T>): T {
  if (result.ok) return result.value;
  throw new Error(result.faults.map(({ path, message }) => `${path} ${message}`).join('; '));
}

/** Waits until everything is sent: the operation is over, or only followed. */
async function untilSent(id: string): Promise<OperationView> {
  for (;;) {
    const view = orThrow(await running().gateway.getOperation({ operation_id: id }, context));
    if (view.state === 'finished' || view.state === 'following') return view;
    if (view.state === 'paused') throw new Error(`it paused: ${view.message}`);
    await wait(pollMs);
  }
}

async function writeOutcomes(argument: unknown): Promise<void> {
  const { id, provider, file } = outcomesSchema.parse(argument);
  const out = await open(file, 'w');
  try {
    for (let cursor: string | null | undefined; cursor !== null; ) {
      const query = { operation_id: id, provider, limit: 1_000, ...(cursor && { cursor }) };
      const page = orThrow(await running().gateway.listOutcomes(query, context));
      await out.write(page.outcomes.map((outcome) => `${JSON.stringify(outcome)}\n`).join(''));
      cursor = page.next_cursor;
    }
  } finally {
    await out.close();
  }
}

answerQuestions({
  async start(argument) {
    calloff = await start(argument);
  },
  begin: () => meter.begin(),
  async create(argument) {
    const { follow_hours } = z.object({ follow_hours: z.number() }).parse(argument);
    return orThrow(await running().gateway.createOperation({ draft: true, follow_hours }, context)).id;
  },
  async page(argument) {
    const { id, page, jobs } = pageSchema.parse(argument);
    orThrow(await running().gateway.uploadPage({ operation_id: id, page, jobs }, context));
  },
  async run(argument) {
    const { id } = idSchema.parse(argument);
    orThrow(await running().gateway.startOperation({ operation_id: id }, context));
    return untilSent(id);
  },
  figures: () => meter.end(),
  outcomes: writeOutcomes,
  recorded(argument) {
    const { provider } = z.object({ provider: z.string() }).parse(argument);
    return recordedOutcomes(running().store, provider, (record) => meter.appendedAt(record));
  },
  async stop() {
    const { embedded, store } = running();
    await embedded.stop();
    await store.close();
  },
});
