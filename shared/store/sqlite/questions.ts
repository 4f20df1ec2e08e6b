import { causeIn } from '../errors.ts';
import { SqliteDatabase } from './database.ts';
import { LockQueue } from './lock-queue.ts';
import type { StoreAnswer, StoreQuestion } from './protocol.ts';

/** Is told how a question ended. */
export interface Settling {
  resolve(answer: StoreAnswer): void;
  reject(error: unknown): void;
}

const readingKinds: ReadonlySet<StoreQuestion['kind']> = new Set(['get', 'list', 'scan']);

/**
 * Answers questions to the SQLite file in a folder on the thread that asks, one after the other. While another process has the
 * file locked, what writes waits in a queue of its own, and what reads goes on: in WAL it can.
 */
export class SqliteQuestions {
  readonly #database: SqliteDatabase;
  readonly #reading = new LockQueue();
  readonly #writing = new LockQueue();

  constructor(folder: string) {
    this.#database = new SqliteDatabase(folder);
  }

  /** Answers at once, unless the file is locked. */
  answer(question: StoreQuestion, settling: Settling): void {
    const queue = readingKinds.has(question.kind) ? this.#reading : this.#writing;
    queue.add({
      attempt: () => this.#attempt(question, settling),
      giveUp: (locked) => settling.reject(locked),
    });
  }

  /** Answers in a later turn of the event loop, so that signals and timers have theirs between many questions. */
  ask(question: StoreQuestion): Promise<StoreAnswer> {
    return new Promise((resolve, reject) => {
      setImmediate(() => this.answer(question, { resolve, reject }));
    });
  }

  #attempt(question: StoreQuestion, settling: Settling): Error | undefined {
    try {
      settling.resolve(this.#database.answer(question));
    } catch (error) {
      if (error instanceof Error && causeIn(error) === 'store_locked') return error;
      settling.reject(error);
    }
    return undefined;
  }
}
