import { type Command, Option } from 'commander';
import type { ConfirmationView } from '../../shared/contract/responses.ts';
import { plainText } from '../../shared/lib/text.ts';
import { groupsInWords, howInWords } from '../../shared/messages/consent.ts';
import { exitCodes } from '../exit-codes.ts';
import { jobsToConfirm } from '../jobs-to-confirm.ts';
import { askPerson, type LocalCall, localCall } from '../local-call.ts';
import { type OutputOptions, print, printFaults } from '../output.ts';

interface Options extends OutputOptions {
  readonly yes?: true;
  readonly decline?: true;
}

/** `calloff confirm <id>` */
export function addConfirm(program: Command): void {
  program
    .command('confirm')
    .description('let a caller go ahead that asked for a confirmation: shows the jobs, and asks')
    .argument('<id>', 'the id that the caller was given')
    .addOption(new Option('--yes', 'do not ask').conflicts('decline'))
    .option('--decline', 'end it without a use')
    .option('--json', 'print JSON also on a terminal')
    .action(confirm);
}

async function confirm(confirmation_id: string, options: Options): Promise<void> {
  const call = await localCall();
  const { gateway, context } = call;
  const request = { confirmation_id };
  const shown = printFaults(await gateway.showConfirmation(request, context));
  if (shown === undefined) return;
  const decision = await decide(shown, options, call);
  if (decision !== 'approve' && decision !== 'decline') {
    process.stderr.write(`${unsettled[decision]}\n`);
    process.exitCode = exitCodes.notDone;
    return;
  }
  const settled =
    decision === 'approve'
      ? await gateway.approveConfirmation(request, context)
      : await gateway.closeConfirmation(request, context);
  const result = printFaults(settled);
  if (result !== undefined) print(result, options.json ? { json: true } : {}, () => told(result));
}

const stillOpen = 'Nothing was confirmed. It can be until its time is over; --decline ends it for good.';
const unsettled = {
  approved: 'This was confirmed already. --decline ends it, as long as it has not been used.',
  declined: stillOpen,
  no_answer: stillOpen,
  failed: stillOpen,
  unavailable: 'Nothing was confirmed: there is no terminal to ask on. Say --yes or --decline.',
} as const;

/** What to do with a confirmation, or why nothing is done. One that is over is not asked about, but tried: that says so. */
async function decide(
  shown: ConfirmationView,
  { yes, decline }: Options,
  call: LocalCall,
): Promise<'approve' | 'decline' | keyof typeof unsettled> {
  if (decline) return 'decline';
  if (shown.state === 'approved') return 'approved';
  if (yes || shown.state !== 'pending') return 'approve';
  const verdict = await askPerson(() => questionAbout(shown, call), call.context.signal);
  return verdict === 'agreed' ? 'approve' : verdict;
}

async function questionAbout(
  { caller, reason, expires_at, jobs, send_if_status_unknown, selector }: ConfirmationView,
  call: LocalCall,
): Promise<string> {
  return [
    `${plainText(caller)} asks to cancel ${jobsIn(jobs)}, until ${expires_at}.`,
    ...(reason === undefined ? [] : [`Why: ${plainText(reason)}`]),
    ...howInWords({ sendIfStatusUnknown: send_if_status_unknown === true, selector }),
    ...groupsInWords(jobs),
    await jobsToConfirm(jobs, call),
  ].join('\n');
}

function told({ state, caller, jobs, expires_at }: ConfirmationView): string {
  const what = `${jobsIn(jobs)} of ${caller}`;
  return state === 'approved'
    ? `approved: ${what}, until ${expires_at}. ${caller} asks again now to have them cancelled.`
    : `${state}: ${what}.`;
}

function jobsIn(jobs: ConfirmationView['jobs']): string {
  return jobs.length === 1 ? '1 job' : `${jobs.length} jobs`;
}
