import { randomInt } from 'node:crypto';
import type { DatabaseSync, SQLOutputValue } from 'node:sqlite';
import type { Clock } from '../clock.ts';
import { bounded, checkKey, checkPut, checkRecord } from './limits.ts';
import { openDatabase, orUnavailable } from './sqlite-file.ts';
import { inTransaction } from './sqlite-schema.ts';
import {
  type Entry,
  isSameRequest,
  type LogQuery,
  type LogRecord,
  type PutTerms,
  type Store,
} from './store.ts';
import { RecordConflictError } from './store-error.ts';

/** How often expired values are cleared away, at the most. */
const clearEveryMs = 60_000;

/**
 * Opens the store of one machine: a SQLite file in `folder`, which several processes may use at once.
 * @throws {StoreUnavailableError} where the folder cannot be used, or holds the data of a newer calloff.
 */
export function openSqliteStore({ folder, clock }: { folder: string; clock: Clock }): Store {
  const database = openDatabase(folder);
  const statements = prepare(database);
  let clearAt = clock.now();
  let open = true;

  /** Every call is done when it returns: the promises are those of the interface. */
  const run = async <Result>(work: () => Result) => orUnavailable(folder, work);

  const clearExpired = () => {
    if (clock.now() < clearAt) return;
    clearAt = clock.now() + clearEveryMs;
    statements.clear.run(clock.now());
  };

  return {
    get: (key) =>
      run(() => {
        checkKey(key);
        const row = statements.get.get(key, clock.now());
        return row && readEntry(row);
      }),
    put: (key, value, terms) =>
      run(() => {
        checkPut(key, value, terms);
        clearExpired();
        return put(statements, { key, value, ...terms, now: clock.now() });
      }),
    append: (records) => run(() => append(database, statements, records)),
    scan: (query) =>
      run(() => {
        const narrowed = bounded(query);
        return narrowed === undefined ? [] : scan(statements, narrowed);
      }),
    close: async () => {
      if (open) database.close();
      open = false;
    },
  };
}

type Statements = ReturnType<typeof prepare>;

function prepare(database: DatabaseSync) {
  return {
    get: database.prepare('SELECT value, version FROM entry WHERE key = ? AND expires_at > ?'),
    putFirst: database.prepare(
      `INSERT INTO entry (key, value, version, expires_at) VALUES (?, ?, ?, ?)
       ON CONFLICT (key) DO UPDATE SET value = excluded.value, version = excluded.version, expires_at = excluded.expires_at
       WHERE entry.expires_at <= ?`,
    ),
    replace: database.prepare(
      `UPDATE entry SET value = ?, version = ?, expires_at = ?
       WHERE key = ? AND version = ? AND expires_at > ?`,
    ),
    clear: database.prepare('DELETE FROM entry WHERE expires_at <= ?'),
    append: database.prepare(
      'INSERT INTO log (at, request_id, part, body) VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING',
    ),
    body: database.prepare('SELECT body FROM log WHERE at = ? AND request_id = ? AND part = ?'),
    scan: database.prepare(
      `SELECT at, request_id, part, body FROM log
       WHERE at BETWEEN ? AND ? AND (at, request_id) < (?, ?)
       ORDER BY at DESC, request_id DESC, part`,
    ),
  };
}

interface Put extends PutTerms {
  readonly key: string;
  readonly value: string;
  readonly now: number;
}

/** Versions are random, so that none comes again after a value has expired and begun anew. */
function put(statements: Statements, { key, value, version, expiresAt, now }: Put): boolean {
  const next = randomInt(1, 2 ** 48 - 1);
  const { changes } =
    version === 0
      ? statements.putFirst.run(key, value, next, expiresAt, now)
      : statements.replace.run(value, next, expiresAt, key, version, now);
  return changes === 1;
}

function append(database: DatabaseSync, statements: Statements, records: readonly LogRecord[]): void {
  for (const record of records) checkRecord(record);
  const appendAll = () => {
    for (const record of records) appendOne(statements, record);
  };
  // One statement is a transaction by itself, and most calls are about one job.
  if (records.length === 1) appendAll();
  else inTransaction(database, appendAll);
}

function appendOne(statements: Statements, { at, requestId, part, body }: LogRecord): void {
  const { changes } = statements.append.run(at, requestId, part, body);
  if (changes === 1) return;
  const { body: kept } = statements.body.get(at, requestId, part) ?? {};
  if (kept !== body) throw new RecordConflictError();
}

function scan(statements: Statements, { from, to, after, limit }: LogQuery): LogRecord[] {
  const found: LogRecord[] = [];
  // Without a place to go on from, one that is newer than all: no id holds a tilde.
  const place = after ?? { at: to, requestId: '~' };
  for (const row of statements.scan.iterate(from, to, place.at, place.requestId)) {
    const record = readRecord(row);
    if (found.length >= limit && !isSameRequest(record, found.at(-1))) break;
    found.push(record);
  }
  return found;
}

type Row = Readonly<Record<string, SQLOutputValue>>;

function readEntry({ value, version }: Row): Entry {
  return { value: String(value), version: Number(version) };
}

function readRecord({ at, request_id, part, body }: Row): LogRecord {
  return { at: Number(at), requestId: String(request_id), part: String(part), body: String(body) };
}
