import { describe, test, vi } from 'vitest';
import { randomNumbers } from '../../sandbox/random.ts';
import { type ProviderName, type Sandbox, startSandbox } from '../../sandbox/sandbox.ts';
import type { Outcome } from '../../shared/contract/outcome.ts';
import { checkOutcomes } from '../support/check-outcomes.ts';
import { appliesTo, type FaultCase, faultCases, scopes } from '../support/faults.ts';
import { accepted, context, gatewayTo, providerLogsOf, providerNames } from '../support/harness.ts';
import { semaphore } from '../support/semaphore.ts';

vi.setConfig({ maxConcurrency: 18, testTimeout: 180_000 });

/** A hang is given up after so long, instead of ten seconds. */
const patienceMs = 1_000;
const inTurn = semaphore(16);
const passing = faultCases.filter(({ mayStand }) => mayStand === undefined);
const pairs = passing.flatMap((faultCase) =>
  providerNames
    .filter((provider) => appliesTo(faultCase, provider))
    .map((provider) => ({ name: faultCase.name, provider, faultCase })),
);

interface Job {
  readonly provider: ProviderName;
  readonly job_id: string;
}

async function cancelAll(sandbox: Sandbox, jobs: readonly Job[], requestMs: number) {
  const gateway = gatewayTo(sandbox, { requestMs });
  const { outcomes, counts } = accepted(await gateway.cancelJobs({ jobs }, context));
  const lies = checkOutcomes({
    asked: jobs,
    outcomes,
    counts,
    witnesses: providerLogsOf(sandbox),
    left: gateway.left,
  });
  const left = outcomes.filter(({ outcome }) => outcome !== 'cancelled');
  return { lies, cancelled: outcomes.length - left.length, left: left.map(brief) };
}

function brief({ provider, outcome, code, state }: Outcome): string {
  return `${provider} ${outcome} ${code ?? ''} (${state})`;
}

function addJobs(sandbox: Sandbox, provider: ProviderName, count: number): Job[] {
  const ids = sandbox.providers[provider].addJobs(count, { state: 'running' });
  return ids.map((job_id) => ({ provider, job_id }));
}

function scopeOf({ on }: FaultCase) {
  return scopes[on?.[0] ?? 'cancel'];
}

describe.concurrent('with one passing fault per job, at least 99 % end as cancelled', () => {
  test.for(pairs)('$name at $provider', ({ provider, faultCase }, { expect }) =>
    inTurn(async () => {
      const sandbox = await startSandbox({ control: false });
      try {
        const jobs = addJobs(sandbox, provider, 100);
        const fault = { ...faultCase.fault, operations: scopeOf(faultCase), times: 1, perJob: true };
        sandbox.providers[provider].setFault(fault);
        const requestMs = fault.kind === 'hang' ? patienceMs : 10_000;
        const { lies, left } = await cancelAll(sandbox, jobs, requestMs);
        expect(lies).toEqual([]);
        expect(left.length, left.join('\n')).toBeLessThanOrEqual(1);
      } finally {
        await sandbox.close();
      }
    }),
  );
});

describe.concurrent('with one fault per job, drawn by chance', () => {
  test.for(['cancel', 'everything'] as const)('on %s, of 1,000', async (scope, { expect }) => {
    const sandbox = await startSandbox({ control: false });
    try {
      const jobs = providerNames.flatMap((provider) => addJobs(sandbox, provider, 250));
      spread(sandbox, jobs, scope);
      const { lies, left, cancelled } = await cancelAll(sandbox, jobs, 1_500);
      expect(lies).toEqual([]);
      expect(cancelled, left.join('\n')).toBeGreaterThanOrEqual(990);
    } finally {
      await sandbox.close();
    }
  });
});

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
