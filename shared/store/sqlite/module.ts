import { sqliteMissing } from '../errors.ts';

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
