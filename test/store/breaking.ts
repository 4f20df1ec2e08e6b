import type { Clock } from '../../shared/lib/clock.ts';
import type {
  FolderPage,
  FolderQuery,
  LogQuery,
  LogRecord,
  PutTerms,
  Store,
  StoredValue,
} from '../../shared/store/store.ts';

import { type Memory, memoryStore } from './memory-store.ts';

/** A store broken on purpose, in one way. */
export interface Sabotage {
  readonly how: string;
  readonly make: typeof memoryStore;
}

/** What a sabotage has to work with: a store that is sound, its memory and its clock. */
export interface Sound {
  readonly store: Store;
  readonly memory: Memory;
  readonly clock: Pick<Clock, 'wallTime'>;
}

/** A store with some of its methods replaced. */
export function breaking(how: string, change: (sound: Sound) => Partial<Store>): Sabotage {
  const make = (memory: Memory, clock: Sound['clock']) => {
    const store = memoryStore(memory, clock);
    return { ...store, ...change({ store, memory, clock }) };
  };
  return { how, make };
}

/** A store that changes what it has read. */
export const getting = (
  how: string,
  change: (entry: StoredValue | undefined, key: string, sound: Sound) => StoredValue | undefined,
) => breaking(how, (sound) => ({ get: async (key) => change(await sound.store.get(key), key, sound) }));

/** A store that puts in a way of its own. */
export const putting = (
  how: string,
  change: (sound: Sound, key: string, value: string, terms: PutTerms) => Promise<number>,
) => breaking(how, (sound) => ({ put: (key, value, terms) => change(sound, key, value, terms) }));

/** A store that appends in a way of its own. */
export const appending = (
  how: string,
  change: (sound: Sound, records: readonly LogRecord[]) => Promise<void>,
) => breaking(how, (sound) => ({ append: (records) => change(sound, records) }));

/** A store that scans in a way of its own. */
export const scanning = (how: string, change: (sound: Sound, query: LogQuery) => Promise<LogRecord[]>) =>
  breaking(how, (sound) => ({ scan: (query) => change(sound, query) }));

/** A store that lists in a way of its own. */
export const listing = (
  how: string,
  change: (sound: Sound, folder: string, query: FolderQuery) => Promise<FolderPage>,
) => breaking(how, (sound) => ({ list: (folder, query) => change(sound, folder, query) }));

/** Puts whatever version is there. */
export async function force(
  { store }: Sound,
  key: string,
  value: string,
  expiresAt: number,
): Promise<number> {
  return store.put(key, value, { version: (await store.get(key))?.version ?? 0, expiresAt });
}

/** Says that it has won without having put anything, where it has not. */
export async function boast({ store }: Sound, key: string, value: string, terms: PutTerms): Promise<number> {
  return (await store.put(key, value, terms)) || 1;
}

/** A text as one knows it who knows Latin only. */
export const latinOnly = (text: string) => text.replace(/[^\0-\xff]/g, '?');
/** The day of a time, counted from 1970. */
export const day = (at: number) => Math.floor(at / 86_400_000);
