import { type Command, Option } from 'commander';
import type { ListResult } from '../../shared/contract/answers/responses.ts';
import { isFinal, states } from '../../shared/contract/outcome.ts';
import { countOfJobs } from '../../shared/messages/counts.ts';
import { perhapsRunning } from '../../shared/messages/list.ts';
import { exitCodes } from '../exit-codes.ts';
import { openCall } from '../open-call.ts';
import { valueOrPrint } from '../output/error.ts';
import { addExamples } from '../output/help.ts';
import { inListOrder, jobTable } from '../output/job-table.ts';
import { type OutputOptions, print } from '../output/print.ts';
import { withProgress } from '../output/progress-line.ts';
import type { Terminal } from '../output/terminal.ts';
import { wrapText } from '../output/wrap.ts';

interface Options extends OutputOptions {
  readonly provider?: string;
  readonly state?: string;
  readonly all?: true;
  readonly olderThan?: string;
  readonly newerThan?: string;
  readonly name?: string;
  readonly owner?: string;
  readonly target?: string;
  readonly label?: string;
  readonly limit?: string;
  readonly cursor?: string;
  readonly wide?: true;
}

/** What a list shows unless it is asked for more: every job that is not known to be over. */
const liveStates = states.filter((state) => !isFinal(state)).join(',');

/** `calloff list` */
export function addList(program: Command): void {
  const command = program
    .command('list')
    .description('list jobs that are not over, at all providers; what still runs comes first')
    .addOption(new Option('-a, --all', 'list jobs that are over, too').conflicts('state'))
    .option('--provider <provider>', 'list the jobs of one connection only')
    .option('--state <state>', 'list jobs in this state; several with commas between them')
    .option('--older-than <age>', 'list jobs created at least this long ago: 30m, 2h, 1d')
    .option('--newer-than <age>', 'list jobs created less than this long ago')
    .option('--name <text>', 'list jobs with this text in their name, in any case')
    .option('--owner <owner>', 'list jobs that belong to this owner; * stands for any text')
    .option('--target <target>', 'list jobs that run on this queue, device, branch or model')
    .option('--label <key=value>', 'list jobs with this label')
    .option('--limit <count>', 'list at most this many jobs; default 100')
    .option('--cursor <cursor>', 'continue an earlier list with the same filters')
    .option('--wide', 'print whole names and exact times')
    .option('--json', 'print JSON, on a terminal too')
    .action(list);
  addExamples(command, [
    ['calloff list', 'list what runs, waits or may do so'],
    ['calloff list --state running --older-than 12h', 'find jobs that have run for long'],
    ['calloff list --provider ionq --name sweep --all', 'find jobs by name, those that are over too'],
  ]);
}

async function list({ json, wide, all, olderThan, newerThan, ...filters }: Options): Promise<void> {
  const { state = all ? undefined : liveStates } = filters;
  const request = { ...filters, state, older_than: olderThan, newer_than: newerThan };
  const { gateway, context } = await openCall();
  const answer = await withProgress('Reading the lists of jobs', context, (call) =>
    gateway.listJobs(request, call),
  );
  const found = valueOrPrint(answer, { command: 'list' });
  if (found === undefined) return;
  const isDefault = !all && filters.state === undefined;
  const asked = {
    isDefault,
    isNarrowed: Object.values({ ...request, state: undefined, limit: undefined }).some(Boolean),
  };
  print(found, json ? { json } : {}, (terminal) =>
    [
      ...(found.jobs.length === 0 ? [] : [jobTable(inListOrder(found.jobs), { terminal, wide }), '']),
      ...footer(found, asked, terminal),
    ]
      .join('\n')
      .trimEnd(),
  );
  if (found.partial) process.exitCode = exitCodes.notDone;
}

/** Whether a list was asked for without states, and whether a filter or a cursor left jobs out besides. */
interface Asked {
  readonly isDefault: boolean;
  readonly isNarrowed: boolean;
}

/** What a reader must know beside the jobs: how many there are, what is hidden, what could not be seen, what follows. */
function footer(found: ListResult, { isDefault, isNarrowed }: Asked, { width }: Terminal): string[] {
  const { jobs, unavailable, next_cursor, in_other_states: others = 0 } = found;
  const isWhole = next_cursor === null && unavailable.length === 0;
  const [verb, them] = others === 1 ? ['is', 'it'] : ['are', 'them'];
  const hidden = `${countOfJobs(others)} that ${verb} over ${verb} hidden: --all shows ${them}.`;
  const sentences = [
    jobs.length > 0 || unavailable.length > 0
      ? undefined
      : nothingFound({ isDefault, isNarrowed: isNarrowed || next_cursor !== null }),
    jobs.length === 0 && unavailable.length > 0 ? perhapsRunning : undefined,
    isDefault && others > 0 ? `${isWhole ? '' : 'At least '}${hidden}` : undefined,
    ...unavailable.map(({ message }) => message),
    next_cursor === null ? undefined : `There are more jobs: repeat the command with --cursor ${next_cursor}`,
  ];
  return sentences.flatMap((sentence) => (sentence === undefined ? [] : wrapText(sentence, width)));
}

/** Only what the list could show: it leaves out providers without a key, and those that the caller may not list. */
function nothingFound({ isDefault, isNarrowed }: Asked): string {
  return isDefault && !isNarrowed
    ? 'No job is running or queued at any provider that has a key and that you may list.'
    : 'No job on this page matches.';
}
