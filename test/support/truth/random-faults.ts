import type { ExpectStatic } from 'vitest';
import { randomNumbers } from '../../../sandbox/random.ts';
import { type ProviderName, type Sandbox, startSandbox } from '../../../sandbox/sandbox.ts';
import { accepted, context, gatewayTo, missingJobId, providerLogsOf, providerNames } from '../harness.ts';
import { runs } from '../thorough.ts';
import { canary, checkOutcomes } from './check-outcomes.ts';
import { appliesTo, faultCases, type Scope, scopes } from './faults.ts';

const budgetMs = 8_000;
const states = [
  'queued',
  'running',
  'running',
  'running',
  'cancelling',
  'cancelled',
  'completed',
  'failed',
] as const;
const scopeNames: readonly Scope[] = ['cancel', 'looks', 'everything'];

/** Draws from one stream of numbers, so that a seed repeats a run. */
function dice(seed: number) {
  const random = randomNumbers(seed);
  const pick = <T>(list: readonly T[]): T => {
    const item = list[Math.floor(random() * list.length)];
    if (item === undefined) throw new Error('nothing to pick from');
    return item;
  };
  return { random, pick };
}
type Dice = ReturnType<typeof dice>;

/** In a soak 1,000; a hundred of each provider do for the same faults. */
export const idsOfRun = runs(1_000, 400);

/** So many references over the providers: jobs in every state, 5 % missing, 5 % named twice. */
function addJobs(sandbox: Sandbox, { random, pick }: Dice): { provider: ProviderName; job_id: string }[] {
  const jobs: { provider: ProviderName; job_id: string }[] = [];
  while (jobs.length < idsOfRun) {
    const provider = pick(providerNames);
    const chance = random();
    const twin = pick(jobs.length === 0 ? [{ provider, job_id: missingJobId(provider) }] : jobs);
    if (chance < 0.05) jobs.push({ provider, job_id: missingJobId(provider) });
    else if (chance < 0.1) jobs.push(twin);
    else jobs.push({ provider, job_id: sandbox.providers[provider].addJob(seedOf({ random, pick })) });
  }
  return jobs;
}

function seedOf({ random, pick }: Dice) {
  const state = pick(states);
  const finishesInMs = random() < 0.2 ? Math.floor(random() * 5_000) : undefined;
  return { name: canary, state, ...(finishesInMs !== undefined && { finishesInMs }) };
}

/** Six faults at every provider, each of a random kind, reach and frequency; and now and then a limit. */
function setFaults(sandbox: Sandbox, { random, pick }: Dice): string[] {
  return providerNames.flatMap((name) => {
    const provider = sandbox.providers[name];
    const possible = faultCases.filter((faultCase) => appliesTo(faultCase, name));
    const limited = random() < 0.5;
    if (limited) provider.setLimits({ [pick(['cancel', 'status', 'list'])]: { perSecond: 50 } });
    return Array.from({ length: 6 }, () => {
      const { name: kind, fault } = pick(possible);
      const scope = pick(scopeNames);
      const probability = pick([0.02, 0.1, 0.3]);
      provider.setFault({
        ...fault,
        operations: scopes[scope],
        probability,
        seed: Math.floor(random() * 1e6),
      });
      return `${name}: ${kind} on ${scope}, ${probability}`;
    });
  });
}

/** The law for so many ids over four providers with what one seed draws. */
export async function expectNoLie(seed: number, expect: ExpectStatic): Promise<void> {
  const sandbox = await startSandbox({ control: false });
  try {
    const drawn = dice(seed);
    // First, so that a seed draws the same faults for any number of jobs.
    const faults = setFaults(sandbox, drawn);
    const jobs = addJobs(sandbox, drawn);
    const gateway = gatewayTo(sandbox, { budgetMs, requestMs: 1_500 });
    const startedAt = Date.now();
    const { outcomes, counts, duplicates } = accepted(
      await gateway.cancelJobs({ jobs, wait_seconds: 1, send_if_status_unknown: seed % 2 === 0 }, context),
    );
    expect(Date.now() - startedAt).toBeLessThan(budgetMs);
    const asked = [...new Map(jobs.map((job) => [`${job.provider}/${job.job_id}`, job])).values()];
    expect(duplicates).toBe(jobs.length - asked.length);
    expect(Object.values(counts).reduce((sum, count) => sum + count, duplicates)).toBe(idsOfRun);
    const lies = checkOutcomes({
      asked,
      outcomes,
      counts,
      witnesses: providerLogsOf(sandbox),
      left: gateway.left,
    });
    expect(lies, `seed ${seed}\n${faults.join('\n')}`).toEqual([]);
  } finally {
    await sandbox.close();
  }
}
