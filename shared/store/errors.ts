import type { Cause } from '../contract/outcome.ts';
import { type LogEntry, nameOf } from '../lib/log.ts';

/**
 * Thrown if the database cannot be used. Its message says what to do; `reason` is a word for the log, and `cause` is one of
 * the closed list, if it is known.
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
  too_slow: 'store_slow',
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

/** Why the store could not be used, if an error shows it. */
export function causeIn(error: unknown): Cause | undefined {
  return error instanceof StoreUnavailableError ? error.cause : undefined;
}

/** The loggable part of an error: the name of its class, and the reason of a `StoreUnavailableError`. */
export function loggable(error: unknown): Pick<LogEntry, 'error' | 'reason'> {
  return {
    error: nameOf(error),
    ...(error instanceof StoreUnavailableError && { reason: error.reason }),
  };
}

/** Thrown if a record is appended at a place that holds another text. The first text is kept. */
export class RecordConflictError extends Error {
  constructor() {
    super('the log holds another record under this request and part, and records are never changed');
    this.name = 'RecordConflictError';
  }
}

/** The data folder of a machine cannot be used; `reason` is the code of the system or of SQLite. */
export function folderUnavailable(folder: string, reason: string): StoreUnavailableError {
  const why = folderReasons[reason] ?? `the system says ${reason}`;
  const step = steps[reason] ?? folderStep;
  return new StoreUnavailableError(`calloff cannot keep its data in ${folder}: ${why}. ${step}`, reason);
}

/** The message of an error in two parts: what is wrong, and what to do if the message says that. */
export function faultAndStep({ message, reason }: StoreUnavailableError): {
  readonly fault: string;
  readonly step: string | undefined;
} {
  const step = [steps[reason], folderStep].find((each) => each !== undefined && message.endsWith(` ${each}`));
  return { fault: step === undefined ? message : message.slice(0, -step.length - 1), step };
}

/** The file is gone with its disk. A new file in its place would be hidden when the disk is back. */
export function storeOnAnotherDevice(folder: string): StoreUnavailableError {
  return new StoreUnavailableError(
    `The data of calloff in ${folder} is gone, and so is its disk. ${ownSteps.other_device}`,
    'other_device',
  );
}

/** The file was replaced at every attempt. */
export function storeKeepsMoving(folder: string): StoreUnavailableError {
  return new StoreUnavailableError(
    `The data of calloff in ${folder} is replaced again and again while calloff writes to it. ${ownSteps.keeps_moving}`,
    'keeps_moving',
  );
}

/** The thread that owns the file has ended. The next request starts another. */
export function threadEnded(): StoreUnavailableError {
  return new StoreUnavailableError('The thread of the store ended.', 'thread_ended');
}

/** The data has a newer version than this calloff knows. */
export function dataTooNew(file: string, version: number, known: number): StoreUnavailableError {
  return new StoreUnavailableError(
    `${file} was written by a newer version of calloff (data version ${version}; this one knows up to ${known}). ${ownSteps.data_too_new}`,
    'data_too_new',
  );
}

/** This version of Node has no SQLite. */
export function sqliteMissing(): StoreUnavailableError {
  return new StoreUnavailableError(
    `calloff keeps its data in SQLite, which Node ${process.version} does not have. ${ownSteps.sqlite_missing}`,
    'sqlite_missing',
  );
}

/** The store did not answer in time. It may still carry out the request. */
export function storeTooSlow(): StoreUnavailableError {
  return new StoreUnavailableError('The store of calloff did not answer in time.', 'too_slow');
}

/** A secret that the stored data depends on cannot be read. */
export function secretUnreadable(): StoreUnavailableError {
  return new StoreUnavailableError('A secret of calloff could not be read.', 'secret_unreadable');
}

/** A table of DynamoDB cannot be used; `reason` is the name of the error. */
export function tableUnavailable(table: string, told: string): StoreUnavailableError {
  // The reason is logged, and comes from outside.
  const reason = /^\w{1,60}$/.test(told) ? told : 'unknown';
  return new StoreUnavailableError(
    `calloff cannot use the DynamoDB table ${table}: ${tableReasons[reason] ?? `the answer was ${reason}`}.`,
    reason,
  );
}

const folderStep = 'Set CALLOFF_DATA_DIR to a folder that you may write to.';
const makeRoom = 'Free some space on it, then try again.';
const restoreCopy =
  'Stop every calloff on this machine, then run "calloff restore" with a copy of the store and --force. It keeps the file.';

/** What to do if calloff itself finds that the store cannot be used. */
const ownSteps = {
  other_device: 'Mount the disk again, or restart calloff to start with an empty store.',
  keeps_moving: 'Stop the program that replaces it.',
  data_too_new: 'Update calloff, or run "calloff restore" with a copy of the store from before the update.',
  sqlite_missing: 'Use Node 22.13 or newer.',
};

/** What to do, by the reason. */
const steps: Readonly<Record<string, string>> = {
  ...ownSteps,
  SQLITE_BUSY:
    'Try again, or close the program that has the file open: a backup, a database browser or another calloff.',
  SQLITE_FULL: makeRoom,
  ENOSPC: makeRoom,
  EDQUOT: makeRoom,
  SQLITE_CORRUPT: restoreCopy,
  SQLITE_NOTADB: restoreCopy,
};

const notWritable = 'calloff may not write to it';
const notAFolder = 'a file is in its place';

const folderReasons: Readonly<Record<string, string>> = {
  EACCES: notWritable,
  EPERM: notWritable,
  EROFS: 'its disk is read-only',
  ENOSPC: 'the disk is full',
  ENOTDIR: notAFolder,
  EEXIST: notAFolder,
  SQLITE_BUSY: 'another process has locked it',
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
