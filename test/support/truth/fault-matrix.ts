import type { JobSeed } from '../../../sandbox/jobs/job-seed.ts';
import type { Fault, PretendProvider, ProviderName } from '../../../sandbox/sandbox.ts';
import type { Outcome } from '../../../shared/contract/answers/outcome-schema.ts';
import type { Gateway } from '../../../shared/gateway.ts';
import { accepted, connectionTo, context, gatewayOver, missingJobId, providerNames } from '../harness.ts';
import { runs } from '../thorough.ts';
import { semaphore } from '../time/semaphore.ts';
import { canary, checkOutcomes } from './check-outcomes.ts';
import { appliesTo, type FaultCase, type Scope, scopes } from './faults.ts';
import { openProvider } from './one-provider.ts';

/** One cell of the matrix of faults. */
export interface Cell {
  readonly provider: ProviderName;
  readonly scope: Scope;
  readonly lasting: 'always' | 'once per job';
  readonly size: 'single' | 'bulk';
}

const budgetMs = 6_000;
/** Hangs are given up early; nothing else is, however busy the machine. */
const patienceMs = 1_500;
/** So many cells at a time, so that the provider, which shares our process, is not starved; those that wait are cheap. */
const busy = semaphore(28);
const huge = semaphore(3);
const idle = semaphore(64);

function turnFor({ fault: { kind } }: FaultCase, { lasting }: Cell) {
  if (kind === 'huge_body') return huge;
  return lasting === 'always' && kind === 'hang' ? idle : busy;
}

function cellsOf({ on = ['cancel', 'looks', 'everything'], ...rest }: FaultCase): Cell[] {
  const providers = providerNames.filter((provider) => appliesTo({ ...rest, on }, provider));
  return providers.flatMap((provider) =>
    on.flatMap((scope) =>
      (['always', 'once per job'] as const).flatMap((lasting) =>
        (['single', 'bulk'] as const).map((size) => ({ provider, scope, lasting, size })),
      ),
    ),
  );
}

/** About 40 jobs in every state, in `npm test` 11, one of them missing; each single case asks for the first. */
function addJobs(there: PretendProvider, { provider, size }: Cell): string[] {
  const add = (count: number, seed: JobSeed) => there.addJobs(count, { name: canary, ...seed });
  if (size === 'single') return add(1, { state: 'running', settlesInMs: 50 });
  return [
    ...add(runs(12, 3), { state: 'running', settlesInMs: 50 }),
    ...add(runs(8, 2), { state: 'queued' }),
    ...add(runs(8, 2), { state: 'completed' }),
    ...add(runs(5, 1), { state: 'failed' }),
    ...add(runs(5, 1), { state: 'cancelled' }),
    ...add(1, { state: 'cancelling', settlesInMs: 200 }),
    missingJobId(provider),
  ];
}

/** Where nothing can be seen, the cancel is sent all the same: what came of it must then not be guessed. */
async function cancel(gateway: Gateway, { provider, size, scope }: Cell, ids: readonly string[]) {
  const jobs = ids.map((job_id) => ({ provider, job_id }));
  const [first] = jobs;
  const how = { wait_seconds: 0.5, send_if_status_unknown: scope === 'everything' };
  if (size === 'single' && first !== undefined) {
    const outcome: Outcome = accepted(await gateway.cancelJob({ ...first, ...how }, context));
    return { asked: [first], outcomes: [outcome] };
  }
  const result = accepted(await gateway.cancelJobs({ jobs, ...how }, context));
  return { asked: jobs, ...result };
}

async function judge(faultCase: FaultCase, cell: Cell): Promise<string[]> {
  const { fault } = faultCase;
  const there = await openProvider(cell.provider, fault);
  try {
    const ids = addJobs(there.provider, cell);
    const once = cell.lasting === 'always' ? {} : { times: 1, perJob: true };
    there.provider.setFault({ ...fault, operations: scopes[cell.scope], ...once });
    const requestMs = fault.kind === 'hang' ? patienceMs : 10_000;
    const startedAt = there.now();
    const connections = [connectionTo(cell.provider, there.provider)];
    const gateway = gatewayOver(connections, { budgetMs, requestMs, ...there.terms });
    const answer = await there.until(cancel(gateway, cell, ids));
    const now = there.now();
    const witnesses = { [cell.provider]: { provider: cell.provider, witness: there.provider } };
    const lies = checkOutcomes({ ...answer, witnesses, left: gateway.left, now });
    if (now - startedAt > budgetMs) lies.push(`took ${now - startedAt} ms of ${budgetMs}`);
    return lies.map((lie) => `${cell.size}, ${cell.lasting}, on ${cell.scope}: ${lie}`);
  } finally {
    await there.close();
  }
}

/** What is false in any of the cells of a fault that are wanted. */
export async function liesAbout(
  faultCase: FaultCase,
  isWanted: (cell: Cell, kind: Fault['kind']) => boolean,
): Promise<string[]> {
  const cells = cellsOf(faultCase).filter((cell) => isWanted(cell, faultCase.fault.kind));
  if (cells.length === 0) return ['nothing was tried'];
  const judged = cells.map((cell) => turnFor(faultCase, cell)(() => judge(faultCase, cell)));
  return (await Promise.all(judged)).flat();
}
