import type { ExpectStatic } from 'vitest';
import { randomNumbers } from '../../../sandbox/random.ts';
import {
  type PretendProvider,
  type ProviderName,
  type Sandbox,
  startSandbox,
} from '../../../sandbox/sandbox.ts';
import type { Outcome } from '../../../shared/contract/answers/outcome-schema.ts';
import type { BulkResult } from '../../../shared/contract/answers/responses.ts';
import type { Result } from '../../../shared/contract/result.ts';
import {
  accepted,
  connectionTo,
  context,
  gatewayOver,
  gatewayTo,
  providerLogsOf,
  providerNames,
} from '../harness.ts';
import { runs } from '../thorough.ts';
import { semaphore } from '../time/semaphore.ts';
import { type CheckedCase, checkOutcomes } from './check-outcomes.ts';
import { appliesTo, type FaultCase, faultCases, scopes } from './faults.ts';
import { openProvider } from './one-provider.ts';

/** A hang is given up after so long, instead of ten seconds. */
const patienceMs = 1_000;
const inTurn = semaphore(16);
const passing = faultCases.filter(({ mayStand }) => mayStand === undefined);
/** Every passing fault at every provider at which it can happen. */
export const pairs = passing.flatMap((faultCase) =>
  providerNames
    .filter((provider) => appliesTo(faultCase, provider))
    .map((provider) => ({ name: faultCase.name, provider, faultCase })),
);

interface Job {
  readonly provider: ProviderName;
  readonly job_id: string;
}

/** What is wrong with the answer of a gateway about these jobs, and what is left of them. */
async function tally(
  { left: sent }: Pick<ReturnType<typeof gatewayOver>, 'left'>,
  answer: Result<BulkResult>,
  trial: Pick<CheckedCase, 'asked' | 'witnesses' | 'now'>,
) {
  const { outcomes, counts } = accepted(answer);
  const lies = checkOutcomes({ ...trial, outcomes, counts, left: sent });
  const left = outcomes.filter(({ outcome }) => outcome !== 'cancelled');
  return { lies, left: left.map(brief) };
}

function brief({ provider, outcome, code, state }: Outcome): string {
  return `${provider} ${outcome} ${code ?? ''} (${state})`;
}

function addJobs(there: PretendProvider, provider: ProviderName, count: number): Job[] {
  const ids = there.addJobs(count, { state: 'running' });
  return ids.map((job_id) => ({ provider, job_id }));
}

function scopeOf({ on }: FaultCase) {
  return scopes[on?.[0] ?? 'cancel'];
}

/** Gives every job one fault of its own. */
function spread(sandbox: Sandbox, jobs: readonly Job[], scope: 'cancel' | 'everything'): void {
  const random = randomNumbers(2_026);
  const drawn = Map.groupBy(jobs, ({ provider }) => {
    const possible = passing.filter((faultCase) => appliesTo(faultCase, provider));
    return possible[Math.floor(random() * possible.length)];
  });
  for (const [faultCase, share] of drawn) {
    if (faultCase === undefined) continue;
    const operations = scope === 'everything' ? undefined : scopeOf(faultCase);
    for (const provider of providerNames) {
      const jobIds = share.filter((job) => job.provider === provider).map(({ job_id }) => job_id);
      const fault = { ...faultCase.fault, operations, jobIds, times: 1, perJob: true };
      if (jobIds.length > 0) sandbox.providers[provider].setFault(fault);
    }
  }
}

/** The law for a hundred jobs, in `npm test` 20, at one provider, each of which meets the same fault once. */
export function expectNearlyAll({ provider, faultCase }: (typeof pairs)[number], expect: ExpectStatic) {
  return inTurn(async () => {
    const there = await openProvider(provider, faultCase.fault);
    try {
      const jobs = addJobs(there.provider, provider, runs(100, 20));
      const fault = { ...faultCase.fault, operations: scopeOf(faultCase), times: 1, perJob: true };
      there.provider.setFault(fault);
      const requestMs = fault.kind === 'hang' ? patienceMs : 10_000;
      const gateway = gatewayOver([connectionTo(provider, there.provider)], { requestMs, ...there.terms });
      const answer = await there.until(gateway.cancelJobs({ jobs }, context));
      const witnesses = { [provider]: { provider, witness: there.provider } };
      const { lies, left } = await tally(gateway, answer, { asked: jobs, witnesses, now: there.now() });
      expect(lies).toEqual([]);
      expectFewLeft(left, jobs, expect);
    } finally {
      await there.close();
    }
  });
}

/** Expects at least 99 % of the jobs that were asked for to end as cancelled. */
function expectFewLeft(left: readonly string[], asked: readonly Job[], expect: ExpectStatic): void {
  expect(left.length, left.join('\n')).toBeLessThanOrEqual(asked.length / 100);
}

/** How many jobs meet a fault drawn by chance. */
export const drawnByChance = runs(1_000, 300);

/** Adds these jobs, as many at each provider as at any other, or one more. */
function addOverAll({ providers }: Sandbox): Job[] {
  const upTo = (index: number) => Math.floor((drawnByChance * index) / providerNames.length);
  return providerNames.flatMap((provider, index) =>
    addJobs(providers[provider], provider, upTo(index + 1) - upTo(index)),
  );
}

/** The law for so many jobs over the providers, each of which meets a fault of its own, drawn by chance. */
export async function expectNearlyAllByChance(scope: 'cancel' | 'everything', expect: ExpectStatic) {
  const sandbox = await startSandbox({ control: false });
  try {
    const jobs = addOverAll(sandbox);
    spread(sandbox, jobs, scope);
    const gateway = gatewayTo(sandbox, { requestMs: 1_500 });
    const answer = await gateway.cancelJobs({ jobs }, context);
    const trial = { asked: jobs, witnesses: providerLogsOf(sandbox) };
    const { lies, left } = await tally(gateway, answer, trial);
    expect(lies).toEqual([]);
    expectFewLeft(left, jobs, expect);
  } finally {
    await sandbox.close();
  }
}
