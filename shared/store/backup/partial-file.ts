import { closeSync, fstatSync, openSync } from 'node:fs';
import { reasonOf } from '../sqlite/error.ts';
import type { Disk } from './disk.ts';
import { identityOf, withDatabase } from './inspect.ts';

/** A file that is filled beside the place where it is to appear, and that this process has made. */
export interface PartialFile {
  readonly path: string;
  /** Whether it is still there: a backup that found it unlocked took it for a left-over one, and began one of its own. */
  isThere(): boolean;
  /** Removes it, unless the file at its path is that of another process. */
  end(): void;
}

/**
 * Makes the empty file that SQLite fills: SQLite itself would make it readable for all. `undefined` if another process is
 * filling it, which keeps it locked; one that no process has locked is left over. Throws the error of the system.
 */
export function makePartialFile(path: string, disk: Disk): PartialFile | undefined {
  const made = makeEmpty(path, disk);
  if (made !== undefined) return made;
  if (isLocked(path)) return undefined;
  disk.remove(path);
  return makeEmpty(path, disk);
}

function makeEmpty(path: string, disk: Disk): PartialFile | undefined {
  const descriptor = openNew(path);
  if (descriptor === undefined) return undefined;
  // While the file is open, the system gives its identity to no other one.
  const { dev, ino } = fstatSync(descriptor, { bigint: true });
  const isThere = () => identityOf(path) === `${dev}:${ino}`;
  return {
    path,
    isThere,
    end() {
      if (isThere()) disk.remove(path);
      closeSync(descriptor);
    },
  };
}

function openNew(path: string): number | undefined {
  try {
    return openSync(path, 'wx', 0o600);
  } catch (error) {
    if (reasonOf(error) === 'EEXIST') return undefined;
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
