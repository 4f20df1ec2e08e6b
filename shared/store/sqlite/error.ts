import { folderUnavailable, StoreUnavailableError } from '../errors.ts';

/** The result of `work`. An error of the file system or SQLite becomes a `StoreUnavailableError`. */
export function asStoreError<Result>(folder: string, work: () => Result): Result {
  try {
    return work();
  } catch (error) {
    throw asUnavailable(folder, error) ?? error;
  }
}

/** The `StoreUnavailableError` for an error of the file system or SQLite; `undefined` for any other. */
export function asUnavailable(folder: string, error: unknown): StoreUnavailableError | undefined {
  if (error instanceof StoreUnavailableError) return error;
  const reason = reasonOf(error);
  return reason === undefined ? undefined : folderUnavailable(folder, reason);
}

/** @see https://www.sqlite.org/rescode.html: the lowest eight bits are the primary code, the rest are details. */
const sqliteCodes = new Map([
  [5, 'SQLITE_BUSY'],
  [8, 'SQLITE_READONLY'],
  [10, 'SQLITE_IOERR'],
  [11, 'SQLITE_CORRUPT'],
  [13, 'SQLITE_FULL'],
  [14, 'SQLITE_CANTOPEN'],
  [26, 'SQLITE_NOTADB'],
]);

/** The code of the system or SQLite in an error; `undefined` if it has none. */
export function reasonOf(error: unknown): string | undefined {
  if (!(error instanceof Error)) return undefined;
  if ('errcode' in error) return sqliteCodes.get(Number(error.errcode) & 0xff);
  if ('syscall' in error && 'code' in error) return String(error.code);
  return undefined;
}
