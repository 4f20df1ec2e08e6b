/** A value, and the version with which it may be replaced. A version never repeats for one key. */
export interface StoredValue {
  readonly value: string;
  readonly version: number;
}

/** The terms of a put. */
export interface PutTerms {
  /** The version that was read; 0 if there must be no value, or an expired one. */
  readonly version: number;
  /** When the value expires, in milliseconds since the epoch. A time that has passed removes the value. */
  readonly expiresAt: number;
}

/** A live value of a folder, with the name that follows `//` in its key. */
export interface FolderEntry extends StoredValue {
  readonly name: string;
}

/** Which part of a folder to list. */
export interface FolderQuery {
  /** Only names after this one, or before it if `backwards`: the `next` of the previous page. */
  readonly after?: string | undefined;
  /** The most entries of a page. No page has more than 1,000. */
  readonly limit: number;
  /** From the last name to the first. */
  readonly backwards?: boolean | undefined;
}

/** A page of a folder. */
export interface FolderPage {
  readonly entries: readonly FolderEntry[];
  /** Where to go on. If it is there, the folder may hold more, even if the page is short or empty. */
  readonly next?: string;
}

/** A position in the log, between requests. */
export interface Position {
  /** When the request began, in milliseconds since the epoch. */
  readonly at: number;
  readonly requestId: string;
}

/** Whether two positions are the same. */
export function isSameRequest(one: Position, other: Position | undefined): boolean {
  return one.at === other?.at && one.requestId === other.requestId;
}

/** A record of the audit log. Those of one request share `at` and `requestId`; `part` names one and orders them. */
export interface LogRecord extends Position {
  readonly part: string;
  readonly body: string;
}

/** Which part of the log to read. */
export interface LogQuery {
  /** The earliest and the latest beginning of a request, both included, in milliseconds since the epoch. */
  readonly from: number;
  readonly to: number;
  /** Only records older than this: where the previous page ended. */
  readonly after?: Position | undefined;
  /** The number of records after which no further request is read. */
  readonly limit: number;
}

/**
 * The data that outlives the process: small values, replaced by compare-and-swap, and an append-only log. No method changes
 * or deletes a record of the log. Everything rejects with a `StoreUnavailableError` if the database cannot be used, and
 * with a `RangeError` for input that no store takes (see limits.ts), which is a bug.
 */
export interface Store {
  /** The value under a key; `undefined` if there is none or it has expired. */
  get(key: string): Promise<StoredValue | undefined>;
  /** Replaces the value of this version, and returns the new version. 0: another writer was first, and nothing was changed. */
  put(key: string, value: string, terms: PutTerms): Promise<number>;
  /**
   * Lists the live values under the keys `folder//name`, by the bytes of their names. A key belongs to the folder before its
   * first `//`. A value that is there during the whole call is in the page as it is, and none is in two pages. A page ends
   * early at about 1 MB.
   */
  list(folder: string, query: FolderQuery): Promise<FolderPage>;
  /**
   * Appends records. After it resolves, they survive a `kill -9` of the process. An existing record is left unchanged; one
   * with another body at the same position and part rejects with a `RecordConflictError`. If it rejects, some of the
   * records may have been kept.
   */
  append(records: readonly LogRecord[]): Promise<void>;
  /**
   * Reads whole requests, newest first (at the same time: by id, backwards), each with its records by `part`, until there are
   * `limit` records. An empty result means the end.
   */
  scan(query: LogQuery): Promise<LogRecord[]>;
  /** Closes the database. Safe to call twice. */
  close(): Promise<void>;
}
