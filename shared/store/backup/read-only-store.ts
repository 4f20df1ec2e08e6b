import type { DatabaseSync } from 'node:sqlite';
import type { Clock } from '../../lib/clock.ts';
import { checkKey, normalizeList } from '../limits.ts';
import { asStoreError } from '../sqlite/error.ts';
import { listSlice } from '../sqlite/list.ts';
import { prepareStatements, readValue } from '../sqlite/statements.ts';
import type { Store } from '../store.ts';

/** The values of the open database of a folder, to be read and not changed. It must have the tables of a store. */
export function readOnlyStore(folder: string, database: DatabaseSync, clock: Clock): Store {
  const statements = prepareStatements(database);
  const refuse = () => Promise.reject(new Error('this store is only read'));
  return {
    async get(key) {
      checkKey(key);
      return asStoreError(folder, () => readValue(statements, key, clock.wallTime()));
    },
    async list(name, query) {
      const asked = { ...normalizeList(name, query), folder: name, now: clock.wallTime() };
      return asStoreError(folder, () => listSlice(statements, asked));
    },
    put: refuse,
    append: refuse,
    scan: refuse,
    close: async () => undefined,
  };
}
