import { type Clock, systemClock } from '../../lib/clock.ts';
import { SqliteDatabase } from './database.ts';
import type { StoreAnswer, Write } from './protocol.ts';

/** Longer writes, in characters, are left to the thread, because they take long. */
const mostCharacters = 20_000;
/** One write of this many is left to the thread, which then empties the log if it is full. */
const writesPerTurn = 64;
/**
 * A slower write, in milliseconds, may show a slow disk: then all writes are left to the thread for a second, and twice as long
 * each time the next one is slow, too. One slow write alone is more likely a busy processor.
 */
const slowMs = 5;
const restMs = { first: 1_000, longest: 60_000 };

/**
 * Makes small writes on the calling thread, which saves a round trip to the other one. Such a write never waits: in WAL mode
 * it is a copy into the system's memory, takes no lock that another holds, and never empties the log. All other writes are
 * left to the thread.
 */
export class DirectWriter {
  readonly #database: SqliteDatabase;
  #writes = 0;
  #restsUntil = 0;
  #restMs = restMs.first;

  readonly #clock: Pick<Clock, 'now'>;

  constructor(folder: string, clock: Pick<Clock, 'now'> = systemClock) {
    this.#clock = clock;
    this.#database = new SqliteDatabase(folder, { lockMs: 0, checkpoints: false });
  }

  /** The results of the writes; `undefined` if nothing was written, so that the thread must do it. */
  write(writes: readonly Write[]): StoreAnswer | undefined {
    this.#writes += 1;
    const startedAt = this.#clock.now();
    if (startedAt < this.#restsUntil || this.#writes % writesPerTurn === 0) return undefined;
    if (writes.reduce((sum, write) => sum + lengthOf(write), 0) > mostCharacters) return undefined;
    try {
      if (!this.#database.isCurrent()) return this.close();
      return this.#database.answer({ kind: 'write', writes });
    } catch {
      // The thread waits for the cause, or reports it.
      return this.close();
    } finally {
      if (this.#writes > 1) this.#noteTime(startedAt);
    }
  }

  #noteTime(startedAt: number): void {
    const isSlow = this.#clock.now() - startedAt > slowMs;
    if (isSlow) this.#restsUntil = startedAt + this.#restMs;
    this.#restMs = isSlow ? Math.min(2 * this.#restMs, restMs.longest) : restMs.first;
  }

  close(): undefined {
    this.#database.answer({ kind: 'close' });
  }
}

function lengthOf(write: Write): number {
  if (write.kind === 'put') return write.value.length;
  return write.records.reduce((sum, { body }) => sum + body.length, 0);
}
