import type { Command } from 'commander';
import type { JobView } from '../../shared/contract/answers/job-schema.ts';
import type { Outcome } from '../../shared/contract/answers/outcome-schema.ts';
import type { Result } from '../../shared/contract/result.ts';
import { exitCodes } from '../exit-codes.ts';
import { readJobIds } from '../input/job-ids.ts';
import { openCall } from '../open-call.ts';
import { printUsageError, valueOrPrint } from '../output/error.ts';
import { addExamples } from '../output/help.ts';
import { jobTable } from '../output/job-table.ts';
import { outcomeReport } from '../output/outcome-report.ts';
import { type OutputOptions, print } from '../output/print.ts';
import { withProgress } from '../output/progress-line.ts';

interface Options extends OutputOptions {
  readonly wide?: true;
}

/** `calloff get <provider> <id>…` */
export function addGet(program: Command): void {
  const command = program
    .command('get')
    .description('check the status of jobs; cancels nothing')
    .argument('<provider>', 'the connection, such as ionq')
    .argument('<id...>', 'the job ids that the provider gave; - reads them from standard input, one a line')
    .option('--wide', 'print whole names and exact times')
    .option('--json', 'print JSON, on a terminal too')
    .action(get);
  addExamples(command, [
    ['calloff get ionq 454d00f0-88ef-405d-a288-abd8ab0a6097', 'check one job'],
    ['calloff get sutro - < ids.txt', 'check the jobs that a file names'],
  ]);
}

/** One job that is named is answered with itself; several, or those on standard input, with a list. */
async function get(provider: string, named: readonly string[], options: Options): Promise<void> {
  const read = await readJobIds(named, process.stdin);
  if (!read.ok) return printUsageError([read.why], 'get');
  const { ids } = read;
  const { gateway, context } = await openCall();
  const jobs = ids.map((job_id) => ({ provider, job_id }));
  const [first] = jobs;
  const isOne = named.length === 1 && named[0] !== '-' && first !== undefined;
  const answer = await withProgress('Checking the status', context, async (call) =>
    isOne ? asList(await gateway.getJob(first, call)) : gateway.getJobs({ jobs }, call),
  );
  const seen = valueOrPrint(answer, { command: 'get', ids });
  if (seen !== undefined) report(seen, isOne, options);
}

function asList<T>(result: Result<T>): Result<T[]> {
  return result.ok ? { ok: true, value: [result.value] } : result;
}

function report(seen: readonly (JobView | Outcome)[], isOne: boolean, options: Options): void {
  const found = seen.filter((each) => !('outcome' in each));
  const missing = seen.filter((each) => 'outcome' in each);
  const [only = {}] = seen;
  print(isOne ? only : { jobs: found, missing }, options, (terminal) =>
    [
      ...(found.length === 0 ? [] : [jobTable(found, { terminal, wide: options.wide })]),
      ...(missing.length === 0 ? [] : [outcomeReport(missing, terminal)]),
    ].join('\n\n'),
  );
  if (missing.length > 0) process.exitCode = exitCodes.notDone;
}
