import { randomUUID } from 'node:crypto';
import type { Command } from 'commander';
import { systemClock } from '../../shared/lib/clock.ts';
import { backupFaultWords } from '../../shared/messages/store-copies/backup-faults.ts';
import type { DraftStore } from '../../shared/store/backup/draft-store.ts';
import type { PresentStore } from '../../shared/store/backup/hold-store.ts';
import { printNotDone } from '../output/error.ts';
import { addExamples, addNote } from '../output/help.ts';
import { type OutputOptions, print } from '../output/print.ts';
import { settingsOfOwnStore } from './own-store.ts';
import { restoreData, restoreText } from './restore-report.ts';

interface Options extends OutputOptions {
  readonly force?: true;
  readonly dryRun?: true;
}

/** `calloff restore <file>` */
export function addRestore(program: Command): void {
  const command = program
    .command('restore')
    .description('restore the store from a copy; no server may run')
    .argument('<file>', 'the copy that "calloff backup" has made')
    .option('--force', 'replace a store that is too damaged to tell whether another process uses it')
    .option('--dry-run', 'replace nothing, and say what a restore would pause and lose')
    .option('--json', 'print JSON, on a terminal too')
    .action(restore);
  addExamples(command, [
    [
      'calloff restore calloff-monday.sqlite --dry-run',
      'see which operations a restore would pause and lose',
    ],
    ['calloff restore calloff-monday.sqlite', 'replace the store by a copy'],
    ['calloff operations --state paused', 'see which operations wait to be resumed'],
  ]);
  addNote(
    command,
    'Every operation that has jobs to cancel is paused, and every confirmation is void, because the copy does not know what was sent and confirmed since. The store that was there before is kept beside it.',
  );
}

async function restore(file: string, { force, dryRun, ...output }: Options): Promise<void> {
  const settings = await settingsOfOwnStore('restore');
  if (settings === undefined) return;
  const [{ restoreStore }, { storeFileIn }] = await Promise.all([
    import('../../shared/store/backup/restore-store.ts'),
    import('../../shared/store/sqlite/file.ts'),
  ]);
  const { dataFolder: folder } = settings;
  const restored = await restoreStore({ ...{ folder, file, force, dryRun }, clock: systemClock, settle });
  if (!restored.ok) {
    printNotDone(backupFaultWords('restored', restored.fault, { file, folder }));
    return;
  }
  const { settled, ...about } = restored.value;
  const report = { file, store: storeFileIn(folder), isDryRun: dryRun === true, ...about, ...settled };
  print(restoreData(report), output, (terminal) => restoreText(report, terminal));
}

/** What a restored store must not take over from the time of its copy. */
async function settle(draft: DraftStore, present: PresentStore) {
  const [
    { localUserId },
    { missingOperations },
    { pauseRestored },
    { voidConfirmations },
    { withdrawRequests },
  ] = await Promise.all([
    import('../../shared/local-gateway.ts'),
    import('../../shared/use-cases/backup/missing-operations.ts'),
    import('../../shared/use-cases/backup/pause-restored.ts'),
    import('../../shared/access/confirmation/void-all.ts'),
    import('../../shared/webhooks/withdraw-requests.ts'),
  ]);
  const now = systemClock.wallTime();
  const missing = await missingOperations(present, draft.store, now);
  const void_confirmations = voidConfirmations(draft.take);
  await withdrawRequests(draft);
  const caller = { id: localUserId('cli'), kind: 'person' } as const;
  const by = { caller, clock: systemClock, requestId: randomUUID() };
  return { missing, void_confirmations, paused: await pauseRestored({ ...by, store: draft.store }) };
}
