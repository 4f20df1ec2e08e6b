import type { Cause } from '../../contract/outcome.ts';
import type { FolderPage, FolderQuery, LogQuery, LogRecord, PutTerms, StoredValue } from '../store.ts';

/** A request to the thread that owns the file. Times are in milliseconds since the epoch. */
export type StoreQuestion =
  | { readonly kind: 'open' }
  | { readonly kind: 'get'; readonly key: string; readonly now: number }
  | { readonly kind: 'list'; readonly query: LiveQuery }
  | { readonly kind: 'write'; readonly writes: readonly Write[] }
  | { readonly kind: 'scan'; readonly query: SliceQuery }
  | { readonly kind: 'close' };

/** A write. */
export type Write =
  | { readonly kind: 'put'; readonly key: string; readonly value: string; readonly terms: VersionedPut }
  | { readonly kind: 'append'; readonly records: readonly LogRecord[] };

/** The result of a write: `done`; `lost` to another writer; `conflict` if a record exists with another body and none was appended. */
export type WriteResult = 'done' | 'lost' | 'conflict';

/** The terms of a put, and the version that it sets. */
export interface VersionedPut extends PutTerms {
  readonly next: number;
  readonly now: number;
}

/** A query of the values in a folder that have not expired `now`. */
export interface LiveQuery extends FolderQuery {
  readonly folder: string;
  readonly now: number;
}

/** A query that continues after a record with this `part`: the rest of its request comes first. */
export interface SliceQuery extends LogQuery {
  readonly part?: string | undefined;
}

/** The answer to a request. */
export interface StoreAnswer {
  readonly entry?: StoredValue | undefined;
  readonly page?: FolderPage;
  /** One for each write, in their order. */
  readonly written?: readonly WriteResult[];
  readonly records?: readonly LogRecord[];
  /** Whether the slice ends before the query does. */
  readonly isCut?: boolean;
  /** Whether another file was opened in the place of the previous one. */
  readonly isOtherFile?: boolean;
}

/** A serialised error, because threads cannot share the error itself. */
export type StoreFault =
  | {
      readonly name: 'StoreUnavailableError';
      readonly message: string;
      readonly reason: string;
      readonly cause: Cause | undefined;
    }
  | { readonly name: 'Error'; readonly message: string };

/** A message to the thread. */
export interface StoreRequest {
  readonly id: number;
  readonly question: StoreQuestion;
}

/** A message from the thread. */
export type StoreReply =
  | { readonly id: number; readonly answer: StoreAnswer }
  | { readonly id: number; readonly fault: StoreFault };
