import { join } from 'node:path';
import type { Clock } from '../../lib/clock.ts';
import { storeFileIn } from '../sqlite/file.ts';
import { openSqliteStore } from '../sqlite/store.ts';
import type { Store } from '../store.ts';
import { withDatabase } from './inspect.ts';

/** A value that was taken out of a store. */
export interface TakenValue {
  readonly key: string;
  readonly value: string;
}

/** A copy that is about to replace the store, and that no process uses yet. */
export interface DraftStore {
  readonly store: Store;
  /** Removes the values whose keys begin so, and returns those that have not expired. */
  take(beginning: string): TakenValue[];
}

/** Lets `work` change the store in a folder, and leaves it in one file. Rejects if the store or `work` does. */
export async function changeDraft<T>(
  folder: string,
  clock: Clock,
  work: (draft: DraftStore) => Promise<T>,
): Promise<T> {
  const store = await openSqliteStore({ folder, clock, hasThread: false });
  try {
    return await work({ store, take: (beginning) => takeValues(folder, clock, beginning) });
  } finally {
    await store.close();
  }
}

function takeValues(folder: string, clock: Clock, beginning: string): TakenValue[] {
  return withDatabase(storeFileIn(folder), (database) => {
    const rows = database
      .prepare('DELETE FROM entry WHERE substr(key, 1, length(?1)) = ?1 RETURNING key, value, expires_at')
      .all(beginning);
    return rows
      .filter(({ expires_at }) => Number(expires_at) > clock.wallTime())
      .map(({ key, value }) => ({ key: String(key), value: String(value) }));
  });
}

/** The folder in which a copy is made ready, below that of the store so that it can be moved in one step. */
export function draftFolderIn(folder: string): string {
  return join(folder, 'restoring');
}
