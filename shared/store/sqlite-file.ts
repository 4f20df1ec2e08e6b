import { closeSync, mkdirSync, openSync } from 'node:fs';
import { join } from 'node:path';
import type { DatabaseSync } from 'node:sqlite';
import { loadSqlite } from './sqlite-module.ts';
import { migrate } from './sqlite-schema.ts';
import { folderUnavailable } from './store-error.ts';

/** How long one waits for another process. `store-error.ts` has a sentence about it. */
const longestLockMs = 5_000;
const pauseMs = 10;

/**
 * Opens the one file in `folder`, at the newest version of the data. Folder and file are made where they are missing,
 * for their owner alone.
 * @throws {StoreUnavailableError} where it cannot be opened or written to.
 */
export function openDatabase(folder: string): DatabaseSync {
  const { DatabaseSync } = loadSqlite();
  return orUnavailable(folder, () => {
    const file = makeFile(folder);
    const database = new DatabaseSync(file);
    try {
      useWriteAheadLog(database);
      database.exec(`PRAGMA busy_timeout = ${longestLockMs}`);
      // In WAL this outlives the process that is killed; only a machine that loses its power may lose the last moments.
      database.exec('PRAGMA synchronous = NORMAL');
      migrate(database, file);
      return database;
    } catch (error) {
      database.close();
      throw error;
    }
  });
}

/**
 * Others read on while one writes. Where two processes do this to a new file, or one leaves while another comes, SQLite
 * says at once that it is busy, whatever its time-out: https://www.sqlite.org/wal.html#sometimes_queries_return_sqlite_busy_in_wal_mode
 */
function useWriteAheadLog(database: DatabaseSync): void {
  for (let waitedMs = 0; ; waitedMs += pauseMs) {
    try {
      database.exec('PRAGMA journal_mode = WAL');
      return;
    } catch (error) {
      if (reasonOf(error) !== 'SQLITE_BUSY' || waitedMs >= longestLockMs) throw error;
    }
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, pauseMs);
  }
}

/** What `work` gives; what the file system or SQLite says against it becomes a `StoreUnavailableError`. */
export function orUnavailable<Result>(folder: string, work: () => Result): Result {
  try {
    return work();
  } catch (error) {
    const reason = reasonOf(error);
    throw reason === undefined ? error : folderUnavailable(folder, reason);
  }
}

/** SQLite gives its own files the permissions of this one, and would leave it readable for all. */
function makeFile(folder: string): string {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const file = join(folder, 'calloff.sqlite');
  closeSync(openSync(file, 'a', 0o600));
  return file;
}

/** @see https://www.sqlite.org/rescode.html: the lowest eight bits are the code, the rest says more of it. */
const sqliteCodes = new Map([
  [5, 'SQLITE_BUSY'],
  [8, 'SQLITE_READONLY'],
  [10, 'SQLITE_IOERR'],
  [11, 'SQLITE_CORRUPT'],
  [13, 'SQLITE_FULL'],
  [14, 'SQLITE_CANTOPEN'],
  [26, 'SQLITE_NOTADB'],
]);

function reasonOf(error: unknown): string | undefined {
  if (!(error instanceof Error)) return undefined;
  if ('errcode' in error) return sqliteCodes.get(Number(error.errcode) & 0xff);
  if ('syscall' in error && 'code' in error) return String(error.code);
  return undefined;
}
