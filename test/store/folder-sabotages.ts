import type { FolderEntry, FolderPage, FolderQuery } from '../../shared/store/store.ts';
import { breaking, listing, type Sabotage, type Sound } from './breaking.ts';
import type { folderLaws } from './folder-laws.ts';

/** A store that changes the entries of each page. */
const changing = (how: string, change: (entries: FolderEntry[], sound: Sound) => FolderEntry[]) =>
  listing(how, async (sound, folder, query) => {
    const page = await sound.store.list(folder, query);
    return { ...page, entries: change([...page.entries], sound) };
  });

/** A store that takes other keys of the memory for those of the folder, if `belongs` says so. */
const matching = (how: string, belongs: (key: string, folder: string) => boolean) =>
  listing(how, async (sound, folder, query) => {
    const page = await sound.store.list(folder, query);
    const keys = [...sound.memory.values.keys()].filter((key) => belongs(key, folder));
    const more = keys.map((name) => ({ name, value: '', version: 1 }));
    return { ...page, entries: [...page.entries, ...more] };
  });

/** Reads a folder to its end, whatever the size of a page. */
async function whole({ store }: Sound, folder: string, query: FolderQuery): Promise<FolderPage> {
  const entries: FolderEntry[] = [];
  for (let after = query.after; ; ) {
    const page = await store.list(folder, { ...query, after, limit: 1_000 });
    entries.push(...page.entries);
    if (page.next === undefined) return { entries };
    after = page.next;
  }
}

/** For every law of listings, stores that break it. */
export const folderSabotages: {
  readonly [name in (typeof folderLaws)[number]['name']]: readonly [Sabotage, ...Sabotage[]];
} = {
  'lists the values of a folder by the bytes of their names': [
    changing('sorts as a language does', (entries) =>
      entries.sort((one, other) => one.name.localeCompare(other.name)),
    ),
    changing('sorts by UTF-16', (entries) => entries.sort((one, other) => (one.name < other.name ? -1 : 1))),
    changing('leaves the names as they came', (entries, { memory }) => {
      const keys = [...memory.values.keys()];
      return entries.sort(
        (one, other) => keys.indexOf(`folder//${one.name}`) - keys.indexOf(`folder//${other.name}`),
      );
    }),
    changing('tells another version than get', (entries) =>
      entries.map((entry) => ({ ...entry, version: entry.version + 1 })),
    ),
    listing('knows no way back', ({ store }, folder, query) =>
      store.list(folder, { ...query, backwards: false }),
    ),
    listing('takes a folder of names for its limit', async (sound, folder, query) => {
      const page = await sound.store.list(folder, query);
      return { ...page, entries: page.entries.slice(0, 10) };
    }),
  ],
  'lists nothing that is not in the folder': [
    matching(
      'takes folders below for names',
      (key, folder) => key.startsWith(`${folder}/`) && !key.startsWith(`${folder}//`),
    ),
    matching('takes a value of its own for one of its names', (key, folder) => key === folder),
    matching(
      'takes _ and % for patterns',
      (key, folder) =>
        new RegExp(`^${folder.replace('_', '.').replace('%', '.*')}//`, 'u').test(key) &&
        !key.startsWith(`${folder}//`),
    ),
    matching(
      'takes upper case for lower',
      (key, folder) =>
        key.toLowerCase().startsWith(`${folder.toLowerCase()}//`) && !key.startsWith(`${folder}//`),
    ),
    breaking('keeps a name - where it keeps the value of the folder', ({ store }) => {
      const same = (key: string) => key.replace(/\/\/-$/, '');
      return {
        get: (key) => store.get(same(key)),
        put: (key, value, terms) => store.put(same(key), value, terms),
      };
    }),
  ],
  'takes a key for one of the folder before its first //': [
    listing('splits at the last', async ({ store }, folder, query) => {
      const page = await store.list(folder, query);
      return { ...page, entries: page.entries.filter(({ name }) => !name.includes('//')) };
    }),
    listing('takes every folder', ({ store }, folder, query) =>
      store.list(folder, query).catch(() => ({ entries: [] })),
    ),
  ],
  'goes on from page to page without losing or doubling a name': [
    listing('begins each page with the last name of the one before', async (sound, folder, query) => {
      const page = await sound.store.list(folder, query);
      const { after: name } = query;
      return name === undefined
        ? page
        : { ...page, entries: [{ name, value: name, version: 1 }, ...page.entries] };
    }),
    listing('forgets the place', ({ store }, folder, { limit, backwards }) =>
      store.list(folder, { limit, backwards }),
    ),
    listing('stops after a page', async ({ store }, folder, query) => ({
      entries: (await store.list(folder, query)).entries,
    })),
    listing('gives more than was asked for', ({ store }, folder, query) =>
      store.list(folder, { ...query, limit: Math.min(query.limit, 1_000) + 1 }),
    ),
    listing('goes on forwards only', ({ store }, folder, query) =>
      store.list(folder, { ...query, backwards: query.after === undefined && query.backwards === true }),
    ),
  ],
  'goes on after a name that is not there': [
    listing('looks for the name itself', async (sound, folder, query) => {
      const { after } = query;
      const isThere = after === undefined || sound.memory.values.has(`${folder}//${after}`);
      return isThere ? sound.store.list(folder, query) : { entries: [] };
    }),
    listing('gives the name itself too', async (sound, folder, query) => {
      const page = await sound.store.list(folder, query);
      const { after: name = '' } = query;
      const isThere = sound.memory.values.has(`${folder}//${name}`);
      return { ...page, entries: [...(isThere ? [{ name, value: name, version: 1 }] : []), ...page.entries] };
    }),
  ],
  'leaves what has expired out of a listing, to the millisecond': [
    listing('forgets that values expire', async ({ memory }, folder) => {
      const entries = [...memory.values].map(([key, { value, version }]) => ({
        name: key.slice(folder.length + 2),
        value,
        version,
      }));
      return { entries };
    }),
    listing('counts in seconds', async ({ memory, clock }, folder) => {
      const now = Math.floor(clock.wallTime() / 1_000) + 1;
      const live = [...memory.values].filter(([, { expiresAt }]) => Math.floor(expiresAt / 1_000) > now);
      const names = live.map(([key, { value, version }]) => ({
        name: key.slice(folder.length + 2),
        value,
        version,
      }));
      return { entries: names };
    }),
    listing('ends at a page of expired ones', async (sound, folder, query) => {
      const page = await sound.store.list(folder, query);
      const [first] = sound.memory.values.values();
      return first !== undefined && first.expiresAt <= sound.clock.wallTime() ? { entries: [] } : page;
    }),
  ],
  'lists at once what another client has put': [
    breaking('lists what it has listed before', ({ store }) => {
      const listed = new Map<string, Promise<FolderPage>>();
      return {
        list: (folder, query) => {
          const known = listed.get(folder) ?? store.list(folder, query);
          listed.set(folder, known);
          return known;
        },
      };
    }),
    breaking('lists what was there a write ago', ({ store, memory }) => {
      let before = new Map(memory.values);
      return {
        put: (key, value, terms) => {
          before = new Map(memory.values);
          return store.put(key, value, terms);
        },
        list: async (folder, query) => {
          const page = await store.list(folder, query);
          return {
            ...page,
            entries: page.entries.filter(
              ({ name, version }) => before.get(`${folder}//${name}`)?.version === version,
            ),
          };
        },
      };
    }),
  ],
  'lists each value that is there the whole time once, while others come and go': [
    breaking('goes on by a count', (sound) => {
      let read = 0;
      return {
        list: async (folder, { limit, after }) => {
          if (after === undefined) read = 0;
          const { entries } = await whole(sound, folder, { limit });
          const page = entries.slice(read, read + limit);
          read += limit;
          const last = page.at(-1);
          return last === undefined ? { entries: page } : { entries: page, next: last.name };
        },
      };
    }),
  ],
  'ends a page before it grows large': [listing('reads all in one page', whole)],
  'refuses a folder, a name and a limit that no store takes': [
    breaking('takes every key', ({ store }) => ({
      get: (key) => store.get(key.replace(/^\/\/|\/\/$/g, '') || 'key'),
    })),
    listing('takes every place', ({ store }, folder, { after, ...query }) =>
      store.list(folder, after === '' ? query : { ...query, after }),
    ),
    listing('takes every limit', ({ store }, folder, query) =>
      store.list(folder, { ...query, limit: Math.max(1, Math.floor(query.limit) || 1) }),
    ),
  ],
};
