import type { DatabaseSync, SQLOutputValue } from 'node:sqlite';
import { isSameRequest, type LogRecord, type StoredValue } from '../store.ts';
import type { SliceQuery, StoreAnswer, VersionedPut, Write, WriteResult } from './protocol.ts';
import { inSavepoint, inTransaction } from './schema.ts';

/** A slice ends after this number of records, or of their characters. */
const sliceRecords = 200;
const sliceCharacters = 500_000;

/** The values between two keys. An expired one is found without its value, so that a slice can end at it too. */
const selectFolder = `SELECT key, version, CASE WHEN expires_at > ? THEN value END AS value
  FROM entry WHERE key > ? AND key < ?`;

/** The prepared statements of one database. */
export type Statements = ReturnType<typeof prepareStatements>;

/** Prepares the statements of an open database. */
export function prepareStatements(database: DatabaseSync) {
  return {
    get: database.prepare('SELECT value, version FROM entry WHERE key = ? AND expires_at > ?'),
    list: database.prepare(`${selectFolder} ORDER BY key`),
    listBackwards: database.prepare(`${selectFolder} ORDER BY key DESC`),
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
    rest: database.prepare(
      `SELECT at, request_id, part, body FROM log
       WHERE at = ? AND request_id = ? AND part > ? ORDER BY part`,
    ),
    scan: database.prepare(
      `SELECT at, request_id, part, body FROM log
       WHERE at BETWEEN ? AND ? AND (at, request_id) < (?, ?)
       ORDER BY at DESC, request_id DESC, part`,
    ),
  };
}

/** The value under a key that has not expired `now`, in milliseconds since the epoch. */
export function readValue(statements: Statements, key: string, now: number): StoredValue | undefined {
  const row = statements.get.get(key, now);
  return row && readEntry(row);
}

/** Makes all writes in one transaction, because the end of a transaction is most of the cost of a write. */
export function writeAll(
  database: DatabaseSync,
  statements: Statements,
  writes: readonly Write[],
): readonly WriteResult[] {
  const writeOne = (one: Write) => {
    if (isOneStatement(one)) return write(statements, one);
    return inSavepoint(database, () => write(statements, one), isConflict);
  };
  const writeEach = () => writes.map(writeOne);
  // One statement is a transaction by itself.
  return writes.length === 1 && writes.every(isOneStatement)
    ? writeEach()
    : inTransaction(database, writeEach);
}

/** What cannot be done in part. */
function isOneStatement(write: Write): boolean {
  return write.kind === 'put' || write.records.length === 1;
}

function isConflict(written: WriteResult): boolean {
  return written === 'conflict';
}

function write(statements: Statements, write: Write): WriteResult {
  return write.kind === 'put' ? put(statements, write) : append(statements, write.records);
}

function put(statements: Statements, { key, value, terms }: Extract<Write, { kind: 'put' }>): WriteResult {
  const { version, expiresAt, next, now }: VersionedPut = terms;
  const { changes } =
    version === 0
      ? statements.putFirst.run(key, value, next, expiresAt, now)
      : statements.replace.run(value, next, expiresAt, key, version, now);
  return changes === 1 ? 'done' : 'lost';
}

function append(statements: Statements, records: readonly LogRecord[]): WriteResult {
  const isThere = records.every((record) => appendOne(statements, record));
  return isThere ? 'done' : 'conflict';
}

/** Whether the record is there now, with this body. */
function appendOne(statements: Statements, { at, requestId, part, body }: LogRecord): boolean {
  const { changes } = statements.append.run(at, requestId, part, body);
  if (changes === 1) return true;
  const { body: kept } = statements.body.get(at, requestId, part) ?? {};
  return kept === body;
}

/** Reads a slice of what a query asks for, short enough for others to have their turn soon. */
export function scanSlice(statements: Statements, query: SliceQuery): StoreAnswer {
  const records: LogRecord[] = [];
  let characters = 0;
  let last = query.part === undefined ? undefined : query.after;
  for (const row of rowsOf(statements, query)) {
    if (records.length >= sliceRecords || characters >= sliceCharacters) return { records, isCut: true };
    const record = readRecord(row);
    if (records.length >= query.limit && !isSameRequest(record, last)) break;
    records.push(record);
    characters += record.body.length;
    last = record;
  }
  return { records };
}

type Row = Readonly<Record<string, SQLOutputValue>>;

function* rowsOf(statements: Statements, { from, to, after, part }: SliceQuery): Generator<Row> {
  // Without a place to go on from, one that is newer than all: no id holds a tilde.
  const place = after ?? { at: to, requestId: '~' };
  if (part !== undefined) yield* statements.rest.iterate(place.at, place.requestId, part);
  yield* statements.scan.iterate(from, to, place.at, place.requestId);
}

function readEntry({ value, version }: Row): StoredValue {
  return { value: String(value), version: Number(version) };
}

function readRecord({ at, request_id, part, body }: Row): LogRecord {
  return { at: Number(at), requestId: String(request_id), part: String(part), body: String(body) };
}
