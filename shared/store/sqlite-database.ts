import type { DatabaseSync, SQLOutputValue } from 'node:sqlite';
import { orUnavailable, SqliteFile } from './sqlite-file.ts';
import type { Answer, Put, Question, SliceQuery } from './sqlite-protocol.ts';
import { inTransaction } from './sqlite-schema.ts';
import { type Entry, isSameRequest, type LogRecord } from './store.ts';
import { RecordConflictError, StoreUnavailableError, storeKeepsMoving } from './store-error.ts';

/** How often expired values are cleared away, at the most. */
const clearEveryMs = 60_000;
/** After so many records, or characters of them, a scan lets others have their turn. */
const sliceRecords = 200;
const sliceCharacters = 500_000;

/** How often something is tried while its file is taken away. */
const mostAttempts = 5;
/** What is said of a file, or of its folder, that is taken away while it is opened. */
const moving: ReadonlySet<string> = new Set(['ENOENT', 'SQLITE_CANTOPEN', 'SQLITE_IOERR', 'keeps_moving']);

/** Answers questions about the store in one folder, each at once: whoever asks is to have a thread for it. */
export class SqliteDatabase {
  readonly #folder: string;
  readonly #file: SqliteFile;
  #prepared: { readonly of: DatabaseSync; readonly statements: Statements } | undefined;
  #clearAt = 0;

  constructor(folder: string) {
    this.#folder = folder;
    this.#file = new SqliteFile(folder);
  }

  /** @throws {StoreUnavailableError} where the file cannot be used, at once where another process has it locked. */
  answer(question: Question): Answer {
    const answer = orUnavailable(this.#folder, () => this.#answerSurely(question));
    return this.#file.tellReplaced() ? { ...answer, isOtherFile: true } : answer;
  }

  /**
   * What is written down while the file is taken away may be so in vain, and what is opened then may fail: it is done again,
   * with the file that is there.
   */
  #answerSurely(question: Question): Answer {
    for (let attempt = 1; attempt < mostAttempts; attempt += 1) {
      try {
        const answer = this.#answer(question);
        if (question.kind !== 'append' || this.#file.isCurrent()) return answer;
      } catch (error) {
        if (this.#file.isCurrent() && !mayBeMoving(error)) throw error;
      }
    }
    const answer = this.#answer(question);
    if (this.#file.isCurrent()) return answer;
    throw storeKeepsMoving(this.#folder);
  }

  #answer(question: Question): Answer {
    if (question.kind === 'close') {
      this.#file.close();
      return {};
    }
    const database = this.#file.use();
    const statements = this.#statementsOf(database);
    switch (question.kind) {
      case 'open':
        return {};
      case 'get':
        return { entry: get(statements, question.key, question.now) };
      case 'put':
        this.#clearExpired(statements, question.terms.now);
        return { won: put(statements, question.key, question.value, question.terms) };
      case 'append':
        append(database, statements, question.records);
        return {};
      case 'scan':
        return scan(statements, question.query);
    }
  }

  #statementsOf(database: DatabaseSync): Statements {
    if (this.#prepared?.of !== database) this.#prepared = { of: database, statements: prepare(database) };
    return this.#prepared.statements;
  }

  #clearExpired(statements: Statements, now: number): void {
    if (now < this.#clearAt) return;
    statements.clear.run(now);
    this.#clearAt = now + clearEveryMs;
  }
}

function mayBeMoving(error: unknown): boolean {
  return error instanceof StoreUnavailableError && moving.has(error.reason);
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

function get(statements: Statements, key: string, now: number): Entry | undefined {
  const row = statements.get.get(key, now);
  return row && readEntry(row);
}

function put(statements: Statements, key: string, value: string, terms: Put): boolean {
  const { version, expiresAt, next, now } = terms;
  const { changes } =
    version === 0
      ? statements.putFirst.run(key, value, next, expiresAt, now)
      : statements.replace.run(value, next, expiresAt, key, version, now);
  return changes === 1;
}

function append(database: DatabaseSync, statements: Statements, records: readonly LogRecord[]): void {
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

function scan(statements: Statements, query: SliceQuery): Answer {
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

function readEntry({ value, version }: Row): Entry {
  return { value: String(value), version: Number(version) };
}

function readRecord({ at, request_id, part, body }: Row): LogRecord {
  return { at: Number(at), requestId: String(request_id), part: String(part), body: String(body) };
}
