import * as z from 'zod';
import { medianOf, percentileOf } from '../figures.ts';
import { type Child, startChild } from '../operations/child.ts';
import { claimSchema } from '../truth/score.ts';
import {
  type Judged,
  type ProviderProcess,
  type ServerProcess,
  startProviderProcess,
  startServerProcess,
  unlimited,
} from './parts.ts';

/** How many connections send cancels, each the next when it has the answer to the last. */
const connections = [50, 200, 1_000] as const;

/** What callers saw: medians of the rounds. Times are in milliseconds. */
export interface LoadResult {
  readonly connections: number;
  readonly perSecond: number;
  readonly p50: number;
  readonly p99: number;
  readonly cpuMicros: number;
  readonly judged: readonly Judged[];
}

const ranSchema = z.object({
  seconds: z.number(),
  called: z.array(z.object({ id: z.string(), ms: z.number(), claim: claimSchema })),
});
const cancelsEach = 3_000;
const warmUpCancels = 1_500;

interface Parts {
  readonly provider: ProviderProcess;
  readonly server: ServerProcess;
  readonly client: Child;
}

/** Puts the embedded server under load, with its callers and the provider in processes of their own. */
export async function measureLoad(rounds: number): Promise<LoadResult[]> {
  const provider = await startProviderProcess('sutro');
  const server = await startServerProcess(provider.account);
  const client = startChild(new URL('./clients/load-client.ts', import.meta.url));
  const parts = { provider, server, client };
  const all = new Map(connections.map((count): [number, LoadRun[]] => [count, []]));
  try {
    await runOnce(50, warmUpCancels, parts);
    for (let round = 0; round < rounds; round += 1)
      for (const [count, runs] of all) runs.push(await runOnce(count, cancelsEach, parts));
  } finally {
    await client.end();
    await server.stop();
    await provider.end();
  }
  return [...all].map(([count, runs]) => ({
    connections: count,
    perSecond: medianOf(runs.map(({ perSecond }) => perSecond)),
    p50: medianOf(runs.map(({ p50 }) => p50)),
    p99: medianOf(runs.map(({ p99 }) => p99)),
    cpuMicros: medianOf(runs.map(({ cpuMicros }) => cpuMicros)),
    judged: runs.map(({ judged }) => judged),
  }));
}

type LoadRun = Awaited<ReturnType<typeof runOnce>>;

async function runOnce(count: number, cancels: number, { provider, server, client }: Parts) {
  const { url, authorization } = server;
  const ids = await provider.fill(cancels, unlimited);
  const asked = { url, authorization, connection: 'sutro', connections: count, ids };
  const before = await server.usage();
  const { seconds, called } = await client.ask('run', asked, ranSchema);
  const after = await server.usage();
  const times = called.map(({ ms }) => ms);
  return {
    perSecond: cancels / seconds,
    p50: medianOf(times),
    p99: percentileOf(times, 0.99),
    cpuMicros: (after.cpuMicros - before.cpuMicros) / cancels,
    judged: await provider.judge(called.map(({ id, claim }) => [id, claim])),
  };
}
