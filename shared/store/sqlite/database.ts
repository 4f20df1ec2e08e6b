import type { DatabaseSync } from 'node:sqlite';
import { StoreUnavailableError, storeKeepsMoving } from '../errors.ts';
import { asStoreError } from './error.ts';
import { type Opening, SqliteFile } from './file.ts';
import { listSlice } from './list.ts';
import type { StoreAnswer, StoreQuestion, Write } from './protocol.ts';
import { prepareStatements, readValue, type Statements, scanSlice, writeAll } from './statements.ts';

/** The shortest time between two removals of expired values, in milliseconds. */
const clearEveryMs = 60_000;
/** The most attempts while the file is being replaced. */
const mostAttempts = 5;
/** The reasons of errors if a file or its folder is replaced while it is opened. */
const moving: ReadonlySet<string> = new Set(['ENOENT', 'SQLITE_CANTOPEN', 'SQLITE_IOERR', 'keeps_moving']);

/** Answers requests to the store in one folder synchronously. The caller must use it on a separate thread. */
export class SqliteDatabase {
  readonly #folder: string;
  readonly #file: SqliteFile;
  #prepared: { readonly of: DatabaseSync; readonly statements: Statements } | undefined;
  #clearAt = 0;

  constructor(folder: string, how?: Opening) {
    this.#folder = folder;
    this.#file = new SqliteFile(folder, how);
  }

  /** Whether the open file is still the one at its path. */
  isCurrent(): boolean {
    return this.#file.isCurrent();
  }

  /** @throws {StoreUnavailableError} if the file cannot be used, at once if another process has it locked. */
  answer(question: StoreQuestion): StoreAnswer {
    const answer = asStoreError(this.#folder, () => this.#answerSurely(question));
    return this.#file.tellReplaced() ? { ...answer, isOtherFile: true } : answer;
  }

  /**
   * Repeats a request with the new file if the file was replaced meanwhile: a write to the old file is lost, and opening
   * may fail.
   */
  #answerSurely(question: StoreQuestion): StoreAnswer {
    for (let attempt = 1; attempt <= mostAttempts; attempt += 1) {
      try {
        const answer = this.#answer(question);
        if (!isForTheLog(question) || this.#file.isCurrent()) return answer;
      } catch (error) {
        if (this.#file.isCurrent() && (attempt === mostAttempts || !mayBeMoving(error))) throw error;
      }
    }
    throw storeKeepsMoving(this.#folder);
  }

  #answer(question: StoreQuestion): StoreAnswer {
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
        return { entry: readValue(statements, question.key, question.now) };
      case 'list':
        return { page: listSlice(statements, question.query) };
      case 'write':
        for (const write of question.writes) this.#clearExpired(statements, write);
        return { written: writeAll(database, statements, question.writes) };
      case 'scan':
        return scanSlice(statements, question.query);
    }
  }

  #statementsOf(database: DatabaseSync): Statements {
    if (this.#prepared?.of !== database)
      this.#prepared = { of: database, statements: prepareStatements(database) };
    return this.#prepared.statements;
  }

  #clearExpired(statements: Statements, write: Write): void {
    if (write.kind !== 'put' || write.terms.now < this.#clearAt) return;
    const { now } = write.terms;
    statements.clear.run(now);
    this.#clearAt = now + clearEveryMs;
  }
}

function isForTheLog(question: StoreQuestion): boolean {
  return question.kind === 'write' && question.writes.some(({ kind }) => kind === 'append');
}

function mayBeMoving(error: unknown): boolean {
  return error instanceof StoreUnavailableError && moving.has(error.reason);
}
