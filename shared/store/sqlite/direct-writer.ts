import { type Clock, systemClock } from '../../lib/clock.ts';
import { SqliteDatabase } from './database.ts';
import type { StoreAnswer, Write } from './protocol.ts';

/** Beyond so many characters a write is left to the thread: it would take long. */
const mostCharacters = 20_000;
/** Every so many writes one is left to the thread, which empties the log then if it is full. */
const writesPerTurn = 64;
/** A write that took longer shows a slow disk; then all are left to the thread for a while. */
const slowMs = 5;
const restMs = 60_000;

/**
 * Writes what is small on the calling thread, which saves the way to the other one and back. It waits for nothing: in WAL mode
 * such a write is a copy into memory of the system, it asks for no lock that another holds, and never empties the log. All
 * else is left to the thread.
 */
export class DirectWriter {
  readonly #database: SqliteDatabase;
  #writes = 0;
  #restsUntil = 0;

  readonly #clock: Pick<Clock, 'now'>;

  constructor(folder: string, clock: Pick<Clock, 'now'> = systemClock) {
    this.#clock = clock;
    this.#database = new SqliteDatabase(folder, { lockMs: 0, checkpoints: false });
  }

  /** What became of the writes; `undefined` if nothing was written, and the thread is to do it. */
  write(writes: readonly Write[]): StoreAnswer | undefined {
    this.#writes += 1;
    const startedAt = this.#clock.now();
    if (startedAt < this.#restsUntil || this.#writes % writesPerTurn === 0) return undefined;
    if (writes.reduce((sum, write) => sum + lengthOf(write), 0) > mostCharacters) return undefined;
    try {
      if (!this.#database.isCurrent()) return this.close();
      return this.#database.answer({ kind: 'write', writes });
    } catch {
      // Whatever it is, the thread waits for it or says it.
      return this.close();
    } finally {
      if (this.#clock.now() - startedAt > slowMs && this.#writes > 1) this.#restsUntil = startedAt + restMs;
    }
  }

  close(): undefined {
    this.#database.answer({ kind: 'close' });
  }
}

function lengthOf(write: Write): number {
  if (write.kind === 'put') return write.value.length;
  return write.records.reduce((sum, { body }) => sum + body.length, 0);
}
