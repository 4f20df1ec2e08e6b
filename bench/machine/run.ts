import { setTimeout as wait } from 'node:timers/promises';
import * as z from 'zod';
import { startSandbox } from '../../sandbox/sandbox.ts';
import { operationSchema } from '../../shared/contract/answers/operation-schema.ts';
import { outcomeSchema } from '../../shared/contract/answers/outcome-schema.ts';
import { inPool } from '../../shared/lib/concurrency.ts';
import { freshFolder } from '../../test/support/process/temporary.ts';
import { type MeasuredServer, startMeasuredServer } from './server.ts';

/** How jobs are cancelled: each by a call of its own, or all as one operation. */
export type Way = 'single calls' | 'operation';

/** What cancels took, each of which the provider's own status confirms. */
export interface Measured {
  readonly way: Way;
  readonly cancels: number;
  /** Of the processor, for one cancel, in seconds. */
  readonly cpuSeconds: number;
  readonly idleBytes: number;
  readonly mostBytes: number;
  /** How much the store has grown for one cancel, in bytes. */
  readonly storeBytes: number;
  /** What was asked of the providers for one cancel. */
  readonly requests: number;
}

type Job = z.infer<typeof jobsSchema>[number];
const jobsSchema = z.array(z.object({ provider: z.string(), job_id: z.string() }));
const providers = ['ionq', 'sutro'] as const;
/** How many single calls are under way at once. */
const atOnce = 8;
/** The most jobs of a page of an operation. */
const pageSize = 5_000;
const pollMs = 500;
const idSchema = z.object({ id: z.string() });

/** Cancels so many jobs on a new server. @throws if a job is not cancelled. */
export async function measure(way: Way, cancels: number): Promise<Measured> {
  const sandbox = await startSandbox({ control: false });
  const emptyBytes = await emptyStore();
  const server = await startMeasuredServer(sandbox, freshFolder());
  const cancelAll = way === 'operation' ? asOperation : oneByOne;
  const add = (count: number): Job[] =>
    Array.from({ length: count }, (_, index) => providers[index % providers.length] ?? 'ionq').map(
      (provider) => ({
        provider,
        job_id: sandbox.providers[provider].addJob({ state: 'running', settlesInMs: 0 }),
      }),
    );
  const jobs = add(cancels);
  const [idle, asked] = [server.taken(), requestsOf(sandbox)];
  const cancelled = await cancelAll(server, jobs);
  if (cancelled !== cancels) throw new Error(`${way}: ${cancelled} of ${cancels} jobs were cancelled`);
  const taken = server.taken();
  const requests = requestsOf(sandbox) - asked;
  const bytes = await server.stop();
  await sandbox.close();
  return {
    ...{ way, cancels },
    cpuSeconds: (taken.cpuSeconds - idle.cpuSeconds) / cancels,
    ...{ idleBytes: idle.residentBytes, mostBytes: taken.mostResidentBytes },
    ...{ storeBytes: (bytes - emptyBytes) / cancels, requests: requests / cancels },
  };

  async function emptyStore(): Promise<number> {
    return (await startMeasuredServer(sandbox, freshFolder())).stop();
  }
}

/** What a server takes of the processor in an hour without a request, in seconds. */
export async function measureIdle(seconds: number): Promise<number> {
  const sandbox = await startSandbox({ control: false });
  const server = await startMeasuredServer(sandbox, freshFolder());
  await wait(3_000);
  const before = server.taken().cpuSeconds;
  await wait(seconds * 1_000);
  const took = server.taken().cpuSeconds - before;
  await server.stop();
  await sandbox.close();
  return (took / seconds) * 3_600;
}

type Asked = Awaited<ReturnType<typeof startSandbox>>;

function requestsOf({ providers: twins }: Asked): number {
  return providers.reduce((sum, name) => sum + (twins[name].journal.at(-1)?.sequence ?? 0), 0);
}

async function oneByOne(server: MeasuredServer, jobs: readonly Job[]): Promise<number> {
  let cancelled = 0;
  await inPool(jobs, atOnce, async ({ provider, job_id }) => {
    const answer = await server.ask('POST', `/v1/providers/${provider}/jobs/${job_id}/cancel`);
    if (outcomeSchema.parse(answer).outcome === 'cancelled') cancelled += 1;
  });
  return cancelled;
}

async function asOperation(server: MeasuredServer, jobs: readonly Job[]): Promise<number> {
  const { id } = idSchema.parse(await server.ask('POST', '/v1/operations', { draft: true }));
  for (let page = 0; page * pageSize < jobs.length; page += 1) {
    const part = jobs.slice(page * pageSize, (page + 1) * pageSize);
    await server.ask('PUT', `/v1/operations/${id}/pages/${page + 1}`, { jobs: part });
  }
  await server.ask('POST', `/v1/operations/${id}/start`, {});
  for (;;) {
    const view = operationSchema.parse(await server.ask('GET', `/v1/operations/${id}`));
    if (view.state === 'paused') throw new Error(`the operation is paused: ${view.message}`);
    if (view.state === 'finished' || view.state === 'following') return view.counts.cancelled ?? 0;
    await wait(pollMs);
  }
}
