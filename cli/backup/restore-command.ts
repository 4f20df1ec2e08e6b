import { randomUUID } from 'node:crypto';
import { resolve } from 'node:path';
import type { Command } from 'commander';
import type { CopyContents } from '../../shared/contract/backup.ts';
import { systemClock, timestamp } from '../../shared/lib/clock.ts';
import { omitUndefined } from '../../shared/lib/collections.ts';
import { backupFaultWords } from '../../shared/messages/store-copies/backup-faults.ts';
import type { DraftStore } from '../../shared/store/backup/draft-store.ts';
import type { PausedOperation } from '../../shared/use-cases/backup/pause-restored.ts';
import { exitCodes } from '../exit-codes.ts';
import { printError } from '../output/error.ts';
import { addExamples, addNote } from '../output/help.ts';
import { type OutputOptions, print } from '../output/print.ts';
import { table } from '../output/table.ts';
import type { Terminal } from '../output/terminal.ts';
import { wrapText } from '../output/wrap.ts';
import { settingsOfOwnStore } from './own-store.ts';

interface Options extends OutputOptions {
  readonly force?: true;
}

/** `calloff restore <file>` */
export function addRestore(program: Command): void {
  const command = program
    .command('restore')
    .description('restore the store from a copy; no server may run')
    .argument('<file>', 'the copy that "calloff backup" has made')
    .option('--force', 'replace a store that is too damaged to tell whether another process uses it')
    .option('--json', 'print JSON, on a terminal too')
    .action(restore);
  addExamples(command, [
    ['calloff restore calloff-monday.sqlite', 'replace the store by a copy'],
    ['calloff operations --state paused', 'see which operations wait to be resumed'],
  ]);
  addNote(
    command,
    'Every operation that has jobs to cancel is paused, and every confirmation is void, because the copy does not know what was sent and confirmed since. The store that was there before is kept beside it.',
  );
}

async function restore(file: string, { force, ...output }: Options): Promise<void> {
  const settings = await settingsOfOwnStore('restore');
  if (settings === undefined) return;
  const { restoreStore } = await import('../../shared/store/backup/restore-store.ts');
  const { dataFolder: folder } = settings;
  const restored = await restoreStore({ ...{ folder, file, force }, clock: systemClock, settle });
  if (!restored.ok) {
    printError(backupFaultWords('restored', restored.fault, { file, folder }));
    process.exitCode = exitCodes.notDone;
    return;
  }
  const { contents, kept, settled } = restored.value;
  const told = { file: resolve(file), ...timesOf(contents), ...omitUndefined({ kept }), ...settled };
  print(told, output, (terminal) => sentences({ file, contents, kept, ...settled }, terminal));
}

/** What a restored store must not take over from the time of its copy. */
async function settle(draft: DraftStore) {
  const [{ localUserId }, { pauseRestored }, { voidConfirmations }, { withdrawRequests }] = await Promise.all(
    [
      import('../../shared/local-gateway.ts'),
      import('../../shared/use-cases/backup/pause-restored.ts'),
      import('../../shared/access/confirmation/void-all.ts'),
      import('../../shared/webhooks/withdraw-requests.ts'),
    ],
  );
  const void_confirmations = voidConfirmations(draft.take);
  await withdrawRequests(draft);
  const caller = { id: localUserId('cli'), kind: 'person' } as const;
  const by = { caller, clock: systemClock, requestId: randomUUID() };
  return { void_confirmations, paused: await pauseRestored({ ...by, store: draft.store }) };
}

function timesOf({ records, newestAt }: CopyContents) {
  return { records, ...omitUndefined({ newest: newestAt === undefined ? undefined : timestamp(newestAt) }) };
}

/** What was restored, and what a person may have to do. */
interface Told {
  readonly file: string;
  readonly contents: CopyContents;
  readonly kept: string | undefined;
  readonly void_confirmations: number;
  readonly paused: readonly PausedOperation[];
}

function sentences({ file, contents, kept, void_confirmations, paused }: Told, terminal: Terminal): string {
  const { records, newest } = timesOf(contents);
  const audit = records === 0 ? 'It has no audit.' : `The newest record of its audit is of ${newest}.`;
  const about = [
    `The store is restored from ${file}. ${audit} What was sent since is not in it.`,
    ...(kept === undefined ? [] : [`The store that was there before is kept as ${kept}.`]),
    ...(void_confirmations === 0 ? [] : [voidSentence(void_confirmations)]),
    pausedSentence(paused.length),
  ].flatMap((each) => wrapText(each, terminal.width));
  return [...about, ...(paused.length === 0 ? [] : [tableOf(paused, terminal)])].join('\n');
}

function voidSentence(count: number): string {
  return count === 1
    ? '1 confirmation is void: its caller must ask again.'
    : `${count} confirmations are void: their callers must ask again.`;
}

function pausedSentence(count: number): string {
  if (count === 0) return 'No operation had anything left to send.';
  const are = count === 1 ? '1 operation is' : `${count} operations are`;
  return `${are} paused. Before a cancel calloff checks the status of each job, so none is sent a cancel that is over. To go on, run "calloff resume" with its id:`;
}

function tableOf(paused: readonly PausedOperation[], terminal: Terminal): string {
  const rows = paused.map(({ id, caller, jobs, to_do, reason = '' }) => [
    ...[id, caller, String(jobs), String(to_do), reason],
  ]);
  return table(
    [
      { title: 'OPERATION', kind: 'id' },
      { title: 'CALLER', kind: 'text' },
      { title: 'JOBS', kind: 'plain' },
      { title: 'TO DO', kind: 'plain' },
      { title: 'REASON', kind: 'text' },
    ],
    rows,
    terminal,
  );
}
