import { statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { DatabaseSync } from 'node:sqlite';
import { StoreUnavailableError, storeKeepsMoving, storeOnAnotherDevice } from '../errors.ts';
import { asStoreError, asUnavailable } from './error.ts';
import { type SqliteHost, systemHost } from './host.ts';
import { makeFile } from './make-file.ts';
import { migrate } from './schema.ts';

/** How long SQLite itself waits for another process, in milliseconds. It blocks the thread; `LockQueue` waits longer without that. */
const briefLockMs = 5;

/** How to open a database: how long it waits for a lock, and whether it empties the log, which waits for the disk. */
export interface Opening {
  readonly lockMs: number;
  readonly checkpoints: boolean;
  /** Default: this machine. */
  readonly host?: SqliteHost;
}

/** An open database, and the identity of its files when it was opened. */
interface Opened {
  readonly database: DatabaseSync;
  readonly files: readonly (string | undefined)[];
}

/**
 * The SQLite file at a path now: opened on first use, and again whenever it, its write-ahead log or the folder was removed,
 * replaced or remounted since. Writes to a file that is no longer at its path are lost:
 * https://www.sqlite.org/howtocorrupt.html#_unlinking_or_renaming_a_database_file_while_in_use
 */
export class SqliteFile {
  readonly #folder: string;
  readonly #how: Opening;
  readonly #path: string;
  #opened: Opened | undefined;
  /** The device of the file when it was last open. */
  #device: bigint | undefined;
  #wasReplaced = false;

  constructor(folder: string, how: Opening = { lockMs: briefLockMs, checkpoints: true }) {
    this.#folder = folder;
    this.#how = how;
    this.#path = storeFileIn(folder);
  }

  /**
   * The database, migrated to the newest version. Missing folders and files are made, for their owner alone, but not in the
   * place of a disk that is gone.
   * @throws {StoreUnavailableError} if it cannot be opened or written to, at once if another process has it locked.
   */
  use(): DatabaseSync {
    return asStoreError(this.#folder, () => {
      if (!this.isCurrent()) {
        this.#letGo();
        this.#wasReplaced = true;
      }
      return this.#opened?.database ?? this.#open();
    });
  }

  /** Whether the opened files are still those at their path. `true` if none is open. */
  isCurrent(): boolean {
    return this.#opened === undefined || isSame(filesAt(this.#path), this.#opened.files);
  }

  /** Whether the file was opened again since the last call. */
  tellReplaced(): boolean {
    const replaced = this.#wasReplaced && this.#opened !== undefined;
    if (replaced) this.#wasReplaced = false;
    return replaced;
  }

  close(): void {
    this.#opened?.database.close();
    this.#opened = undefined;
  }

  #open(): DatabaseSync {
    try {
      this.#refuseAnotherDevice();
      this.#opened = openDatabase(this.#folder, this.#path, this.#how);
      this.#device = deviceAt(this.#path);
      return this.#opened.database;
    } catch (error) {
      const unavailable = asUnavailable(this.#folder, error);
      if (!this.#wasReplaced || unavailable === undefined || unavailable.cause === 'store_locked')
        throw error;
      throw new StoreUnavailableError(unavailable.message, unavailable.reason, 'store_gone');
    }
  }

  /** Throws for an empty folder on another device: its disk was unmounted, so the file is elsewhere and not lost. */
  #refuseAnotherDevice(): void {
    if (this.#device === undefined || deviceAt(this.#path) !== undefined) return;
    if (nearestDevice(this.#folder) !== this.#device) throw storeOnAnotherDevice(this.#folder);
  }

  /**
   * Closes files that are no longer at their path. A log that is still there belongs to the old file and must not be used
   * with the new one, so it is emptied into the old file first.
   */
  #letGo(): void {
    const { database, files: [, ...besides] = [] } = this.#opened ?? {};
    const [, ...found] = filesAt(this.#path);
    try {
      database?.exec(`PRAGMA wal_checkpoint(${isSame(found, besides) ? 'TRUNCATE' : 'PASSIVE'})`);
    } catch {
      // What cannot be saved of them is not in the place of anything else.
    }
    this.#opened = undefined;
    database?.close();
  }
}

/**
 * SQLite opens the log and its index by path, after the file. If the file was moved in between, they may belong to another
 * file: nothing may be written until that is ruled out.
 */
function openDatabase(folder: string, path: string, how: Opening): Opened {
  const { lockMs, checkpoints, host = systemHost } = how;
  makeFile(folder, path, host);
  const [file] = filesAt(path);
  // SQLite would make an empty one.
  if (file === undefined) throw storeKeepsMoving(folder);
  const database = host.openAt(path);
  try {
    database.exec(`PRAGMA busy_timeout = ${lockMs}`);
    // Readers continue while one process writes.
    database.exec('PRAGMA journal_mode = WAL');
    // In WAL mode a killed process loses nothing; only a power failure may lose the last moments.
    database.exec('PRAGMA synchronous = NORMAL');
    if (!checkpoints) database.exec('PRAGMA wal_autocheckpoint = 0');
    database.exec('SELECT count(*) FROM sqlite_schema');
    const files = filesAt(path);
    if (file !== files[0]) throw storeKeepsMoving(folder);
    migrate(database, path);
    return { database, files };
  } catch (error) {
    database.close();
    throw filesAt(path)[0] === file ? error : storeKeepsMoving(folder);
  }
}

/** The SQLite file of the store in a folder. */
export function storeFileIn(folder: string): string {
  return join(folder, 'calloff.sqlite');
}

/** The identities of the database, its write-ahead log and the log's index; `undefined` for a missing file. */
function filesAt(path: string): (string | undefined)[] {
  return ['', '-wal', '-shm'].map((ending) => {
    const found = statOf(`${path}${ending}`);
    return found && `${found.dev}:${found.ino}`;
  });
}

function isSame(some: Opened['files'], others: Opened['files']): boolean {
  return some.every((file, index) => file === others[index]);
}

function deviceAt(path: string): bigint | undefined {
  return statOf(path)?.dev;
}

function nearestDevice(folder: string): bigint | undefined {
  const parent = dirname(folder);
  return deviceAt(folder) ?? (parent === folder ? undefined : nearestDevice(parent));
}

function statOf(path: string) {
  return statSync(path, { bigint: true, throwIfNoEntry: false });
}
