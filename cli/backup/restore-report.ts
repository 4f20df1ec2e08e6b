import { resolve } from 'node:path';
import type { CopyContents } from '../../shared/contract/backup.ts';
import { timestamp } from '../../shared/lib/clock.ts';
import { omitUndefined } from '../../shared/lib/collections.ts';
import { countOf } from '../../shared/messages/counts.ts';
import type { LostOperation, MissingOperations } from '../../shared/use-cases/backup/missing-operations.ts';
import type { PausedOperation } from '../../shared/use-cases/backup/pause-restored.ts';
import { type Column, table } from '../output/table.ts';
import type { Terminal } from '../output/terminal.ts';
import { wrapText } from '../output/wrap.ts';

/** What was restored, and what a person may have to do. */
interface RestoreReport {
  readonly file: string;
  /** The file of the store. */
  readonly store: string;
  /** Whether nothing was replaced. */
  readonly isDryRun: boolean;
  readonly contents: CopyContents;
  /** Where the store that was there before is kept. */
  readonly kept?: string | undefined;
  /** What earlier restores have kept. */
  readonly keptBefore: readonly string[];
  /** The operations of that store which the copy lacks; `undefined` if it cannot be read. */
  readonly missing: MissingOperations | undefined;
  readonly void_confirmations: number;
  readonly paused: readonly PausedOperation[];
}

/** A restore for programs. */
export function restoreData(report: RestoreReport): object {
  const { file, store, isDryRun, contents, kept, keptBefore, missing, void_confirmations, paused } = report;
  return {
    ...omitUndefined({ store, file: resolve(file), dry_run: isDryRun || undefined }),
    ...timesOf(contents),
    ...omitUndefined({ kept, kept_before: keptBefore.length > 0 ? keptBefore : undefined, missing }),
    ...{ void_confirmations, paused },
  };
}

function timesOf({ records, newestAt }: CopyContents) {
  return { records, ...omitUndefined({ newest: newestAt === undefined ? undefined : timestamp(newestAt) }) };
}

/** A restore for a terminal: sentences, and a table of the operations that were paused and of those that are lost. */
export function restoreText(report: RestoreReport, terminal: Terminal): string {
  const { isDryRun, missing, void_confirmations, paused } = report;
  const { unfinished: lost = [], begun_since: begun = [] } = missing ?? {};
  const written = (sentences: readonly string[]) =>
    sentences.flatMap((each) => wrapText(each, terminal.width));
  return [
    ...written([aboutStore(report), ...missingSentences(report)]),
    ...(lost.length === 0 ? [] : [operationsTable('OPEN', lost.map(countOpen), terminal)]),
    ...(begun.length === 0
      ? []
      : [
          ...written([begunSentence(begun.length, isDryRun)]),
          operationsTable('OPEN', begun.map(countOpen), terminal),
        ]),
    ...written([
      ...(void_confirmations === 0 ? [] : [voidSentence(void_confirmations, isDryRun)]),
      pausedSentence(paused.length, isDryRun),
    ]),
    ...(paused.length === 0 ? [] : [operationsTable('TO DO', paused.map(countToDo), terminal)]),
    ...written(keptBeforeSentences(report)),
  ].join('\n');
}

function aboutStore({ file, store, isDryRun, contents, kept }: RestoreReport): string {
  const { records, newest } = timesOf(contents);
  const audit = records === 0 ? 'It has no audit.' : `The newest record of its audit is of ${newest}.`;
  if (isDryRun) return `Nothing was replaced. ${file} can be restored to ${store}. ${audit}`;
  const before = kept === undefined ? '' : ` The store that was there before is kept as ${kept}.`;
  return `The store ${store} is restored from ${file}. ${audit} What was sent since is not in it.${before}`;
}

function keptBeforeSentences({ keptBefore }: RestoreReport): string[] {
  if (keptBefore.length === 0) return [];
  return [
    `Earlier restores have kept these files. Remove them if you need them no more: ${keptBefore.join(', ')}`,
  ];
}

function missingSentences({ missing, kept, isDryRun }: RestoreReport): string[] {
  if (missing === undefined) {
    const present = isDryRun ? 'the present store' : 'the store that was there before';
    return [`calloff cannot read ${present}, so it does not know which operations the copy lacks.`];
  }
  const { operations, unfinished } = missing;
  if (operations === 0) return [];
  const which = isDryRun ? 'The present store has' : 'The store that was there before has';
  const lacks = `${which} ${countOf(operations, 'operation')} that the copy lacks`;
  if (unfinished.length === 0) return [`${lacks}. ${operations === 1 ? 'It is' : 'All are'} finished.`];
  const are = unfinished.length === 1 ? '1 of them is' : `${unfinished.length} of them are`;
  const step = isDryRun
    ? 'After a restore calloff would not know them, and their open jobs would run on. Let them finish before, or cancel those jobs anew afterwards.'
    : `calloff does not know them any more, and their open jobs run on: cancel those anew. To get the operations back, restore ${kept}.`;
  return [`${lacks}; ${are} not finished. ${step}`];
}

function begunSentence(count: number, isDryRun: boolean): string {
  const were = `${countOf(count, 'operation')} of the copy ${count === 1 ? 'was' : 'were'} started or resumed after it was made`;
  const nothing = isDryRun ? 'calloff would send nothing for' : 'calloff sends nothing for';
  return `${were}. After a restore ${nothing} ${count === 1 ? 'it' : 'them'}, and open jobs run on, until you run "calloff resume" with the id:`;
}

function voidSentence(count: number, isDryRun: boolean): string {
  if (isDryRun) return `${count === 1 ? '1 confirmation' : `${count} confirmations`} would be void.`;
  return count === 1
    ? '1 confirmation is void: its caller must ask again.'
    : `${count} confirmations are void: their callers must ask again.`;
}

function pausedSentence(count: number, isDryRun: boolean): string {
  if (count === 0) return 'No operation of the copy has to be paused.';
  if (isDryRun) return `A restore would pause ${countOf(count, 'operation')}:`;
  const are = `${countOf(count, 'operation')} ${count === 1 ? 'is' : 'are'}`;
  return `${are} paused. Before a cancel calloff checks the status of each job, so no job that is over is sent one. To go on, run "calloff resume" with its id:`;
}

/** A row of a table of operations; `count`: how many of the jobs the table is about. */
interface OperationRow extends Pick<LostOperation, 'id' | 'caller' | 'reason' | 'jobs'> {
  readonly count: number;
}

function countOpen(operation: LostOperation): OperationRow {
  return { ...operation, count: operation.open };
}

function countToDo(operation: PausedOperation): OperationRow {
  return { ...operation, count: operation.to_do };
}

function operationsTable(title: string, operations: readonly OperationRow[], terminal: Terminal): string {
  const columns: Column[] = [
    { title: 'OPERATION', kind: 'id' },
    { title: 'CALLER', kind: 'text' },
    { title: 'JOBS', kind: 'plain' },
    { title, kind: 'plain' },
    { title: 'REASON', kind: 'text' },
  ];
  const rows = operations.map(({ id, caller, jobs, count, reason = '' }) => [
    ...[id, caller, String(jobs), String(count), reason],
  ]);
  return table(columns, rows, terminal);
}
