import type { Command } from 'commander';
import type { JobView } from '../../shared/contract/job.ts';
import type { ListResult } from '../../shared/contract/responses.ts';
import { perhapsRunning } from '../../shared/messages/list.ts';
import { exitCodes } from '../exit-codes.ts';
import { localCall } from '../local-call.ts';
import { type OutputOptions, print, printFaults, table } from '../output.ts';

interface Options extends OutputOptions {
  readonly provider?: string;
  readonly state?: string;
  readonly olderThan?: string;
  readonly newerThan?: string;
  readonly name?: string;
  readonly limit?: string;
  readonly cursor?: string;
}

/** `calloff list` */
export function addList(program: Command): void {
  program
    .command('list')
    .description('find jobs across providers')
    .option('--provider <provider>', 'of one connection only')
    .option('--state <state>', 'in this state, or in one of several separated by commas')
    .option('--older-than <age>', 'created at least so long ago: 30m, 2h, 1d')
    .option('--newer-than <age>', 'created less than so long ago')
    .option('--name <text>', 'with this in their name')
    .option('--limit <count>', 'at most so many; default 100')
    .option('--cursor <cursor>', 'go on where an earlier list with the same filters ended')
    .option('--json', 'print JSON also on a terminal')
    .action(list);
}

async function list({ json, olderThan, newerThan, ...filters }: Options): Promise<void> {
  const request = { ...filters, older_than: olderThan, newer_than: newerThan };
  const { gateway, context } = await localCall();
  const found = printFaults(await gateway.listJobs(request, context));
  if (found === undefined) return;
  print(found, json ? { json } : {}, () => report(found));
  if (found.partial) process.exitCode = exitCodes.notDone;
}

function report({ jobs, unavailable, next_cursor }: ListResult): string {
  const unseen = jobs.length === 0 && unavailable.length > 0 ? [perhapsRunning] : [];
  const more = next_cursor === null ? [] : [`There are more: --cursor ${next_cursor}`];
  return [jobTable(jobs), ...unseen, ...unavailable.map(({ message }) => message), ...more].join('\n');
}

/** Jobs as a table, with their names as what they are: text from elsewhere. */
export function jobTable(jobs: readonly JobView[]): string {
  const rows = jobs.map((job) => [job.provider, job.job_id, job.state, job.created_at ?? '', job.name ?? '']);
  return table(['PROVIDER', 'JOB', 'STATE', 'CREATED', 'NAME'], rows);
}
