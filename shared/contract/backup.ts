/** Why the store was not copied, or not restored from a copy. */
export type BackupFaultKind =
  /** There is no store to copy. */
  | 'no_store'
  /** The store is not one of calloff. */
  | 'not_a_store'
  /** The file of the copy already exists. */
  | 'file_exists'
  /** Something that is no file is in the place of the copy: a folder, a device or a pipe. */
  | 'not_a_file'
  /** The file is the store itself, or one of its own files. */
  | 'is_the_store'
  /** A write-ahead log or a journal lies beside the place of the copy: SQLite would read it as a part of the copy. */
  | 'log_beside'
  /** Another process is making a copy at the same place. */
  | 'under_way'
  /** The store takes no reads: another process has it locked. */
  | 'store_locked'
  /** Another process uses the store that is to be replaced. */
  | 'in_use'
  /** The store is damaged, so calloff cannot tell whether another process uses it. */
  | 'not_lockable'
  /** There is no file to restore from. */
  | 'no_file'
  /** A write-ahead log lies beside the file: it is the file of a store in use, and not all of it. */
  | 'has_log'
  /** The file to restore from is not a copy of a store. */
  | 'foreign'
  /** A newer version of calloff made the file to restore from. */
  | 'too_new'
  /** The file to restore from is damaged. */
  | 'damaged'
  /** The file system has no hard links, so the store cannot be kept under another name. */
  | 'no_links'
  /** A file cannot be read or written; `code` is the word of the system or of SQLite. */
  | 'unusable';

/** A fault, and what is known of it. */
export interface BackupFault {
  readonly kind: BackupFaultKind;
  readonly code?: string | undefined;
}

/** A value, or why the store was not copied or not restored. */
export type BackupResult<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly fault: BackupFault };

/** What a copy holds. */
export interface CopyContents {
  /** The size of the file in bytes. */
  readonly bytes: number;
  /** How many records its audit has. */
  readonly records: number;
  /** When the newest of them began, in milliseconds since the epoch; absent without any. */
  readonly newestAt?: number | undefined;
}
