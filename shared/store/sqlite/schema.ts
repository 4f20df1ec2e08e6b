import type { DatabaseSync } from 'node:sqlite';
import { dataTooNew } from '../errors.ts';

/** The migrations from each version of the data to the next. A released one is never changed. */
const migrations: readonly string[] = [
  `CREATE TABLE entry (
     key TEXT PRIMARY KEY, value TEXT NOT NULL, version INTEGER NOT NULL, expires_at INTEGER NOT NULL
   ) STRICT;
   CREATE INDEX entry_expiry ON entry (expires_at);
   CREATE TABLE log (
     at INTEGER NOT NULL, request_id TEXT NOT NULL, part TEXT NOT NULL, body TEXT NOT NULL
   ) STRICT;
   CREATE UNIQUE INDEX log_order ON log (at DESC, request_id DESC, part);
   CREATE TRIGGER log_is_not_changed BEFORE UPDATE ON log
     BEGIN SELECT RAISE(ABORT, 'records of the log are never changed'); END;
   CREATE TRIGGER log_is_not_deleted BEFORE DELETE ON log
     BEGIN SELECT RAISE(ABORT, 'records of the log are never deleted'); END;`,
  // No table changes. A calloff of version 1 would overlook operations instead of carrying them on, so it must refuse the file.
  '',
];

/** The newest version of the data that this code knows. */
export const newestVersion = migrations.length;

/** Makes the tables of one version of the data in an empty database. */
export function makeTables(database: DatabaseSync, version: number): void {
  for (const migration of migrations.slice(0, version)) database.exec(migration);
}

/**
 * Migrates a database to the newest version, safely even if other processes open it at the same time.
 * @throws {StoreUnavailableError} if `file` has a version that this code does not know.
 */
export function migrate(database: DatabaseSync, file: string): void {
  if (versionOf(database, file) === migrations.length) return;
  inTransaction(database, () => {
    for (const migration of migrations.slice(versionOf(database, file))) database.exec(migration);
    database.exec(`PRAGMA user_version = ${migrations.length}`);
  });
}

/** Runs `work` in one write transaction, and rolls back if it throws. */
export function inTransaction<Result>(database: DatabaseSync, work: () => Result): Result {
  database.exec('BEGIN IMMEDIATE');
  try {
    const result = work();
    database.exec('COMMIT');
    return result;
  } catch (error) {
    rollBack(database);
    throw error;
  }
}

/** Runs a part of a transaction, and rolls back only that part if its result says so. */
export function inSavepoint<Result>(
  database: DatabaseSync,
  work: () => Result,
  isUndone: (result: Result) => boolean,
): Result {
  database.exec('SAVEPOINT part');
  const result = work();
  if (isUndone(result)) database.exec('ROLLBACK TO part');
  database.exec('RELEASE part');
  return result;
}

function rollBack(database: DatabaseSync): void {
  try {
    database.exec('ROLLBACK');
  } catch {
    // SQLite has done so by itself, as it does when the disk is full.
  }
}

function versionOf(database: DatabaseSync, file: string): number {
  const { user_version } = database.prepare('PRAGMA user_version').get() ?? {};
  const version = Number(user_version);
  if (version > migrations.length) throw dataTooNew(file, version, migrations.length);
  return version;
}
