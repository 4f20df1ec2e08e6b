import { type Command, InvalidArgumentError } from 'commander';
import { presented } from '../../shared/contract/requests.ts';
import { exitCodeOf } from '../exit-codes.ts';
import { readJobIds } from '../input/job-ids.ts';
import { localCall } from '../local-call.ts';
import { printUsageError, valueOrPrint } from '../output/error.ts';
import { addExamples } from '../output/help.ts';
import { outcomeReport } from '../output/outcome-report.ts';
import { type OutputOptions, print } from '../output/print.ts';
import { withProgress } from '../output/progress-line.ts';

interface Options extends OutputOptions {
  readonly wait?: number | true;
  readonly dryRun?: true;
  readonly reason?: string;
  readonly sendIfStatusUnknown?: true;
  readonly confirmation?: string;
}

const longestWaitSeconds = 20;

/** `calloff cancel <provider> <id>…` */
export function addCancel(program: Command): void {
  const command = program
    .command('cancel')
    .description('cancel jobs, and report the status that their provider shows afterwards')
    .argument('<provider>', 'the connection, such as ionq')
    .argument('<id...>', 'the job ids that the provider gave; - reads them from standard input, one a line')
    .option('--wait [seconds]', `wait for a final state, up to ${longestWaitSeconds} seconds`, readSeconds)
    .option('--dry-run', 'send nothing, and report what would be cancelled')
    .option('--reason <reason>', 'why, for the audit')
    .option('--send-if-status-unknown', 'send the cancel even if the status cannot be read first')
    .option('--confirmation <token or id>', 'use the confirmation that an earlier answer offered')
    .option('--json', 'print JSON, on a terminal too')
    .action(cancel);
  addExamples(command, [
    ['calloff cancel ionq 454d00f0-88ef-405d-a288-abd8ab0a6097', 'cancel one job'],
    [
      'calloff cancel sutro job-1 job-2 --wait --reason "wrong prompt"',
      'cancel two, and wait up to 20 seconds',
    ],
    ['calloff cancel ionq - --dry-run < ids.txt', 'send nothing, and see what would be cancelled'],
  ]);
}

async function cancel(provider: string, named: readonly string[], options: Options): Promise<void> {
  const read = await readJobIds(named, process.stdin);
  if (!read.ok) return printUsageError([read.why], 'cancel');
  const { ids } = read;
  const wait = options.wait === true ? longestWaitSeconds : options.wait;
  const request = {
    jobs: ids.map((job_id) => ({ provider, job_id })),
    wait_seconds: wait ?? (ids.length === 1 ? 2 : 10),
    ...(options.dryRun ? { dry_run: true } : {}),
    ...(options.reason === undefined ? {} : { reason: options.reason }),
    ...(options.sendIfStatusUnknown ? { send_if_status_unknown: true } : {}),
    ...presented(options.confirmation),
  };
  const { gateway, context } = await localCall();
  const answer = await withProgress('Cancelling', context, (call) => gateway.cancelJobs(request, call));
  const result = valueOrPrint(answer, { command: 'cancel', ids });
  if (result === undefined) return;
  print(result, options, (terminal) => outcomeReport(result.outcomes, terminal, result.confirmation));
  process.exitCode = exitCodeOf(result.outcomes);
}

function readSeconds(text: string): number {
  const seconds = Number(text);
  if (text.trim() !== '' && seconds >= 0 && seconds <= longestWaitSeconds) return seconds;
  throw new InvalidArgumentError(
    `It must be a number of seconds from 0 to ${longestWaitSeconds}; give ids before --wait.`,
  );
}
