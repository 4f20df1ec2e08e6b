/** A value, and the version under which it may be replaced. A version never comes twice for one key. */
export interface StoredValue {
  readonly value: string;
  readonly version: number;
}

/** What `put` rests on. */
export interface PutTerms {
  /** The version that was read; 0 where there must be no value, or an expired one. */
  readonly version: number;
  /** From when on the value counts as absent, in milliseconds since the epoch. */
  readonly expiresAt: number;
}

/** A place in the log, between requests. */
export interface Position {
  /** When the request began, in milliseconds since the epoch. */
  readonly at: number;
  readonly requestId: string;
}

/** Whether two places are the same one. */
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
  /** Only what is older than this: where the page before ended. */
  readonly after?: Position | undefined;
  /** After how many records no further request is begun. */
  readonly limit: number;
}

/**
 * What survives the process: small values that are replaced by compare-and-swap, and a log that is only ever added to.
 * Nothing here changes or deletes a record of the log. Everything rejects with a `StoreUnavailableError` where the
 * database cannot be used, and with a `RangeError` for what no store takes (see limits.ts), which is a bug of ours.
 */
export interface Store {
  /** The value under a key; `undefined` where there is none or it has expired, deleted or not. */
  get(key: string): Promise<StoredValue | undefined>;
  /** Puts a value in the place of the version given, and gives its own. 0: somebody else was first, and nothing was changed. */
  put(key: string, value: string, terms: PutTerms): Promise<number>;
  /**
   * Adds records, which outlive a `kill -9` of the process from when this resolves. A record that is there is left as
   * it is; one with another body under the same place and part rejects with a `RecordConflictError`. When it rejects,
   * some of the records may have been kept.
   */
  append(records: readonly LogRecord[]): Promise<void>;
  /**
   * Reads whole requests, the newest first (at the same time: by id, backwards), each with its records by `part`, until
   * there are `limit` records. Nothing at all means that there is no more.
   */
  scan(query: LogQuery): Promise<LogRecord[]>;
  /** Lets the database go; may be called again. */
  close(): Promise<void>;
}
