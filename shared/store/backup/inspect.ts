import { statSync } from 'node:fs';
import type { DatabaseSync } from 'node:sqlite';
import type { CopyContents } from '../../contract/backup.ts';
import { storeFileIn } from '../sqlite/file.ts';
import { systemHost } from '../sqlite/host.ts';

/** Runs `work` on an open database, and closes it. */
export function withDatabase<T>(path: string, work: (database: DatabaseSync) => T): T {
  const database = systemHost.openAt(path);
  try {
    return work(database);
  } finally {
    database.close();
  }
}

/** Whether a database has the tables of a store. Throws the error of SQLite if it cannot be read. */
export function hasTables(database: DatabaseSync): boolean {
  const { found } = database
    .prepare("SELECT count(*) AS found FROM sqlite_schema WHERE type = 'table' AND name IN ('entry', 'log')")
    .get() ?? { found: 0 };
  return found === 2;
}

/** The value of a pragma. Throws the error of SQLite if it cannot be read. */
export function pragmaValue(database: DatabaseSync, pragma: string): unknown {
  const [value] = Object.values(database.prepare(`PRAGMA ${pragma}`).get() ?? {});
  return value;
}

/** What a copy holds. Throws the error of SQLite if it cannot be read. */
export function contentsOf(file: string): CopyContents {
  const { records, newest } = withDatabase(
    file,
    (database) => database.prepare('SELECT count(*) AS records, max(at) AS newest FROM log').get() ?? {},
  );
  return {
    bytes: statSync(file).size,
    records: Number(records),
    ...(newest !== null && { newestAt: Number(newest) }),
  };
}

/** The identity of a file; `undefined` if there is none. */
export function identityOf(path: string): string | undefined {
  const found = statSync(path, { bigint: true, throwIfNoEntry: false });
  return found && `${found.dev}:${found.ino}`;
}

/** The file of the store in a folder, and those that SQLite makes beside it. */
export function storeFilesIn(folder: string): string[] {
  return ['', ...sideEndings].map((ending) => `${storeFileIn(folder)}${ending}`);
}

/** The endings of the files that SQLite makes beside a database: what they hold belongs to it. */
export const sideEndings = ['-wal', '-shm', '-journal'] as const;

/** Whether a write-ahead log or a journal lies beside a file, so that SQLite would read it as a part of that file. */
export function hasLog(file: string): boolean {
  return ['-wal', '-journal'].some(
    (ending) => (statSync(`${file}${ending}`, { throwIfNoEntry: false })?.size ?? 0) > 0,
  );
}
