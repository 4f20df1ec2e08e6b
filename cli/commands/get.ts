import type { Command } from 'commander';
import { exitCodes } from '../exit-codes.ts';
import { localCall } from '../local-call.ts';
import { type OutputOptions, print, printFaults, table } from '../output.ts';
import { jobTable } from './list.ts';

/** `calloff get <provider> <id>` */
export function addLook(program: Command): void {
  program
    .command('get')
    .description('look at one job; nothing is cancelled')
    .argument('<provider>', 'the connection, such as ionq')
    .argument('<id>', 'the id the provider gave the job')
    .option('--json', 'print JSON also on a terminal')
    .action(look);
}

async function look(provider: string, job_id: string, options: OutputOptions): Promise<void> {
  const { gateway, context } = await localCall();
  const seen = printFaults(await gateway.getJob({ provider, job_id }, context));
  if (seen === undefined) return;
  if ('outcome' in seen) {
    print(seen, options, () =>
      table(['JOB', 'OUTCOME', ''], [[seen.job_id, seen.code ?? seen.outcome, seen.message]]),
    );
    process.exitCode = exitCodes.notDone;
  } else print(seen, options, () => jobTable([seen]));
}
