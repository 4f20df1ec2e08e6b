import { resolve } from 'node:path';
import type { Command } from 'commander';
import { timestamp } from '../../shared/lib/clock.ts';
import { omitUndefined } from '../../shared/lib/collections.ts';
import { countOf } from '../../shared/messages/counts.ts';
import { backupFaultWords } from '../../shared/messages/store-copies/backup-faults.ts';
import { printNotDone } from '../output/error.ts';
import { addExamples, addNote } from '../output/help.ts';
import { type OutputOptions, print } from '../output/print.ts';
import { settingsOfOwnStore } from './own-store.ts';

interface Options extends OutputOptions {
  readonly force?: true;
}

/** `calloff backup <file>` */
export function addBackup(program: Command): void {
  const command = program
    .command('backup')
    .description('copy the store into one file, while a server runs')
    .argument('<file>', 'the new file')
    .option('--force', 'replace a file that is there')
    .option('--json', 'print JSON, on a terminal too')
    .action(backup);
  addExamples(command, [
    ['calloff backup calloff-monday.sqlite', 'copy the store'],
    ['calloff backup calloff-latest.sqlite --force', 'replace the copy of yesterday'],
  ]);
  addNote(
    command,
    'The copy has the operations, the confirmations and the audit, but no key and no token. Only you can read it. "calloff restore" restores the store from it.',
  );
}

async function backup(file: string, { force, ...output }: Options): Promise<void> {
  const settings = await settingsOfOwnStore('backup');
  if (settings === undefined) return;
  const [{ copyStore }, { storeFileIn }] = await Promise.all([
    import('../../shared/store/backup/copy-store.ts'),
    import('../../shared/store/sqlite/file.ts'),
  ]);
  const { dataFolder: folder } = settings;
  const copied = copyStore(folder, file, { force });
  if (!copied.ok) {
    printNotDone(backupFaultWords('copied', copied.fault, { file, folder }));
    return;
  }
  const { bytes, records, newestAt } = copied.value;
  const newest = newestAt === undefined ? undefined : timestamp(newestAt);
  const store = storeFileIn(folder);
  const told = { store, file: resolve(file), bytes, records, ...omitUndefined({ newest }) };
  print(told, output, () => {
    const until = newest === undefined ? '' : `, the newest of ${newest}`;
    return `The store ${store} is copied to ${file}: ${bytes.toLocaleString('en')} bytes. Its audit has ${countOf(records, 'record')}${until}.`;
  });
}
