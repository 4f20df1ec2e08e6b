import { statSync } from 'node:fs';
import { basename, dirname, resolve } from 'node:path';
import type { BackupFaultKind, BackupResult, CopyContents } from '../../contract/backup.ts';
import { reasonOf } from '../sqlite/error.ts';
import { storeFileIn } from '../sqlite/file.ts';
import { isWithoutLinks } from '../sqlite/make-file.ts';
import { type Disk, systemDisk } from './disk.ts';
import { contentsOf, hasLog, hasTables, identityOf, storeFilesIn, withDatabase } from './inspect.ts';
import { makePartialFile } from './partial-file.ts';

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
  try {
    const fault = faultBefore(folder, target, force);
    if (fault !== undefined) return refused(fault);
    const partial = makePartialFile(`${target}.partial`, disk);
    if (partial === undefined) return refused('under_way');
    try {
      if (!writeCopy(storeFileIn(folder), partial.path)) return refused('not_a_store');
      const contents = contentsOf(partial.path);
      disk.syncFile(partial.path);
      if (!partial.isThere()) return refused('under_way');
      if (!publish(partial.path, target, force, disk)) return refused('file_exists');
      disk.syncFolder(dirname(target));
      return { ok: true, value: contents };
    } catch (error) {
      // Another backup to this place took the file for a left-over before this process had locked it.
      if (!partial.isThere() || isFilled(error)) return refused('under_way');
      throw error;
    } finally {
      partial.end();
    }
  } catch (error) {
    const code = reasonOf(error);
    if (code === undefined) throw error;
    return code === 'SQLITE_BUSY' ? refused('store_locked') : refused('unusable', code);
  }
}

/** Whether SQLite found that another process had filled the file: its only plain error (SQLITE_ERROR) in a copy. */
function isFilled(error: unknown): boolean {
  return error instanceof Error && 'errcode' in error && error.errcode === 1;
}

function refused(kind: BackupFaultKind, code?: string): BackupResult<never> {
  return { ok: false, fault: { kind, code } };
}

function faultBefore(folder: string, target: string, force: boolean): BackupFaultKind | undefined {
  if (identityOf(storeFileIn(folder)) === undefined) return 'no_store';
  const there = identityOf(target);
  const isOwn = (own: string) => identityOf(own) === there;
  if (there === undefined ? isOfStore(folder, target) : storeFilesIn(folder).some(isOwn))
    return 'is_the_store';
  // A rename would take the place of a device, too.
  if (there !== undefined && !statSync(target).isFile()) return 'not_a_file';
  if (there !== undefined && !force) return 'file_exists';
  return hasLog(target) ? 'log_beside' : undefined;
}

/** Whether a file that is not there has the name of one that SQLite may make for the store. */
function isOfStore(folder: string, target: string): boolean {
  const names = storeFilesIn(folder).map((own) => basename(own));
  return names.includes(basename(target)) && identityOf(folder) === identityOf(dirname(target));
}

/** `false` if it is no store of calloff. */
function writeCopy(store: string, partial: string): boolean {
  return withDatabase(store, (database) => {
    database.exec(`PRAGMA busy_timeout = ${longestLockMs}`);
    if (!hasTables(database)) return false;
    database.prepare('VACUUM INTO ?').run(partial);
    return true;
  });
}

/** Gives the whole copy its name. `false` if a file has that name meanwhile. */
function publish(partial: string, target: string, force: boolean, disk: Disk): boolean {
  try {
    // Unlike a rename, a link takes no file's place.
    if (!force) disk.link(partial, target);
    else disk.rename(partial, target);
    return true;
  } catch (error) {
    const code = reasonOf(error);
    if (code === 'EEXIST') return false;
    if (!isWithoutLinks(code)) throw error;
    if (identityOf(target) !== undefined) return false;
    disk.rename(partial, target);
    return true;
  }
}
