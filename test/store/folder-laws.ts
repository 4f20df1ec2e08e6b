import type { Store } from '../../shared/store/store.ts';
import { law, namesIn, pagesOf, wholeFolder } from './law.ts';
import { compareBytes } from './memory-store.ts';

/** Names that languages, cases, patterns and UTF-16 sort or match in another way than their bytes. */
const oddNames = [
  'b',
  'B',
  'a',
  'ä',
  'a\u0308',
  'z',
  '10',
  '9',
  '-',
  '#',
  '%',
  '_',
  '*',
  ' ',
  '~',
  '/',
  '0',
  '/b',
  'b/',
  'a//b',
  'a///',
  '\u0001',
  '\u007f',
  '\uffff',
  '\u{10ffff}',
  '😀',
  "'",
  '"',
  '\\',
  'n'.repeat(990),
];
const sorted = (names: readonly string[]) => names.toSorted(compareBytes);
const numbered = (count: number) =>
  Array.from({ length: count }, (_, index) => `n${String(index).padStart(4, '0')}`);

/** What holds for listings. */
export const folderLaws = [
  law('lists the values of a folder by the bytes of their names', async (findings, store, { clock }) => {
    findings.same('at first', await store.list('folder', { limit: 10 }), { entries: [] });
    await putNames(store, 'folder', oddNames, clock.wallTime() + 1_000);
    for (const backwards of [false, true]) {
      const found = await wholeFolder(store, 'folder', { limit: 1_000, backwards });
      const expected = backwards ? sorted(oddNames).reverse() : sorted(oddNames);
      findings.same(`names, backwards ${backwards}`, namesIn(found), expected);
      for (const { name, ...entry } of found) findings.same(name, entry, await store.get(`folder//${name}`));
    }
  }),

  law('lists nothing that is not in the folder', async (findings, store, { clock }) => {
    const folders = 'a A a% a_ ab b ä a/0 a/b a/- a0 value#a % _ \uffff'.split(' ');
    folders.push('f'.repeat(900));
    const alone = ['a', 'a/', 'a/0', 'a-', 'a#-', 'a/x', 'b', 'value#a', '-'];
    for (const key of alone)
      await store.put(key, `alone ${key}`, { version: 0, expiresAt: clock.wallTime() + 1_000 });
    for (const folder of folders)
      await putNames(store, folder, [`of ${folder.slice(0, 9)}`, '-'], clock.wallTime() + 1_000);
    for (const folder of folders) {
      const expected = sorted([`of ${folder.slice(0, 9)}`, '-']);
      const found = await wholeFolder(store, folder, { limit: 10 });
      const pairs = found.map(({ name, value }) => `${name} = ${value}`);
      findings.same(
        folder,
        pairs,
        expected.map((name) => `${name} = ${name}`),
      );
      const back = await wholeFolder(store, folder, { limit: 10, backwards: true });
      findings.same(`${folder} backwards`, namesIn(back), expected.toReversed());
    }
    for (const key of alone) findings.same(key, (await store.get(key))?.value, `alone ${key}`);
  }),

  law('takes a key for one of the folder before its first //', async (findings, store, { clock }) => {
    await putNames(store, 'a', ['b//c', '/d', 'e/', '//'], clock.wallTime() + 1_000);
    findings.same('a', namesIn(await wholeFolder(store, 'a', { limit: 10 })), ['//', '/d', 'b//c', 'e/']);
    findings.same('what is put under its whole key', (await store.get('a//b//c'))?.value, 'b//c');
    for (const folder of ['a//b', 'a/', '/', '/a/', '//'])
      await findings.rejects(folder, 'RangeError', store.list(folder, { limit: 10 }));
    findings.same('/a', namesIn(await wholeFolder(store, '/a', { limit: 10 })), []);
  }),

  law('goes on from page to page without losing or doubling a name', async (findings, store, { clock }) => {
    const names = numbered(9);
    await putNames(store, 'folder', names, clock.wallTime() + 1_000);
    await putNames(store, 'folder', oddNames, clock.wallTime() + 1_000);
    const all = sorted([...names, ...oddNames]);
    for (const limit of [1, 7, all.length - 1, all.length, all.length + 1, Number.MAX_SAFE_INTEGER])
      for (const backwards of [false, true]) {
        const pages = await pagesOf(store, 'folder', { limit, backwards });
        const what = `${limit} a page, backwards ${backwards}`;
        findings.same(
          what,
          namesIn(pages.flatMap(({ entries }) => entries)),
          backwards ? all.toReversed() : all,
        );
        findings.same(
          `${what}, the largest`,
          pages.every(({ entries }) => entries.length <= limit),
          true,
        );
      }
  }),

  law('goes on after a name that is not there', async (findings, store, { clock }) => {
    await putNames(store, 'folder', ['b', 'd', 'f'], clock.wallTime() + 1_000);
    const listed = async (after: string, backwards: boolean) =>
      namesIn(await wholeFolder(store, 'folder', { limit: 2, after, backwards })).join('');
    const places = ['a', 'b', 'c', 'f', 'g', '\u0001', '\u{10ffff}', '/', '0'];
    const forwards = await Promise.all(places.map((place) => listed(place, false)));
    findings.same('forwards', forwards, ['bdf', 'df', 'df', '', '', 'bdf', '', 'bdf', 'bdf']);
    const backwards = await Promise.all(places.map((place) => listed(place, true)));
    findings.same('backwards', backwards, ['', '', 'b', 'db', 'fdb', '', 'fdb', '', '']);
  }),

  law('leaves what has expired out of a listing, to the millisecond', async (findings, store, { clock }) => {
    const now = clock.wallTime();
    const names = numbered(30);
    await putNames(store, 'folder', names.slice(0, 20), now + 1_000);
    await putNames(store, 'folder', names.slice(20), now + 2_000);
    await putNames(store, 'folder', ['gone'], now);
    const listed = (backwards: boolean) => wholeFolder(store, 'folder', { limit: 3, backwards });
    clock.forward(999);
    findings.same('a moment before', namesIn(await listed(false)), names);
    clock.forward(1);
    findings.same('at the time', namesIn(await listed(false)), names.slice(20));
    findings.same('backwards', namesIn(await listed(true)), names.slice(20).reverse());
    await putNames(store, 'folder', names.slice(5, 6), now + 2_000);
    findings.same('put again', namesIn(await listed(false)), [...names.slice(5, 6), ...names.slice(20)]);
    clock.forward(1_000);
    findings.same('in the end', await listed(false), []);
  }),

  law('lists at once what another client has put', async (findings, store, { clock, open }) => {
    const other = await open();
    const names: string[] = [];
    for (let round = 0; round < 10; round += 1) {
      const [writer, reader] = round % 2 === 0 ? [store, other] : [other, store];
      await putNames(writer, 'folder', [`n${round}`], clock.wallTime() + 1_000);
      names.push(`n${round}`);
      const { version = 0 } = (await writer.get('folder//n0')) ?? {};
      const next = await writer.put('folder//n0', `${round}`, {
        version,
        expiresAt: clock.wallTime() + 1_000,
      });
      const found = await wholeFolder(reader, 'folder', { limit: 100 });
      findings.same(`round ${round}`, namesIn(found), names);
      findings.same(`the value of round ${round}`, found[0], {
        name: 'n0',
        value: `${round}`,
        version: next,
      });
    }
    await other.close();
  }),

  law(
    'lists each value that is there the whole time once, while others come and go',
    async (findings, store, { clock, open }) => {
      const other = await open();
      const expiresAt = clock.wallTime() + 1_000;
      const steady = numbered(20);
      await putNames(store, 'folder', steady, expiresAt);
      await putNames(
        store,
        'folder',
        steady.map((name) => `${name}-`),
        expiresAt,
      );
      const comeAndGo = async () => {
        for (const name of steady) {
          await putNames(other, 'folder', [`${name}+`], expiresAt);
          const { version = 0 } = (await other.get(`folder//${name}-`)) ?? {};
          await other.put(`folder//${name}-`, 'gone', { version, expiresAt: clock.wallTime() });
        }
      };
      const [found] = await Promise.all([wholeFolder(store, 'folder', { limit: 3 }), comeAndGo()]);
      const names = namesIn(found);
      findings.same(
        'those that stay',
        names.filter((name) => !/[+-]$/.test(name)),
        steady,
      );
      findings.same('the order', names, sorted([...new Set(names)]));
      const after = namesIn(await wholeFolder(other, 'folder', { limit: 100 }));
      findings.same('all in the end', after, sorted(steady.flatMap((name) => [name, `${name}+`])));
      await other.close();
    },
  ),

  law('ends a page before it grows large', async (findings, store, { clock }) => {
    const names = numbered(6);
    const value = 'x'.repeat(300_000);
    for (const name of names)
      await store.put(`folder//${name}`, value, { version: 0, expiresAt: clock.wallTime() + 1_000 });
    for (const backwards of [false, true]) {
      const pages = await pagesOf(store, 'folder', { limit: 100, backwards });
      const found = namesIn(pages.flatMap(({ entries }) => entries));
      findings.same('names', found, backwards ? names.toReversed() : names);
      for (const { entries } of pages)
        findings.same(`${entries.length} in a page`, entries.length <= 4, true);
    }
  }),

  law('refuses a folder, a name and a limit that no store takes', async (findings, store, { clock }) => {
    const put = (key: string) => store.put(key, 'x', { version: 0, expiresAt: clock.wallTime() + 1_000 });
    for (const key of ['folder//', '//name', '//', '///', `${'k'.repeat(998)}//n`]) {
      await findings.rejects(`a put of ${key.slice(-9)}`, 'RangeError', put(key));
      await findings.rejects(`a get of ${key.slice(-9)}`, 'RangeError', store.get(key));
    }
    for (const folder of ['', '\0', '\ud83d', 'f'.repeat(998)])
      await findings.rejects(`folder ${folder.slice(-9)}`, 'RangeError', store.list(folder, { limit: 1 }));
    for (const after of ['', '\0', '\ud83d', 'n'.repeat(993)])
      await findings.rejects(
        `after ${after.slice(-9)}`,
        'RangeError',
        store.list('folder', { limit: 1, after }),
      );
    for (const limit of [0, -1, 0.5, Number.NaN, Number.POSITIVE_INFINITY])
      await findings.rejects(`limit ${limit}`, 'RangeError', store.list('folder', { limit }));
    findings.same('the folder', await store.list('folder', { limit: 10 }), { entries: [] });
  }),
] as const;

/** Puts a value under each name that is the name itself, unless there is one. */
async function putNames(
  store: Store,
  folder: string,
  names: readonly string[],
  expiresAt: number,
): Promise<void> {
  await Promise.all(names.map((name) => store.put(`${folder}//${name}`, name, { version: 0, expiresAt })));
}
