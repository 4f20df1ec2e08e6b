import { createHash } from 'node:crypto';
import * as z from 'zod';
import { parseJson } from '../lib/json.ts';
import { compareAndSwap } from '../store/compare-and-swap.ts';
import { latestTime } from '../store/limits.ts';
import type { Store } from '../store/store.ts';
import { longAgo, partsExpireAt } from './lifetime.ts';
import type { OperationRecord } from './operation.ts';

/** The time of a name, counted backwards from the latest one, so that the newest comes first. */
const timeDigits = 15;
const namePattern = /^\d{15}-(op_[a-z2-9]{20})$/;

/** The ids of operations, newest first, and the name after which the next page begins. */
export interface IndexPage {
  readonly entries: readonly { readonly id: string; readonly name: string }[];
  readonly next: string | undefined;
}

/** An operation that is counted as not ended, and when it was made, in milliseconds since the epoch. */
export interface Unfinished {
  readonly id: string;
  readonly at: number;
}

const entrySchema = z.object({ at: z.number() });

/** Lists operations: all, those of a caller, and those of a caller that have not ended. Everything rejects if the store does. */
export class OperationIndex {
  readonly #store: Store;

  constructor(store: Store) {
    this.#store = store;
  }

  /** Adds an operation to the list of all and to that of its caller. */
  async add(record: OperationRecord): Promise<void> {
    const folders = ['operations', folderOf('operations-of', record.caller)];
    await Promise.all(folders.map((folder) => this.#put(`${folder}//${indexNameOf(record)}`, record)));
  }

  /** A page of the operations of a caller, or of all. */
  async page(caller: string | undefined, limit: number, after?: string): Promise<IndexPage> {
    const folder = caller === undefined ? 'operations' : folderOf('operations-of', caller);
    const page = await this.#store.list(folder, { limit, after });
    const entries = page.entries.flatMap(({ name }) => {
      const [, id] = namePattern.exec(name) ?? [];
      return id === undefined ? [] : [{ id, name }];
    });
    return { entries, next: page.next };
  }

  /** Counts an operation among those of its caller that have not ended. */
  begin(record: OperationRecord): Promise<void> {
    return this.#put(unfinishedKeyOf(record), record);
  }

  /** Counts one that was stored, if its place is gone: another create under the same idempotency key may have given it up. */
  async keepPlace(record: OperationRecord): Promise<void> {
    await compareAndSwap(this.#store, unfinishedKeyOf(record), (value) =>
      value === undefined ? entryOf(record) : undefined,
    );
  }

  /** Counts it no more. */
  async end(record: Pick<OperationRecord, 'id' | 'caller'>): Promise<void> {
    await compareAndSwap(this.#store, unfinishedKeyOf(record), (value) =>
      value === undefined ? undefined : { value, expiresAt: longAgo },
    );
  }

  /** The operations of a caller that are counted as not ended, up to `limit`; `at`: when each was made. */
  async unfinished(caller: string, limit: number): Promise<readonly Unfinished[]> {
    const { entries } = await this.#store.list(folderOf('unfinished', caller), { limit });
    return entries.flatMap(({ name: id, value }) => {
      const { data } = entrySchema.safeParse(parseJson(value));
      return data === undefined ? [] : [{ id, at: data.at }];
    });
  }

  #put(key: string, record: OperationRecord): Promise<void> {
    return compareAndSwap(this.#store, key, () => entryOf(record));
  }
}

function entryOf(record: OperationRecord) {
  return { value: JSON.stringify({ at: record.created_at }), expiresAt: partsExpireAt(record) };
}

/** Whether a text can be the name of an entry: where a page of the index ended. */
export function isIndexName(text: string): boolean {
  return namePattern.test(text);
}

/** The name of an operation in the lists. Under another, it is left there by a create that broke off. */
export function indexNameOf({ id, created_at }: OperationRecord): string {
  return `${String(latestTime - created_at).padStart(timeDigits, '0')}-${id}`;
}

/** A caller is named by a hash: its id can be long, and holds what parts a key. */
function folderOf(index: string, caller: string): string {
  return `${index}/${createHash('sha256').update(caller).digest('base64url')}`;
}

function unfinishedKeyOf({ id, caller }: Pick<OperationRecord, 'id' | 'caller'>): string {
  return `${folderOf('unfinished', caller)}//${id}`;
}
