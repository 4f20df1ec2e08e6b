import type { DatabaseSync } from 'node:sqlite';
import type { BackupFaultKind } from '../../contract/backup.ts';
import { reasonOf } from '../sqlite/error.ts';
import { makeTables, newestVersion } from '../sqlite/schema.ts';
import { hasTables, pragmaValue, withDatabase } from './inspect.ts';

/**
 * Why a store cannot be restored from a copy, if so: it is no store of calloff, it is of a newer version, or it is damaged. The file is
 * not trusted: only tables, indexes and triggers that calloff itself makes may be in it.
 */
export function faultOfCopy(file: string): BackupFaultKind | undefined {
  try {
    return withDatabase(file, (database) => {
      database.exec('PRAGMA trusted_schema = OFF; PRAGMA cell_size_check = ON');
      if (!hasTables(database)) return 'foreign';
      const version = Number(pragmaValue(database, 'user_version'));
      if (version > newestVersion) return 'too_new';
      if (pragmaValue(database, 'integrity_check(1)') !== 'ok') return 'damaged';
      return schemaIn(database) === schemaOf(version) ? undefined : 'foreign';
    });
  } catch (error) {
    const code = reasonOf(error);
    if (code === 'SQLITE_NOTADB') return 'foreign';
    if (code === 'SQLITE_CORRUPT' || code === 'SQLITE_IOERR') return 'damaged';
    throw error;
  }
}

/** What is in a database besides the values: each table, index and trigger as it was made. Not the statistics that tools add. */
function schemaIn(database: DatabaseSync): string {
  const rows = database
    .prepare(
      "SELECT type, name, tbl_name, sql FROM sqlite_schema WHERE name NOT LIKE 'sqlite_stat%' ORDER BY type, name",
    )
    .all();
  return JSON.stringify(rows.map((row) => Object.values(row)));
}

function schemaOf(version: number): string {
  return withDatabase(':memory:', (database) => {
    makeTables(database, version);
    return schemaIn(database);
  });
}
