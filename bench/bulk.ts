import { randomUUID } from 'node:crypto';
import { setTimeout } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { unrestrictedRights } from '../shared/access/caller.ts';
import { credentialFromSettings } from '../shared/config/secrets/credentials.ts';
import { createGateway } from '../shared/gateway.ts';
import { type InstantProvider, instantNames, instantProvider } from './bulk/instant-providers.ts';
import { medianOf } from './figures.ts';

/**
 * What a synchronous bulk costs a job, in microseconds of the processor, by its number of jobs: medians of rounds side by side,
 * at providers that answer at once. With `--old`, other jobs are newer, so that each status is read by itself. Fails if a job of the
 * largest bulk costs more than a tenth more than one of the smallest (`--over` takes another part), or if memory is kept.
 */
const { values } = parseArgs({
  options: {
    jobs: { type: 'string', default: '100,1000,5000' },
    rounds: { type: 'string', default: '5' },
    over: { type: 'string', default: '0.1' },
    old: { type: 'boolean', default: false },
    providers: { type: 'string', default: instantNames.join(',') },
  },
});
const sizes = values.jobs.split(',').map(Number);
/** How many jobs are cancelled of each size in a round, and in how many calls at the most. */
const measured = 5_000;
const mostCalls = 20;
const others = Array.from({ length: values.old ? 500 : 0 }, () => randomUUID());
const context = {
  requestId: 'bench',
  caller: { id: 'bench', kind: 'program', rights: unrestrictedRights },
  surface: 'http',
  signal: new AbortController().signal,
} as const;
const most = { overSmallest: 1 + Number(values.over), keptBytes: 4_000_000 };

for (const name of instantNames.filter((each) => values.providers.split(',').includes(each)))
  await measure(instantProvider(name));

async function measure(provider: InstantProvider): Promise<void> {
  await costOf(provider, measured);
  const idle = await heapUsed();
  const costs = new Map(sizes.map((size) => [size, [] as number[]]));
  for (let round = 0; round < Number(values.rounds); round += 1)
    for (const [size, all] of costs) all.push(await costOf(provider, size));
  const kept = (await heapUsed()) - idle;
  const medians = [...costs].map(([size, all]) => ({ size, micros: medianOf(all) }));
  const told = medians.map(({ size, micros }) => `${size}: ${micros.toFixed(0)} µs`.padEnd(16)).join('');
  process.stdout.write(`${provider.connection.name.padEnd(12)}${told}kept ${(kept / 1e6).toFixed(1)} MB\n`);
  const [first, last] = [medians[0]?.micros ?? 0, medians.at(-1)?.micros ?? 0];
  if (last > first * most.overSmallest || kept > most.keptBytes) process.exitCode = 1;
}

/** The processor time of a job, in microseconds, in as many calls of this size as are measured. */
async function costOf(provider: InstantProvider, size: number): Promise<number> {
  const calls = Math.min(mostCalls, Math.max(1, Math.round(measured / size)));
  let micros = 0;
  globalThis.gc?.();
  for (let call = 0; call < calls; call += 1) micros += await cancelMany(provider, size);
  return micros / (calls * size);
}

async function cancelMany(provider: InstantProvider, size: number): Promise<number> {
  const ids = Array.from({ length: size }, () => randomUUID());
  provider.hold(ids, others);
  const jobs = ids.map((job_id) => ({ provider: provider.connection.name, job_id }));
  const begun = process.cpuUsage();
  const result = await gatewayTo(provider).cancelJobs({ jobs }, context);
  const { user, system } = process.cpuUsage(begun);
  const cancelled = result.ok ? result.value.counts.cancelled : 0;
  if (cancelled !== size) throw new Error(`of ${size} jobs only ${cancelled} were cancelled`);
  return user + system;
}

/** A gateway that has learned nothing yet, so that the limits that PromptLoop documents are not used up. */
function gatewayTo({ connection, fetch }: InstantProvider) {
  const connections = [connection];
  return createGateway({
    connections: async () => connections,
    credentials: credentialFromSettings,
    budgetMs: 120_000,
    fetch,
  });
}

/** The bytes in use a moment after the last call, when the promises that it left behind have settled. */
async function heapUsed(): Promise<number> {
  for (let times = 0; times < 3; times += 1) {
    await setTimeout(20);
    globalThis.gc?.();
  }
  return process.memoryUsage().heapUsed;
}
