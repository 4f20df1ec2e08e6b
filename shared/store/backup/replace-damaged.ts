import { chmodSync, copyFileSync } from 'node:fs';
import { join } from 'node:path';
import { reasonOf } from '../sqlite/error.ts';
import type { Disk } from './disk.ts';
import { identityOf, withDatabase } from './inspect.ts';

/** What SQLite says of a file that is no database, or a damaged one. */
const damaged: ReadonlySet<string> = new Set(['SQLITE_NOTADB', 'SQLITE_CORRUPT', 'SQLITE_IOERR']);

/** Whether an error says that a file is no database, or a damaged one. */
export function saysDamaged(error: unknown): boolean {
  return damaged.has(reasonOf(error) ?? '');
}

/** Where the parts of a replacement are. */
interface Places {
  /** The damaged store. */
  readonly path: string;
  /** The folder in which the copy is made ready, and the file in it that is to be the store. */
  readonly draftFolder: string;
  readonly draft: string;
  /** The name under which the damaged store is kept. */
  readonly kept: string;
}

/**
 * Puts a draft in the place of a damaged store. That has a write-ahead log that nothing can write back into it, and two files
 * cannot be replaced in one step. Therefore only the log is replaced, by one that has every page of the draft: SQLite reads all
 * pages from it and none from the file. The damaged file and its log are copied before, and not linked, because SQLite
 * writes the pages from the log into the file from then on.
 */
export function replaceDamaged({ path, draftFolder, draft, kept }: Places, disk: Disk): void {
  const log = join(draftFolder, 'log');
  writeLog(draft, log);
  disk.syncFile(log);
  keep(path, kept, draftFolder, disk);
  chmodSync(path, 0o600);
  disk.rename(log, `${path}-wal`);
  for (const ending of ['-journal', '-shm'] as const) disk.remove(`${path}${ending}`);
  writeBack(path);
}

/** If the pages cannot be written from the log into the file now, the log stays: each process reads the store from it. */
function writeBack(path: string): void {
  try {
    withDatabase(path, (database) => database.exec('PRAGMA journal_mode = DELETE'));
  } catch (error) {
    if (reasonOf(error) === undefined) throw error;
  }
}

/** Writes a log that has every page of a database, and leaves the database with the same pages. */
function writeLog(file: string, log: string): void {
  withDatabase(file, (database) => {
    database.exec('PRAGMA journal_mode = WAL; PRAGMA wal_autocheckpoint = 0; VACUUM');
    copyFileSync(`${file}-wal`, log);
    database.exec('PRAGMA journal_mode = DELETE');
  });
}

/** The file itself gets its name last: it is there only with its log beside it. */
function keep(path: string, kept: string, draftFolder: string, disk: Disk): void {
  const endings = ['-wal', '-journal', ''].filter((ending) => identityOf(`${path}${ending}`) !== undefined);
  const copyOf = (ending: string) => join(draftFolder, `kept${ending}`);
  for (const ending of endings) {
    disk.copy(`${path}${ending}`, copyOf(ending));
    disk.syncFile(copyOf(ending));
  }
  for (const ending of endings) disk.rename(copyOf(ending), `${kept}${ending}`);
}
