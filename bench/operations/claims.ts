import { countOutcomes, outcomeNames } from '../../shared/contract/outcome.ts';
import type { Run } from './run.ts';

/** A claim about operations, and whether it held. */
export interface Claim {
  readonly claim: string;
  readonly holds: boolean;
}

const megabyte = 1_000_000;
/** How much larger than the idle process it may become. */
const mostBytes = 150 * megabyte;
/** How much more a job of the largest operation may cost than one of the smallest. */
const mostGrowth = 1.2;

/** The processor time of a job, in microseconds. */
export function microsPerJob({ figures, jobs }: Run): number {
  return figures.cpuMicros / jobs;
}

/** What is claimed of operations, held against what was measured. */
export function claimsOf(runs: readonly Run[]): Claim[] {
  const lies = runs.flatMap((run) => run.lies);
  const [smallest] = runs;
  const largest = runs.at(-1);
  const growth = smallest && largest ? microsPerJob(largest) / microsPerJob(smallest) : 1;
  const rss = Math.max(...runs.map(({ figures }) => figures.rss));
  return [
    {
      claim: `every outcome is what the providers know${lies
        .map((lie) => `\n  - ${lie}`)
        .slice(0, 20)
        .join('')}`,
      holds: lies.length === 0,
    },
    {
      claim: 'the journals of the providers are whole',
      holds: runs.every(({ requests }) => requests.every(({ isWhole }) => isWhole)),
    },
    { claim: 'every job has one outcome', holds: runs.every(isAccountedFor) },
    {
      claim: `a job costs at most 20 % more in the largest operation: ${percent(growth)}`,
      holds: growth <= mostGrowth,
    },
    {
      claim: `the process is never 150 MB larger than idle: ${(rss / megabyte).toFixed(0)} MB`,
      holds: rss < mostBytes,
    },
  ];
}

function isAccountedFor({ jobs, view }: Run): boolean {
  const counts = { ...countOutcomes([]), ...view.counts };
  const counted = outcomeNames.reduce((sum, outcome) => sum + counts[outcome], 0);
  return view.jobs === jobs && view.pending === 0 && counted + view.came_back === jobs;
}

function percent(ratio: number): string {
  return `${((ratio - 1) * 100).toFixed(1)} %`;
}
