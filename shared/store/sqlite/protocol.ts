import type { Cause } from '../../contract/outcome.ts';
import type { LogQuery, LogRecord, PutTerms, StoredValue } from '../store.ts';

/** What the thread that owns the file is asked. Times are in milliseconds since the epoch. */
export type StoreQuestion =
  | { readonly kind: 'open' }
  | { readonly kind: 'get'; readonly key: string; readonly now: number }
  | { readonly kind: 'write'; readonly writes: readonly Write[] }
  | { readonly kind: 'scan'; readonly query: SliceQuery }
  | { readonly kind: 'close' };

/** Something to be written. */
export type Write =
  | { readonly kind: 'put'; readonly key: string; readonly value: string; readonly terms: VersionedPut }
  | { readonly kind: 'append'; readonly records: readonly LogRecord[] };

/** What became of a write: done; another was first; or a record is there with another body, and none was appended. */
export type WriteResult = 'done' | 'lost' | 'conflict';

/** What a put rests on, and the version that it gives. */
export interface VersionedPut extends PutTerms {
  readonly next: number;
  readonly now: number;
}

/** A query that goes on from a record, `part` being that of the record: the rest of its request comes first. */
export interface SliceQuery extends LogQuery {
  readonly part?: string | undefined;
}

/** What a question is answered with. */
export interface StoreAnswer {
  readonly entry?: StoredValue | undefined;
  /** One for each write, in their order. */
  readonly written?: readonly WriteResult[];
  readonly records?: readonly LogRecord[];
  /** Whether the slice ends before what was asked for does. */
  readonly isCut?: boolean;
  /** Whether another file was opened in the place of the one before. */
  readonly isOtherFile?: boolean;
}

/** An error on its way to the other thread, which cannot be handed the error itself. */
export type StoreFault =
  | {
      readonly name: 'StoreUnavailableError';
      readonly message: string;
      readonly reason: string;
      readonly cause: Cause | undefined;
    }
  | { readonly name: 'Error'; readonly message: string };

/** What goes to the thread. */
export interface StoreRequest {
  readonly id: number;
  readonly question: StoreQuestion;
}

/** What comes back. */
export type StoreReply =
  | { readonly id: number; readonly answer: StoreAnswer }
  | { readonly id: number; readonly fault: StoreFault };
