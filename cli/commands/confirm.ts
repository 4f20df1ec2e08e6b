import { type Command, Option } from 'commander';
import type { ConfirmationView } from '../../shared/contract/answers/responses.ts';
import { plainText } from '../../shared/lib/text.ts';
import { groupsInWords, howInWords } from '../../shared/messages/consent.ts';
import { countOfJobs } from '../../shared/messages/counts.ts';
import { operationInWords } from '../../shared/messages/operation-request.ts';
import type { Call } from '../call.ts';
import { askPerson } from '../confirmation/ask-person.ts';
import { jobsToConfirm } from '../confirmation/jobs-to-confirm.ts';
import { waitingTable } from '../confirmation/waiting-table.ts';
import { openCall } from '../open-call.ts';
import { printNotDone, printUsageError, valueOrPrint } from '../output/error.ts';
import { addExamples } from '../output/help.ts';
import { type OutputOptions, print } from '../output/print.ts';
import { withProgress } from '../output/progress-line.ts';
import { terminalOf } from '../output/terminal.ts';
import { wrapText } from '../output/wrap.ts';

interface Options extends OutputOptions {
  readonly yes?: true;
  readonly decline?: true;
  readonly cursor?: string;
}

/** `calloff confirm [id]` */
export function addConfirm(program: Command): void {
  const command = program
    .command('confirm')
    .description('show the jobs that a caller asks to cancel, and allow it; without an id, list what waits')
    .argument('[id]', 'the id of the confirmation, which the caller was given')
    .addOption(new Option('--yes', 'allow it without a question').conflicts('decline'))
    .option('--decline', 'close it, so that it cannot be used')
    .option('--cursor <cursor>', 'continue an earlier list')
    .option('--json', 'print JSON, on a terminal too')
    .action((id: string | undefined, options: Options) =>
      id === undefined ? listWaiting(options) : confirm(id, options),
    );
  addExamples(command, [
    ['calloff confirm', 'list what waits for you'],
    ['calloff confirm k7m2p9x4qd', 'see the jobs, and decide'],
    ['calloff confirm k7m2p9x4qd --decline', 'close the request'],
  ]);
}

/** Lists what waits for the user. */
async function listWaiting({ yes, decline, cursor, json }: Options): Promise<void> {
  if (yes || decline) return printUsageError([withoutId], 'confirm');
  const { gateway, context } = await openCall();
  const found = valueOrPrint(await gateway.listConfirmations({ cursor }, context), askedBy);
  if (found === undefined) return;
  const { confirmations, next_cursor: next } = found;
  print(found, json ? { json } : {}, (terminal) => {
    const steps = [
      confirmations.length === 0
        ? 'Nothing waits for you.'
        : 'Run "calloff confirm ID" to see the jobs as they are now, and to decide.',
      ...(next === null ? [] : [`There may be more: repeat the command with --cursor ${next}`]),
    ];
    return [
      ...(confirmations.length === 0 ? [] : [waitingTable(confirmations, terminal)]),
      ...steps.flatMap((step) => wrapText(step, terminal.width)),
    ].join('\n');
  });
}

async function confirm(confirmation_id: string, options: Options): Promise<void> {
  if (options.cursor !== undefined) return printUsageError([cursorWithId], 'confirm');
  const call = await openCall();
  const { gateway, context } = call;
  const request = { confirmation_id };
  const shown = valueOrPrint(await gateway.showConfirmation(request, context), askedBy);
  if (shown === undefined) return;
  const decision = await decide(shown, options, call);
  if (decision !== 'approve' && decision !== 'decline') {
    printNotDone(unsettled[decision]);
    return;
  }
  const settled =
    decision === 'approve'
      ? await gateway.approveConfirmation(request, context)
      : await gateway.closeConfirmation(request, context);
  const result = valueOrPrint(settled, askedBy);
  if (result !== undefined)
    print(result, options.json ? { json: true } : {}, ({ width }) =>
      wrapText(summaryOf(result), width).join('\n'),
    );
}

const askedBy = { command: 'confirm' } as const;

const withoutId =
  '--yes and --decline need the id of a confirmation: "calloff confirm" lists those that wait for you.';
const cursorWithId = '--cursor continues a list, so it takes no id.';

const stillOpen = {
  what: 'Nothing was confirmed.',
  why: ['The request stays open until its time is over.'],
  nextStep: 'Add --decline to close it for good.',
} as const;
const unsettled = {
  approved: {
    what: 'This has already been confirmed.',
    nextStep: 'Add --decline to close it, unless it has been used.',
  },
  declined: stillOpen,
  no_answer: stillOpen,
  failed: stillOpen,
  unavailable: {
    what: 'Nothing was confirmed.',
    why: ['There is no terminal to ask on.'],
    nextStep: 'Add --yes or --decline.',
  },
} as const;

/** What to do with a confirmation, or why nothing is done. One that is over is not asked about, but tried: that says so. */
async function decide(
  shown: ConfirmationView,
  { yes, decline }: Options,
  call: Call,
): Promise<'approve' | 'decline' | keyof typeof unsettled> {
  if (decline) return 'decline';
  if (shown.state === 'approved') return 'approved';
  if (yes || shown.state !== 'pending') return 'approve';
  const verdict = await askPerson(
    () =>
      withProgress('Checking the status of the jobs', call.context, (context) =>
        questionAbout(shown, { ...call, context }),
      ),
    call.context.signal,
    promptFor(shown),
  );
  return verdict === 'agreed' ? 'approve' : verdict;
}

/** A yes cancels nothing here: it lets the caller do so. */
function promptFor({ caller, jobs, operation }: ConfirmationView): string {
  const count = operation?.jobs ?? jobs.length;
  const these = count === 1 ? 'this job' : `these ${countOfJobs(count)}`;
  return `Agree that ${plainText(caller)} may cancel ${these}?`;
}

async function questionAbout(
  { caller, reason, expires_at, jobs, send_if_status_unknown, selector, operation }: ConfirmationView,
  call: Call,
): Promise<string> {
  const terminal = terminalOf(process.stderr);
  const count = operation?.jobs ?? jobs.length;
  const sentences = [
    `${plainText(caller)} asks to cancel ${countOfJobs(count)}. The request expires at ${expires_at}.`,
    ...(reason === undefined ? [] : [`Reason: ${plainText(reason)}`]),
    ...howInWords({ sendIfStatusUnknown: send_if_status_unknown === true, selector }),
    ...(operation === undefined ? groupsInWords(jobs) : operationInWords(operation)),
  ];
  const lines = sentences.flatMap((sentence) => wrapText(sentence, terminal.width));
  return [...lines, await jobsToConfirm(jobs, call, terminal, count)].join('\n');
}

function summaryOf({ state, caller, jobs, expires_at, operation }: ConfirmationView): string {
  const who = plainText(caller);
  const what = `${countOfJobs(operation?.jobs ?? jobs.length)} of ${who}`;
  return state === 'approved'
    ? `approved: ${what}. Nothing is cancelled by that: ${who} can now repeat the request, until ${expires_at}.`
    : `${state}: ${what}.`;
}
