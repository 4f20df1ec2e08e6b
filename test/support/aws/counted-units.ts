import type { Item, Key } from '../../../shared/store/dynamodb/items.ts';
import { itemOfIndex, itemOfRecord, toItem } from '../../../shared/store/dynamodb/items.ts';
import type { Store } from '../../../shared/store/store.ts';

/** What a table of DynamoDB would charge: requests and their units. */
export interface CountedUnits {
  readonly writes: { requests: number; units: number };
  readonly reads: { requests: number; units: number };
  /** The write units by what they were for. */
  readonly byKind: Map<string, number>;
}

/** The largest part of an item, in bytes, that one unit pays for. */
const writtenBytes = 1_024;
const readBytes = 4_096;

/** A store that counts what it would cost as a table of DynamoDB, by the size of each item. */
export function countUnits(store: Store): { readonly store: Store; readonly counted: CountedUnits } {
  const counted: CountedUnits = {
    writes: { requests: 0, units: 0 },
    reads: { requests: 0, units: 0 },
    byKind: new Map(),
  };
  const indexed = new Set<string>();

  function write(item: Item | Key, kind: string): void {
    const units = Math.max(1, Math.ceil(sizeOf(item) / writtenBytes));
    counted.writes.requests += 1;
    counted.writes.units += units;
    counted.byKind.set(kind, (counted.byKind.get(kind) ?? 0) + units);
  }

  function read(bytes: number): void {
    counted.reads.requests += 1;
    counted.reads.units += Math.max(1, Math.ceil(bytes / readBytes));
  }

  const counting: Store = {
    ...store,
    async get(key) {
      const entry = await store.get(key);
      read(entry === undefined ? 0 : sizeOf(toItem(key, entry.value, { version: 1e14, expiresAt: 1e12 })));
      return entry;
    },
    put(key, value, terms) {
      write(toItem(key, value, { ...terms, version: 1e14 }), kindOf(key));
      return store.put(key, value, terms);
    },
    async list(folder, query) {
      const page = await store.list(folder, query);
      read(page.entries.reduce((sum, { value }) => sum + value.length + 150, 0));
      return page;
    },
    append(records) {
      for (const record of records) {
        write(itemOfRecord(record), 'audit');
        const index = itemOfIndex(record);
        if (!indexed.has(index.sk.S)) write(index, 'audit');
        indexed.add(index.sk.S);
      }
      return store.append(records);
    },
  };
  return { store: counting, counted };
}

/** The names and the values of an item's attributes, in bytes: text in UTF-8, numbers two digits to a byte. */
function sizeOf(item: Item | Key): number {
  return Object.entries<{ readonly S: string } | { readonly N: string }>({ ...item }).reduce(
    (sum, [name, value]) =>
      sum + name.length + ('S' in value ? Buffer.byteLength(value.S) : Math.ceil(value.N.length / 2) + 1),
    0,
  );
}

/** `ids`, `mark` and so on for the parts of an operation, and else the first part of a key. */
function kindOf(key: string): string {
  const [first = '', , part, kind = 'head'] = key.split('/');
  if (first !== 'operation') return first;
  return part === 'page' ? part : kind;
}
