import { accessSync, closeSync, constants, mkdirSync, openSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { DatabaseSync } from 'node:sqlite';
import { StoreUnavailableError, storeKeepsMoving, storeOnAnotherDevice } from '../errors.ts';
import { asStoreError, asUnavailable, reasonOf } from './error.ts';
import { loadSqlite } from './module.ts';
import { migrate } from './schema.ts';

/** How long SQLite itself waits for another process: the thread can do nothing else meanwhile. `RetryQueue` waits longer. */
const briefLockMs = 5;

/** How a database is opened: how long it waits for a lock, and whether it empties the log, which waits for the disk. */
export interface Opening {
  readonly lockMs: number;
  readonly checkpoints: boolean;
}

/** A database, and which files it was made of when it was opened. */
interface Opened {
  readonly database: DatabaseSync;
  readonly files: readonly (string | undefined)[];
}

/**
 * The one SQLite file in a folder, as it stands at its path now: opened when it is first used, and anew whenever it, its
 * write-ahead log or the folder was removed, replaced or mounted anew since. What is written into a file that nobody
 * can open any more is lost: https://www.sqlite.org/howtocorrupt.html#_unlinking_or_renaming_a_database_file_while_in_use
 */
export class SqliteFile {
  readonly #folder: string;
  readonly #how: Opening;
  readonly #path: string;
  #opened: Opened | undefined;
  /** On which the file was when it was last open. */
  #device: bigint | undefined;
  #wasReplaced = false;

  constructor(folder: string, how: Opening = { lockMs: briefLockMs, checkpoints: true }) {
    this.#folder = folder;
    this.#how = how;
    this.#path = join(folder, 'calloff.sqlite');
  }

  /**
   * The database, at the newest version of the data. Folder and file are made where they are missing, for their owner
   * alone; but not in the place of a disk that is no longer there.
   * @throws {StoreUnavailableError} where it cannot be opened or written to, at once where another process has it locked.
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

  /** Whether what was opened is still what is found at its path. `true` where nothing was. */
  isCurrent(): boolean {
    return this.#opened === undefined || isSame(filesAt(this.#path), this.#opened.files);
  }

  /** Whether the file was opened anew since this was last asked. */
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

  /** An empty folder on another device is what a disk leaves behind that was unmounted: its file is elsewhere, not lost. */
  #refuseAnotherDevice(): void {
    if (this.#device === undefined || deviceAt(this.#path) !== undefined) return;
    if (nearestDevice(this.#folder) !== this.#device) throw storeOnAnotherDevice(this.#folder);
  }

  /**
   * Lets go of files that are no longer at their path. A log that is still there belongs to the file that is not, and must
   * not be taken for that of the one in its place: it is emptied into its own.
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
 * The log and its index are opened by their path, after the file. Where that was moved in between they may be those of
 * another file: nothing may be written until it is sure that they are not.
 */
function openDatabase(folder: string, path: string, { lockMs, checkpoints }: Opening): Opened {
  const { DatabaseSync } = loadSqlite();
  makeFile(folder, path);
  const [file] = filesAt(path);
  const database = new DatabaseSync(path);
  try {
    database.exec(`PRAGMA busy_timeout = ${lockMs}`);
    // Others read on while one writes.
    database.exec('PRAGMA journal_mode = WAL');
    // In WAL this outlives the process that is killed; only a machine that loses its power may lose the last moments.
    database.exec('PRAGMA synchronous = NORMAL');
    if (!checkpoints) database.exec('PRAGMA wal_autocheckpoint = 0');
    database.exec('SELECT count(*) FROM sqlite_schema');
    const files = filesAt(path);
    if (file !== files[0]) throw storeKeepsMoving(folder);
    migrate(database, path);
    return { database, files };
  } catch (error) {
    database.close();
    throw error;
  }
}

/**
 * SQLite gives its own files the permissions of this one, and would leave it readable for all. One that is there is not
 * opened here: closing it again would take the locks from whoever has it open in this process.
 */
function makeFile(folder: string, path: string): void {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  try {
    closeSync(openSync(path, 'wx', 0o600));
  } catch (error) {
    if (reasonOf(error) !== 'EEXIST') throw error;
    accessSync(path, constants.R_OK | constants.W_OK);
  }
}

/** What tells the database, its write-ahead log and the index of that from any others; `undefined` for one that is missing. */
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
