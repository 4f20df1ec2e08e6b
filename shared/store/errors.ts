import type { Cause } from '../contract/outcome.ts';
import { type LogEntry, nameOf } from '../lib/log.ts';

/**
 * Thrown when the database cannot be used. Its message says what to do; `reason` is a word for the log, and `cause` the
 * one of the vocabulary, where it is known.
 */
export class StoreUnavailableError extends Error {
  readonly reason: string;
  override readonly cause: Cause | undefined;

  constructor(message: string, reason: string, cause = causesByReason[reason]) {
    super(message);
    this.name = 'StoreUnavailableError';
    this.reason = reason;
    this.cause = cause;
  }
}

const causesByReason: Readonly<Record<string, Cause>> = {
  SQLITE_BUSY: 'store_locked',
  SQLITE_FULL: 'store_full',
  ENOSPC: 'store_full',
  EDQUOT: 'store_full',
  ESTALE: 'store_gone',
  ENOTCONN: 'store_gone',
  ENODEV: 'store_gone',
  other_device: 'store_gone',
  keeps_moving: 'store_gone',
  secret_unreadable: 'secret_unreadable',
  ResourceNotFoundException: 'store_gone',
};

/** What stood in the way of the store, as far as an error tells it. */
export function causeIn(error: unknown): Cause | undefined {
  return error instanceof StoreUnavailableError ? error.cause : undefined;
}

/** What a log line may say of an error: the name of its class, and the word of one of ours. */
export function loggable(error: unknown): Pick<LogEntry, 'error' | 'reason'> {
  return {
    error: nameOf(error),
    ...(error instanceof StoreUnavailableError && { reason: error.reason }),
  };
}

/** Thrown when a record is appended whose place holds another text. What was there first is kept. */
export class RecordConflictError extends Error {
  constructor() {
    super('the log holds another record under this request and part, and records are never changed');
    this.name = 'RecordConflictError';
  }
}

/** The data folder of a machine cannot be used; `reason` is the code of the system or of SQLite. */
export function folderUnavailable(folder: string, reason: string): StoreUnavailableError {
  const why = folderReasons[reason] ?? `the system says ${reason}`;
  const step =
    reason === 'SQLITE_BUSY' ? lockedStep : 'Set CALLOFF_DATA_DIR to a folder that you may write to.';
  return new StoreUnavailableError(`calloff cannot keep its data in ${folder}: ${why}. ${step}`, reason);
}

/** The file is gone with the disk that it was on. A new one in its place would be out of sight once the disk is back. */
export function storeOnAnotherDevice(folder: string): StoreUnavailableError {
  return new StoreUnavailableError(
    `The data of calloff in ${folder} is gone, and so is the disk that it was on. Mount it again, or restart calloff to begin anew.`,
    'other_device',
  );
}

/** The file is another one every time that it is looked at. */
export function storeKeepsMoving(folder: string): StoreUnavailableError {
  return new StoreUnavailableError(
    `The data of calloff in ${folder} is moved away again and again while it is written to.`,
    'keeps_moving',
  );
}

/** The thread that owns the file has ended. The next question starts another. */
export function threadEnded(): StoreUnavailableError {
  return new StoreUnavailableError('The thread of the store ended.', 'thread_ended');
}

/** The data was written by a calloff that knows more versions of it than this one. */
export function dataTooNew(file: string, version: number, known: number): StoreUnavailableError {
  return new StoreUnavailableError(
    `${file} was written by a newer calloff (version ${version} of the data; this one knows ${known}). ` +
      'Update calloff, or set CALLOFF_DATA_DIR to another folder.',
    'data_too_new',
  );
}

/** This Node has no SQLite. */
export function sqliteMissing(): StoreUnavailableError {
  return new StoreUnavailableError(
    `calloff keeps its data in SQLite, which Node ${process.version} does not have. Use Node 22.13 or newer.`,
    'sqlite_missing',
  );
}

/** The store did not answer while there was time; what was asked of it may still come about. */
export function storeTooSlow(): StoreUnavailableError {
  return new StoreUnavailableError('The store of calloff did not answer in time.', 'too_slow');
}

/** A secret that what is kept is bound by cannot be read. */
export function secretUnreadable(): StoreUnavailableError {
  return new StoreUnavailableError('A secret of calloff could not be read.', 'secret_unreadable');
}

/** A table of DynamoDB cannot be used; `reason` is the name of the error. */
export function tableUnavailable(table: string, told: string): StoreUnavailableError {
  // It is logged, and comes from outside.
  const reason = /^\w{1,60}$/.test(told) ? told : 'unknown';
  return new StoreUnavailableError(
    `calloff cannot use the DynamoDB table ${table}: ${tableReasons[reason] ?? `the answer was ${reason}`}.`,
    reason,
  );
}

const lockedStep = 'Ask again, or end what has the file open: a backup, a database browser, another calloff.';
const notWritable = 'it may not be written to';
const notAFolder = 'a file is in its place';

const folderReasons: Readonly<Record<string, string>> = {
  EACCES: notWritable,
  EPERM: notWritable,
  EROFS: 'it is on a disk that is read only',
  ENOSPC: 'the disk is full',
  ENOTDIR: notAFolder,
  EEXIST: notAFolder,
  SQLITE_BUSY: 'another process keeps it locked',
  SQLITE_READONLY: notWritable,
  SQLITE_CANTOPEN: 'the file cannot be opened',
  SQLITE_FULL: 'the disk is full',
  SQLITE_CORRUPT: 'the file is damaged',
  SQLITE_NOTADB: 'the file is not a database',
};

const tableReasons: Readonly<Record<string, string>> = {
  ResourceNotFoundException: 'there is no such table in this region',
  AccessDeniedException: 'the role of this function may not use it',
  CredentialsProviderError: 'there are no AWS credentials in the environment',
};
