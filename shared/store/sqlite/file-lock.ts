import { closeSync, openSync, realpathSync, rmSync, statSync } from 'node:fs';
import { reasonOf } from './error.ts';
import { systemHost } from './host.ts';

/** A file that this process alone may change. */
export interface FileLock {
  release(): void;
}

/** Thrown if the place of the lock has a file or a folder that is not one of calloff's locks. */
export class ForeignLockError extends Error {
  readonly path: string;

  constructor(path: string) {
    super('the file in the place of a lock is not a lock of calloff');
    this.name = 'ForeignLockError';
    this.path = path;
  }
}

/**
 * Keeps other processes that ask for the same lock from a file that is there. The lock is one of SQLite on an empty file beside it,
 * `<file>.lock`: the system takes it from a process that is killed. `undefined` if another process has it. Throws the error of the
 * system.
 * @throws {ForeignLockError} if something else has the name of the lock. It stays as it is.
 */
export function lockFile(file: string): FileLock | undefined {
  const path = `${realpathSync(file)}.lock`;
  makeUnlessThere(path);
  const found = statSync(path, { throwIfNoEntry: false });
  if (found !== undefined && (!found.isFile() || found.size > 0)) throw new ForeignLockError(path);
  const before = identityAt(path);
  const database = systemHost.openAt(path);
  try {
    database.exec('PRAGMA busy_timeout = 0; BEGIN EXCLUSIVE');
    // The process that had the lock before removes the file: another one may lie there now.
    if (before !== undefined && identityAt(path) === before)
      return {
        release() {
          remove(path);
          database.close();
        },
      };
  } catch (error) {
    if (reasonOf(error) !== 'SQLITE_BUSY') {
      database.close();
      throw error;
    }
  }
  database.close();
  return undefined;
}

/** One that is there is not opened here: closing it would release a lock that this process has on it. */
function makeUnlessThere(path: string): void {
  if (identityAt(path) === undefined) closeSync(openSync(path, 'a', 0o600));
}

function identityAt(path: string): string | undefined {
  const found = statSync(path, { bigint: true, throwIfNoEntry: false });
  return found && `${found.dev}:${found.ino}`;
}

/** Windows keeps a file that is open: it stays there, and locks nothing by itself. */
function remove(path: string): void {
  try {
    rmSync(path, { force: true });
  } catch (error) {
    if (reasonOf(error) === undefined) throw error;
  }
}
