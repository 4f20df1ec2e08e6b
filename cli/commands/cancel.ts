import { type Command, InvalidArgumentError } from 'commander';
import { ownCommand } from '../../shared/config/calloff-command.ts';
import { mostJobs, presented } from '../../shared/contract/requests.ts';
import { lostAnswers } from '../../shared/messages/faults.ts';
import { perhapsRunning } from '../../shared/messages/list.ts';
import { exitCodeOf, exitCodes } from '../exit-codes.ts';
import { type NamedJobs, readNamedJobs } from '../input/named-jobs.ts';
import { type SelectorOptions, selectorOf } from '../input/selector.ts';
import { openCall } from '../open-call.ts';
import { cancelInBackground } from '../operations/cancel-in-background.ts';
import { type ErrorText, printError, printUsageError, valueOrPrint } from '../output/error.ts';
import { addExamples } from '../output/help.ts';
import { outcomeReport } from '../output/outcome-report.ts';
import { type OutputOptions, print } from '../output/print.ts';
import { withProgress } from '../output/progress-line.ts';
import { wrapAfter, wrapText } from '../output/wrap.ts';

interface Options extends OutputOptions, SelectorOptions {
  readonly from?: string;
  readonly wait?: number | true;
  readonly dryRun?: true;
  readonly reason?: string;
  readonly sendIfStatusUnknown?: true;
  readonly confirmation?: string;
  readonly background?: true;
}

const longestWaitSeconds = 20;

/** `calloff cancel <provider> <id>…`, `calloff cancel --from <file>`, `calloff cancel --state running` */
export function addCancel(program: Command): void {
  const command = program
    .command('cancel')
    .description('cancel jobs, and report the status that their provider shows afterwards')
    .argument('[provider]', 'the connection, such as ionq')
    .argument('[id...]', 'the job ids that the provider gave; - reads them from standard input, one a line')
    .option('--from <file>', 'cancel the jobs in a CSV file with the columns provider and job_id')
    .option('--state <state>', 'cancel jobs in this state; several with commas between them')
    .option('--name <text>', 'cancel jobs with this text in their name, in any case')
    .option('--owner <owner>', 'cancel jobs that belong to this owner; * stands for any text')
    .option('--target <target>', 'cancel jobs that run on this queue, device, branch or model')
    .option('--label <key=value>', 'cancel jobs with this label')
    .option('--older-than <age>', 'cancel jobs created at least this long ago: 30m, 2h, 1d')
    .option('--newer-than <age>', 'cancel jobs created less than this long ago')
    .option('--wait [seconds]', `wait for a final state, up to ${longestWaitSeconds} seconds`, readSeconds)
    .option('--dry-run', 'send nothing, and report what would be cancelled')
    .option('--reason <reason>', 'why, for the audit')
    .option('--send-if-status-unknown', 'send the cancel even if the status cannot be read first')
    .option('--confirmation <token or id>', 'use the confirmation that an earlier answer offered')
    .option('--background', 'make an operation, and leave it to a "calloff serve" on the same store')
    .option('--json', 'print JSON, on a terminal too')
    .action(cancel);
  addExamples(command, [
    ['calloff cancel ionq 454d00f0-88ef-405d-a288-abd8ab0a6097', 'cancel one job'],
    [
      'calloff cancel sutro job-1 job-2 --wait --reason "wrong prompt"',
      'cancel two, and wait up to 20 seconds',
    ],
    ['calloff cancel ionq - --dry-run < ids.txt', 'send nothing, and see what would be cancelled'],
    ['calloff cancel --from jobs.csv', `cancel the jobs of a file; more than ${mostJobs} are an operation`],
    ['calloff cancel ionq --state running --name sweep', 'cancel what a filter picks, after a question'],
  ]);
}

async function cancel(provider: string | undefined, ids: readonly string[], options: Options): Promise<void> {
  const selector = selectorOf(provider, options);
  if (selector !== undefined && (ids.length > 0 || options.from !== undefined))
    return printUsageError(['Filters pick the jobs: give neither ids nor --from beside them.'], 'cancel');
  const named: NamedJobs | undefined =
    selector === undefined
      ? await readNamedJobs({ provider, ids, from: options.from }, process.stdin)
      : undefined;
  if (named?.ok === false) return printUsageError(named.why, 'cancel');
  const how = {
    ...(options.reason === undefined ? {} : { reason: options.reason }),
    ...(options.sendIfStatusUnknown ? { send_if_status_unknown: true as const } : {}),
  };
  const jobs = named?.jobs ?? [];
  const isOperation = options.background === true || jobs.length > mostJobs;
  if (!isOperation) return cancelNow({ ...how, ...(selector ? { selector } : { jobs }) }, named, options);
  const faults = operationFaults(options, jobs.length);
  if (faults.length > 0) return printUsageError(faults, 'cancel');
  await cancelInBackground(await openCall(), { selector, jobs, lines: named?.lines }, how, options);
}

/** Cancels in this call, as many jobs as one call may have. */
async function cancelNow(
  asked: { readonly jobs?: readonly unknown[]; readonly selector?: object },
  named: (NamedJobs & { readonly ok: true }) | undefined,
  options: Options,
): Promise<void> {
  const wait = options.wait === true ? longestWaitSeconds : options.wait;
  const request = {
    ...asked,
    wait_seconds: wait ?? (named?.jobs.length === 1 ? 2 : 10),
    ...(options.dryRun ? { dry_run: true } : {}),
    ...presented(options.confirmation),
  };
  const call = await openCall();
  const { gateway, context } = call;
  if (!options.dryRun) call.handleSignals({ second: () => printError(leftWords()) });
  const answer = await withProgress('Cancelling', context, (within) => gateway.cancelJobs(request, within));
  const ids = named?.jobs.map(({ job_id }) => job_id) ?? [];
  const result = valueOrPrint(answer, { command: 'cancel', ids, lines: named?.lines });
  if (result === undefined) return;
  const { outcomes, confirmation, operation, unavailable = [] } = result;
  const none = unavailable.length > 0 ? perhapsRunning : 'The filters pick no job.';
  print(result, options, (terminal) =>
    [
      outcomes.length === 0 ? none : outcomeReport(outcomes, terminal, confirmation),
      ...(operation === undefined ? [] : [wrapAfter('Next step: ', operation.next_step, terminal.width)]),
      ...unavailable.flatMap(({ message }) => wrapText(message, terminal.width)),
    ].join('\n'),
  );
  process.exitCode = unavailable.length > 0 ? exitCodes.notDone : exitCodeOf(outcomes);
}

/** What is known if a second signal comes while cancels are sent. */
function leftWords(): ErrorText {
  return {
    what: 'Interrupted twice. calloff leaves without an outcome for what it was sending.',
    nextStep: lostAnswers.cancel(ownCommand() ?? 'calloff'),
  };
}

/** The options that an operation does not have. */
function operationFaults({ wait, dryRun, confirmation }: Options, jobs: number): string[] {
  const what =
    jobs > mostJobs ? `More than ${mostJobs} jobs are an operation` : '--background makes an operation';
  return [
    ...(wait === undefined ? [] : [`${what}, which checks its jobs until they end: leave --wait out.`]),
    ...(dryRun ? [`${what}, and an operation has no dry run: use --dry-run with fewer jobs.`] : []),
    ...(confirmation === undefined
      ? []
      : [`${what}: confirm it with "calloff resume OPERATION --confirmation".`]),
  ];
}

function readSeconds(text: string): number {
  const seconds = /^\d{0,6}\.?\d{1,6}$/.test(text) ? Number(text) : Number.NaN;
  if (seconds <= longestWaitSeconds) return seconds;
  throw new InvalidArgumentError(
    `It must be a number of seconds from 0 to ${longestWaitSeconds}; give ids before --wait.`,
  );
}
