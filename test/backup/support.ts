import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { copyStore } from '../../shared/store/backup/copy-store.ts';
import { SqliteDatabase } from '../../shared/store/sqlite/database.ts';
import { everything, request } from '../store/law.ts';
import { bareEnvironment, run } from '../support/process/run.ts';
import { freshFolder } from '../support/process/temporary.ts';

/** The ids of all requests in the log of a folder's store, as a new process finds them. */
export function foundIn(folder: string): string[] {
  return withStore(folder, (database) => {
    const { records = [] } = database.answer({ kind: 'scan', query: everything });
    return records.map(({ requestId }) => requestId).toSorted();
  });
}

/** Records requests in the store of a folder. */
export function recordIn(folder: string, ...ids: readonly string[]): void {
  const writes = ids.map((id, index) => ({ kind: 'append' as const, records: request(index, id) }));
  withStore(folder, (database) => database.answer({ kind: 'write', writes }));
}

/** What owns the file of a store, without its thread, which takes long to start. */
function withStore<T>(folder: string, work: (database: SqliteDatabase) => T): T {
  const database = new SqliteDatabase(folder);
  try {
    return work(database);
  } finally {
    database.answer({ kind: 'close' });
  }
}

/** A folder whose store has the requests a, b and c, the last of them in the write-ahead log alone, and a copy of another. */
export async function makeTemplate(): Promise<{ readonly folder: string; readonly file: string }> {
  const [folder, other] = [freshFolder(), freshFolder()];
  recordIn(folder, 'a', 'b');
  await recordAndDie(folder, 'c');
  recordIn(other, 'copied');
  const file = join(other, 'copy.sqlite');
  if (!copyStore(other, file).ok) throw new Error('there is no copy');
  return { folder, file };
}

/** Records a request in a process that is killed right after, so that its word is in the write-ahead log alone. */
export function recordAndDie(folder: string, id: string) {
  return run('test/store/child.ts', ['die', folder, id], bareEnvironment());
}

/** The names of the files in a folder that keep a store from before a restore. */
export function keptIn(folder: string): string[] {
  return readdirSync(folder).filter((name) => name.startsWith('calloff.sqlite.before-'));
}

/** The file of the store in a folder. */
export function storeIn(folder: string): string {
  return join(folder, 'calloff.sqlite');
}

/** A store that was cut off in its middle: SQLite takes it for damaged and cannot write its log back into it. */
export interface CutStore {
  readonly folder: string;
  /** The end that its file lacks. */
  readonly lacks: Buffer;
}

/** A store with a long request and a short one, the short one in the write-ahead log alone, whose file was cut off since. */
export async function makeCutStore(): Promise<CutStore> {
  const folder = freshFolder();
  const long = request(0, 'long').map((record) => ({ ...record, body: 'x'.repeat(200_000) }));
  withStore(folder, (database) =>
    database.answer({ kind: 'write', writes: [{ kind: 'append', records: long }] }),
  );
  await recordAndDie(folder, 'short');
  const bytes = readFileSync(storeIn(folder));
  writeFileSync(storeIn(folder), bytes.subarray(0, 8_192));
  return { folder, lacks: bytes.subarray(8_192) };
}

/** The requests in the file of a cut store and in its log, once the end that it lacks is there again. */
export function foundWith(lacks: Buffer, file: string): string[] {
  const folder = freshFolder();
  mkdirSync(folder, { recursive: true });
  writeFileSync(storeIn(folder), Buffer.concat([readFileSync(file), lacks]));
  if (existsSync(`${file}-wal`)) cpSync(`${file}-wal`, `${storeIn(folder)}-wal`);
  return foundIn(folder);
}
