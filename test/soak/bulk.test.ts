import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { expect, test } from 'vitest';
import { systemClock } from '../../shared/lib/clock.ts';
import { connectionsTo, context, gatewayOver } from '../support/harness.ts';
import { inMemorySandbox } from '../support/truth/in-memory-providers.ts';

/** Each size is measured so often, in turns with the others, and its median counts. */
const rounds = 5;
/** What the machine may add between two medians, and what a full garbage collection may leave. */
const noise = 1.5;
const leftMb = 10;

setFlagsFromString('--expose-gc');
const collectGarbage: () => void = runInNewContext('gc');

/** The CPU time of one bulk cancel without that of the pretend provider, in microseconds a job. */
async function costOf(provider: 'ionq' | 'sutro', jobs: number): Promise<number> {
  const sandbox = await inMemorySandbox(systemClock);
  let theirs = 0;
  const watched: typeof fetch = (...request) => {
    const began = performance.now();
    const answer = sandbox.fetch(...request);
    theirs += performance.now() - began;
    return answer;
  };
  const gateway = gatewayOver(connectionsTo(sandbox), { inMemory: { fetch: watched, clock: systemClock } });
  const ids = sandbox.providers[provider].addJobs(jobs, { state: 'running', settlesInMs: 0 });
  const before = process.cpuUsage();
  const answer = await gateway.cancelJobs({ jobs: ids.map((job_id) => ({ provider, job_id })) }, context);
  const { user, system } = process.cpuUsage(before);
  expect(answer.ok && answer.value.counts.cancelled).toBe(jobs);
  return (user + system - theirs * 1_000) / jobs;
}

function median(values: readonly number[]): number {
  return values.toSorted((one, other) => one - other)[Math.floor(values.length / 2)] ?? 0;
}

test.each(['ionq', 'sutro'] as const)(
  'a job costs at 5,000 what it costs at 100, at %s',
  async (provider) => {
    const sizes = [100, 1_000, 5_000] as const;
    const costs = new Map(sizes.map((size) => [size, [] as number[]]));
    for (let round = 0; round <= rounds; round += 1)
      for (const size of sizes) {
        const cost = await costOf(provider, size);
        // The first round only warms up.
        if (round > 0) costs.get(size)?.push(cost);
      }
    const [few = 0, many = 0, most = 0] = sizes.map((size) => median(costs.get(size) ?? []));
    process.stdout.write(`${provider}: ${few.toFixed()}, ${many.toFixed()} and ${most.toFixed()} µs a job\n`);
    expect(most).toBeLessThan(few * noise);
  },
);

test('the memory of a bulk cancel comes back', async () => {
  const heapMb = () => {
    collectGarbage();
    return process.memoryUsage().heapUsed / 1e6;
  };
  await costOf('sutro', 5_000);
  const before = heapMb();
  await costOf('sutro', 5_000);
  await new Promise((resolve) => setTimeout(resolve, 50));
  expect(heapMb() - before).toBeLessThan(leftMb);
});
