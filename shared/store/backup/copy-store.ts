import { closeSync, openSync } from 'node:fs';
import { basename, dirname, resolve } from 'node:path';
import type { BackupFaultKind, BackupResult, CopyContents } from '../../contract/backup.ts';
import { reasonOf } from '../sqlite/error.ts';
import { storeFileIn } from '../sqlite/file.ts';
import { isWithoutLinks } from '../sqlite/make-file.ts';
import { type Disk, systemDisk } from './disk.ts';
import { contentsOf, hasTables, identityOf, storeFilesIn, withDatabase } from './inspect.ts';

/** How long a copy waits for a process that has the store locked, in milliseconds. */
const longestLockMs = 5_000;

/** How a copy is made. */
export interface CopyTerms {
  /** Whether it takes the place of a file that is there. */
  readonly force?: boolean | undefined;
  readonly disk?: Disk;
}

/**
 * Copies the store of a folder into one new file, for its owner alone, while other processes read and write the store. The
 * copy is the store at one moment. The file appears once it is whole: it is made beside its place, as `<file>.partial`, and
 * what a killed process left there is removed by the next copy to that place.
 */
export function copyStore(
  folder: string,
  file: string,
  { force = false, disk = systemDisk }: CopyTerms = {},
): BackupResult<CopyContents> {
  const target = resolve(file);
  const fault = faultBefore(folder, target, force);
  if (fault !== undefined) return refused(fault);
  const draft = `${target}.partial`;
  try {
    if (!beginDraft(draft, disk)) return refused('under_way');
    try {
      if (!writeCopy(storeFileIn(folder), draft)) return refused('not_a_store');
      const contents = contentsOf(draft);
      disk.syncFile(draft);
      if (!publish(draft, target, force, disk)) return refused('file_exists');
      disk.syncFolder(dirname(target));
      return { ok: true, value: contents };
    } finally {
      disk.remove(draft);
    }
  } catch (error) {
    const code = reasonOf(error);
    if (code === undefined) throw error;
    return code === 'SQLITE_BUSY' ? refused('store_locked') : refused('unusable', code);
  }
}

function refused(kind: BackupFaultKind, code?: string): BackupResult<never> {
  return { ok: false, fault: { kind, code } };
}

function faultBefore(folder: string, target: string, force: boolean): BackupFaultKind | undefined {
  if (identityOf(storeFileIn(folder)) === undefined) return 'no_store';
  const there = identityOf(target);
  if (there === undefined) return isOfStore(folder, target) ? 'is_the_store' : undefined;
  if (storeFilesIn(folder).some((own) => identityOf(own) === there)) return 'is_the_store';
  return force ? undefined : 'file_exists';
}

/** Whether a file that is not there has the name of one that SQLite may make for the store. */
function isOfStore(folder: string, target: string): boolean {
  const names = storeFilesIn(folder).map((own) => basename(own));
  return names.includes(basename(target)) && identityOf(folder) === identityOf(dirname(target));
}

/**
 * Makes the empty file that SQLite fills: SQLite itself would make it readable for all. `false` if another process is filling
 * it, which keeps it locked; one that no process has locked is left over.
 */
function beginDraft(draft: string, disk: Disk): boolean {
  if (makeEmpty(draft)) return true;
  if (isLocked(draft)) return false;
  disk.remove(draft);
  return makeEmpty(draft);
}

function makeEmpty(path: string): boolean {
  try {
    closeSync(openSync(path, 'wx', 0o600));
    return true;
  } catch (error) {
    if (reasonOf(error) === 'EEXIST') return false;
    throw error;
  }
}

function isLocked(path: string): boolean {
  return withDatabase(path, (database) => {
    try {
      database.exec('PRAGMA busy_timeout = 0; BEGIN EXCLUSIVE; ROLLBACK');
      return false;
    } catch (error) {
      // What is broken off in its middle is no database, and is not locked either.
      return reasonOf(error) === 'SQLITE_BUSY';
    }
  });
}

/** `false` if it is no store of calloff. */
function writeCopy(store: string, draft: string): boolean {
  return withDatabase(store, (database) => {
    database.exec(`PRAGMA busy_timeout = ${longestLockMs}`);
    if (!hasTables(database)) return false;
    database.prepare('VACUUM INTO ?').run(draft);
    return true;
  });
}

/** Gives the whole copy its name. `false` if a file has that name meanwhile. */
function publish(draft: string, target: string, force: boolean, disk: Disk): boolean {
  try {
    // Unlike a rename, a link takes no file's place.
    if (!force) disk.link(draft, target);
    else disk.rename(draft, target);
    return true;
  } catch (error) {
    const code = reasonOf(error);
    if (code === 'EEXIST') return false;
    if (!isWithoutLinks(code)) throw error;
    if (identityOf(target) !== undefined) return false;
    disk.rename(draft, target);
    return true;
  }
}
