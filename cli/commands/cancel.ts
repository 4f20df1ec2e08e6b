import { type Command, InvalidArgumentError } from 'commander';
import type { Outcome } from '../../shared/contract/outcome.ts';
import { presented } from '../../shared/contract/requests.ts';
import type { BulkResult } from '../../shared/contract/responses.ts';
import { isVisible } from '../../shared/lib/names.ts';
import { exitCodeOf } from '../exit-codes.ts';
import { localCall } from '../local-call.ts';
import { type OutputOptions, print, printFaults, table } from '../output.ts';

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
  program
    .command('cancel')
    .description('cancel jobs, and say what their provider says of them afterwards')
    .argument('<provider>', 'the connection, such as ionq')
    .argument('<id...>', 'the ids the provider gave the jobs')
    .option('--wait [seconds]', `wait for a final state, up to ${longestWaitSeconds} seconds`, readSeconds)
    .option('--dry-run', 'only look, and say what would be cancelled')
    .option('--reason <reason>', 'why, for the audit')
    .option('--send-if-status-unknown', 'send the cancel also where the look before it fails')
    .option('--confirmation <token or id>', 'of the answer that asked for one: cancels exactly its jobs')
    .option('--json', 'print JSON also on a terminal')
    .action(cancel);
}

async function cancel(provider: string, ids: readonly string[], options: Options): Promise<void> {
  const jobs = ids.filter((id) => !isBlank(id)).map((job_id) => ({ provider, job_id }));
  const wait = options.wait === true ? longestWaitSeconds : options.wait;
  const request = {
    jobs,
    wait_seconds: wait ?? (jobs.length === 1 ? 2 : 10),
    ...(options.dryRun ? { dry_run: true } : {}),
    ...(options.reason === undefined ? {} : { reason: options.reason }),
    ...(options.sendIfStatusUnknown ? { send_if_status_unknown: true } : {}),
    ...presented(options.confirmation),
  };
  const { gateway, context } = await localCall();
  const result = printFaults(await gateway.cancelJobs(request, context));
  if (result === undefined) return;
  print(result, options, () => report(result));
  process.exitCode = exitCodeOf(result.outcomes);
}

/** A line of a file that holds nothing but its end, such as a carriage return. An argument that is empty is a fault. */
function isBlank(id: string): boolean {
  return id !== '' && !isVisible(id);
}

function report({ outcomes, confirmation }: BulkResult): string {
  const rows = outcomes.map(({ job_id, outcome, state, code, message }) => [
    job_id,
    code ?? outcome,
    state,
    message,
  ]);
  // What there is to do about a confirmation is said once, with the confirmation.
  const isOffered = ({ code }: Outcome) => confirmation !== undefined && code === 'confirmation_required';
  const settled = outcomes.filter((outcome) => !isOffered(outcome));
  const steps = new Set(settled.map(({ next_step }) => next_step).filter((step) => step !== undefined));
  const notes = new Set(
    outcomes.map(({ billing_note }) => billing_note).filter((note) => note !== undefined),
  );
  const { next_step: confirming, confirmation_token: token } = confirmation ?? {};
  const offered = [confirming, token && `--confirmation ${token}`].filter((line) => line !== undefined);
  return [table(['JOB', 'OUTCOME', 'STATE', ''], rows), ...notes, ...steps, ...offered].join('\n');
}

function readSeconds(text: string): number {
  const seconds = Number(text);
  if (text.trim() !== '' && seconds >= 0 && seconds <= longestWaitSeconds) return seconds;
  throw new InvalidArgumentError(
    `must be a number of seconds from 0 to ${longestWaitSeconds}; give ids before --wait.`,
  );
}
