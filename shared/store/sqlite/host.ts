import { linkSync } from 'node:fs';
import type { DatabaseSync } from 'node:sqlite';
import { sqliteMissing } from '../errors.ts';

/** The steps between which other processes may replace the file. */
export interface SqliteHost {
  /** Opens the file at a path. SQLite reads nothing of it yet. */
  openAt(path: string): DatabaseSync;
  /** Gives a file a second name. */
  link(file: string, name: string): void;
}

/** SQLite and the file system of this machine. */
export const systemHost: SqliteHost = {
  openAt(path) {
    const { DatabaseSync } = loadSqlite();
    return new DatabaseSync(path);
  },
  link: linkSync,
};

/**
 * Node's SQLite, loaded on first use, without the warning of some versions of Node that it is experimental.
 * @throws {StoreUnavailableError} if this version of Node has none.
 */
export function loadSqlite(): typeof import('node:sqlite') {
  const sqlite = withoutSqliteWarning(() => process.getBuiltinModule('node:sqlite'));
  if (sqlite === undefined) throw sqliteMissing();
  return sqlite;
}

/** The result of `load`, without the warning that SQLite is experimental. Other warnings are kept. */
export function withoutSqliteWarning<Result>(load: () => Result): Result {
  const emitWarning = process.emitWarning;
  process.emitWarning = (warning: string | Error, ...rest: unknown[]) => {
    if (rest[0] === 'ExperimentalWarning' && String(warning).startsWith('SQLite ')) return;
    Reflect.apply(emitWarning, process, [warning, ...rest]);
  };
  try {
    return load();
  } finally {
    process.emitWarning = emitWarning;
  }
}
