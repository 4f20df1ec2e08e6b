import { sqliteMissing } from '../errors.ts';

/**
 * Node's SQLite, loaded when it is first needed: some versions of Node announce it as experimental on standard error,
 * where only what calloff says should be.
 * @throws {StoreUnavailableError} where this Node has none.
 */
export function loadSqlite(): typeof import('node:sqlite') {
  const sqlite = withoutSqliteWarning(() => process.getBuiltinModule('node:sqlite'));
  if (sqlite === undefined) throw sqliteMissing();
  return sqlite;
}

/** What `load` gives, without the warning that SQLite is experimental. Every other warning is given as ever. */
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
