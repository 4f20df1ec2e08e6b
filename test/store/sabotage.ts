import type { StoredValue } from '../../shared/store/store.ts';
import {
  appending,
  boast,
  breaking,
  day,
  force,
  getting,
  latinOnly,
  listing,
  putting,
  type Sabotage,
  scanning,
} from './breaking.ts';
import { folderSabotages } from './folder-sabotages.ts';
import type { LawName } from './laws.ts';
import { compare } from './memory-store.ts';

/** For every law, stores that break it. A law without one does not compile. */
export const sabotages: { readonly [name in LawName]: readonly [Sabotage, ...Sabotage[]] } = {
  'has no value until one is put, and then that one': [getting('forgets', () => undefined)],
  'puts a first value only where there is none': [
    putting('overwrites', (sound, key, value, { expiresAt }) => force(sound, key, value, expiresAt)),
    putting('says that it has', boast),
  ],
  'replaces a value only under the version it has': [
    putting('asks only whether there is one', (sound, key, value, terms) =>
      terms.version === 0 ? sound.store.put(key, value, terms) : force(sound, key, value, terms.expiresAt),
    ),
  ],
  'gives the version that a value was put under': [
    putting('gives the one before', async ({ store }, key, value, terms) => {
      const given = await store.put(key, value, terms);
      return given && (terms.version || 1);
    }),
  ],
  'takes an expired value for absent, to the millisecond': [
    getting('shows expired values', (_entry, key, { memory }) => memory.values.get(key)),
    getting('counts in seconds', (entry, key, { memory, clock }) => {
      const kept = memory.values.get(key);
      return kept && Math.ceil(kept.expiresAt / 1_000) >= Math.ceil(clock.wallTime() / 1_000) ? kept : entry;
    }),
    putting('replaces what has expired', ({ store, memory }, key, value, terms) => {
      const kept = memory.values.get(key);
      return store.put(key, value, {
        ...terms,
        version: kept?.version === terms.version ? 0 : terms.version,
      });
    }),
  ],
  'gives a value with its new time to live': [
    putting('keeps the first', ({ store, memory }, key, value, terms) =>
      store.put(key, value, { ...terms, expiresAt: memory.values.get(key)?.expiresAt ?? terms.expiresAt }),
    ),
  ],
  'never uses a version twice for one key': [
    putting('counts anew from 1', async ({ store, memory }, key, value, terms) => {
      if (terms.version === 0) memory.lastVersion = 0;
      return store.put(key, value, terms);
    }),
  ],
  'lets exactly one of many writers win': [
    putting('looks first and writes then', async ({ store, memory }, key, value, { version, expiresAt }) => {
      if (((await store.get(key))?.version ?? 0) !== version) return 0;
      await new Promise((resolve) => setImmediate(resolve));
      memory.lastVersion += 1;
      memory.values.set(key, { value, version: memory.lastVersion, expiresAt });
      return memory.lastVersion;
    }),
    putting('lets no writer win', async () => 0),
  ],
  'keeps keys apart': [
    breaking('takes upper case for lower', ({ store }) => ({
      get: (key) => store.get(key.toLowerCase()),
      put: (key, value, terms) => store.put(key.toLowerCase(), value, terms),
    })),
    breaking('normalises', ({ store }) => ({
      get: (key) => store.get(key.normalize()),
      put: (key, value, terms) => store.put(key.normalize(), value, terms),
    })),
  ],
  'gives a value back letter by letter': [
    getting('trims', (entry) => entry && { ...entry, value: entry.value.trim() }),
    getting('knows Latin only', (entry) => entry && { ...entry, value: latinOnly(entry.value) }),
  ],
  'refuses a value that not every store can keep, and keeps nothing': [
    putting('cuts', ({ store }, key, value, terms) => store.put(key, value.slice(0, 100), terms)),
    putting('keeps it, and then objects', async ({ store, memory, clock }, key, value, terms) => {
      memory.values.set(key, { value, version: 1, expiresAt: clock.wallTime() + 1_000 });
      return store.put(key, value, terms);
    }),
  ],
  'shows to one client at once what another has put': [
    breaking('remembers what it has read', ({ store }) => {
      const read = new Map<string, Promise<StoredValue | undefined>>();
      const get = (key: string) => read.get(key) ?? store.get(key);
      return {
        get: (key) => {
          read.set(key, get(key));
          return get(key);
        },
      };
    }),
  ],
  ...folderSabotages,
  'has no record until one is appended': [appending('throws it away', async () => undefined)],
  'reads the newest request first, and its records by part': [
    scanning('begins with the oldest', async ({ store }, query) => (await store.scan(query)).reverse()),
    scanning('leaves the parts as they came', async ({ store, memory }, query) =>
      (await store.scan(query)).sort(
        (one, other) =>
          compare({ ...one, part: '' }, { ...other, part: '' }) ||
          memory.records.indexOf(one) - memory.records.indexOf(other),
      ),
    ),
  ],
  'sorts ids and parts by their characters, not by their length or language': [
    scanning('sorts as a language does', async ({ store }, query) =>
      (await store.scan(query)).sort(
        (one, other) =>
          other.at - one.at ||
          other.requestId.localeCompare(one.requestId) ||
          one.part.localeCompare(other.part),
      ),
    ),
  ],
  'reads only what began between the times asked for, both included': [
    scanning('leaves the last millisecond out', ({ store }, query) =>
      store.scan({ ...query, to: query.to - 1 }),
    ),
    scanning('takes the whole day', ({ store }, query) =>
      store.scan({ ...query, from: day(query.from) * 86_400_000 }),
    ),
  ],
  'never cuts a request, and begins none beyond the limit': [
    scanning('cuts at the limit', async ({ store }, query) =>
      (await store.scan(query)).slice(0, query.limit),
    ),
    scanning('gives more than was asked for', ({ store }, query) =>
      store.scan({ ...query, limit: query.limit + 1 }),
    ),
  ],
  'goes on from page to page without losing or doubling a request': [
    scanning('goes on by time alone', ({ store }, { after, ...query }) =>
      store.scan({ ...query, to: after === undefined ? query.to : after.at - 1 }),
    ),
  ],
  'goes on within the times asked for, from a place that holds nothing too': [
    scanning('looks for the place itself', async ({ store, memory }, query) => {
      const { after } = query;
      const there = memory.records.some(({ requestId }) => requestId === after?.requestId);
      return there ? store.scan(query) : [];
    }),
    scanning('forgets the times', ({ store }, query) =>
      store.scan(query.after === undefined ? query : { ...query, from: 0 }),
    ),
  ],
  'finds a request after years of silence': [
    scanning('gives up after a year', async ({ store }, query) => {
      const found = await store.scan(query);
      const from = query.after?.at ?? found[0]?.at ?? 0;
      return found.filter(({ at }) => day(from) - day(at) < 365);
    }),
  ],
  'takes the same record twice, and keeps it once': [
    appending('keeps it twice', async ({ memory }, records) => void memory.records.push(...records)),
    appending('refuses it', async ({ store, memory }, records) => {
      const parts = new Set(memory.records.map(({ part }) => part));
      if (records.some(({ part }) => parts.has(part))) throw new Error('it is there');
      await store.append(records);
    }),
  ],
  'refuses another body for a record, and keeps the first': [
    appending('keeps the last', async ({ memory }, records) => {
      for (const record of records) {
        memory.records = [...memory.records.filter((other) => compare(record, other) !== 0), record];
      }
    }),
    appending('says nothing', ({ store }, records) => store.append(records).catch(() => undefined)),
  ],
  'answers each of many that are asked at once by itself': [
    putting('loses all where one loses', async ({ store }, key, value, terms) => {
      const given = await store.put(key, value, terms);
      return given && (await store.put('taken', 'y', { ...terms, version: 0 })) === 0 ? 0 : given;
    }),
    appending('takes no conflict for one', ({ store }, records) =>
      store.append(records).catch(() => undefined),
    ),
  ],
  'gives a body back letter by letter': [
    appending('knows Latin only', ({ store }, records) =>
      store.append(records.map((record) => ({ ...record, body: latinOnly(record.body) }))),
    ),
  ],
  'refuses a record that not every store can keep, and keeps none with it': [
    appending('keeps the good ones', async ({ store }, records) => {
      for (const record of records) await store.append([record]);
    }),
  ],
  'never keeps the thread from others for long, however much is asked of it': [
    appending('waits on its own thread for a disk', async ({ store }, records) => {
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 60);
      await store.append(records);
    }),
    listing('lists on its own thread', async ({ store }, folder, query) => {
      for (const until = performance.now() + 60; performance.now() < until; );
      return store.list(folder, query);
    }),
    scanning('reads everything in one go', async ({ store }, query) => {
      for (const until = performance.now() + 60; performance.now() < until; );
      return store.scan(query);
    }),
  ],
  'keeps all that many clients append at once': [
    appending('writes back what it has read before', async ({ memory }, records) => {
      const before = memory.records;
      await new Promise((resolve) => setImmediate(resolve));
      memory.records = [...before, ...records];
    }),
  ],
  'answers as the plainest store does, whatever is asked in whatever order': [
    getting('forgets every second value', (entry) => (entry && entry.version % 2 === 0 ? undefined : entry)),
    listing('loses the last name of a page', async ({ store }, folder, query) => {
      const page = await store.list(folder, query);
      return { ...page, entries: page.entries.slice(0, -1) };
    }),
    scanning('loses the third record', async ({ store }, query) => (await store.scan(query)).toSpliced(2, 1)),
  ],
};
