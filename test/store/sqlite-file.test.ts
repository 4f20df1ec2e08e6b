import { existsSync } from 'node:fs';
import { cp, mkdir, mkdtemp, readdir, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { setTimeout as wait } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { LogEntry } from '../../shared/lib/log.ts';
import { StoreUnavailableError } from '../../shared/store/errors.ts';
import { openSqliteStore } from '../../shared/store/sqlite/store.ts';
import type { Store } from '../../shared/store/store.ts';
import { bareEnvironment, run } from '../support/process/run.ts';
import { casesAt, runs } from '../support/thorough.ts';
import { SetClock } from './host.ts';
import { everything, request } from './law.ts';

const clock = new SetClock();
const terms = () => ({ version: 0, expiresAt: clock.wallTime() + 1_000_000 });

let parent: string;
let folder: string;
let file: string;
let store: Store;
let logged: LogEntry[];
let undo: (() => Promise<unknown>)[];
beforeEach(async () => {
  parent = await mkdtemp(join(tmpdir(), 'calloff-file-'));
  folder = join(parent, 'data');
  file = join(folder, 'calloff.sqlite');
  logged = [];
  undo = [];
  store = await openSqliteStore({ folder, clock, log: (entry) => logged.push(entry) });
});
afterEach(async () => {
  await store.close();
  for (const step of undo) await step();
  await rm(parent, { recursive: true });
});

/** The ids of all requests in the log of a folder, as a command finds them, which starts no thread. */
async function foundIn(where: string): Promise<string[]> {
  const other = await openSqliteStore({ folder: where, clock, hasThread: false });
  const found = await other.scan(everything);
  await other.close();
  return found.map(({ requestId }) => requestId).sort();
}

/** A store in another folder, with the record of a request in it. */
async function anotherStore(requestId: string): Promise<string> {
  const where = join(parent, `of-${requestId}`);
  const other = await openSqliteStore({ folder: where, clock, hasThread: false });
  await other.append(request(1, requestId));
  await other.close();
  return where;
}

async function refusalOf(work: Promise<unknown>): Promise<StoreUnavailableError> {
  const error = await work.catch((reason: unknown) => reason);
  if (error instanceof StoreUnavailableError) return error;
  throw new Error('it was not refused');
}

describe('where the files are not those that were opened', () => {
  const away = () => join(parent, 'away');

  const changes: readonly [string, () => Promise<unknown>, readonly string[]][] = [
    ['the folder was moved away', () => rename(folder, away()), []],
    ['the folder was removed', () => rm(folder, { recursive: true }), []],
    ['the folder was emptied', () => rm(folder, { recursive: true }).then(() => mkdir(folder)), []],
    ['the file alone was removed', () => rm(file), []],
    ['the write-ahead log was removed', () => rm(`${file}-wal`), ['before']],
    ['the index of that was removed', () => rm(`${file}-shm`), ['before']],
    ['all but the file was removed', () => rm(`${file}-wal`).then(() => rm(`${file}-shm`)), ['before']],
    [
      'another file was put in its place',
      async () => rename(join(await anotherStore('other'), 'calloff.sqlite'), file),
      ['other'],
    ],
    [
      'another folder was put in its place',
      async () => {
        const other = await anotherStore('other');
        await rename(folder, away());
        await rename(other, folder);
      },
      ['other'],
    ],
    [
      'a copy of it was put in its place',
      async () => {
        await cp(folder, away(), { recursive: true });
        await rm(folder, { recursive: true });
        await rename(away(), folder);
      },
      ['before'],
    ],
  ];
  test.each(casesAt(changes, 0, 4, 7))(
    'because %s, what is written is found where it is looked for',
    async (_what, change, expected) => {
      await store.append(request(0, 'before'));
      await change();
      await store.append(request(2, 'since'));
      expect(await foundIn(folder)).toEqual([...expected, 'since'].sort());
      await store.append(request(3, 'then'));
      expect(await foundIn(folder)).toEqual([...expected, 'since', 'then'].sort());
      expect(logged).toEqual([{ level: 'warn', event: 'store_reopened' }]);
    },
  );

  test('what was written before is left in the folder that was moved away', async () => {
    for (const id of ['a', 'b', 'c']) await store.append(request(0, id));
    await rename(folder, away());
    await store.append(request(1, 'since'));
    expect(await foundIn(away())).toEqual(['a', 'b', 'c']);
  });

  test('what is read and counted is that of the file which is there', async () => {
    await store.put('key', 'old', terms());
    await rename(folder, away());
    expect(await store.get('key')).toBeUndefined();
    expect(await store.put('key', 'new', terms())).toBeGreaterThan(0);
    expect(await store.scan(everything)).toEqual([]);
    expect((await store.get('key'))?.value).toBe('new');
  });

  test.each<[string, () => Promise<unknown>]>([
    ['a file is where the folder was', () => writeFile(folder, '')],
    ['what is there is no database', () => mkdir(folder).then(() => writeFile(file, 'x'.repeat(4_096)))],
    [
      'what is there is of a newer calloff',
      async () => {
        await rename(await anotherStore('other'), folder);
        const database = new DatabaseSync(file);
        database.exec('PRAGMA user_version = 99');
        database.close();
      },
    ],
    // A disk that was unmounted leaves an empty folder behind, of the disk below it.
    ['the disk is another one', () => symlink('/dev', folder)],
  ])('because %s, nothing is written, until the data is back', async (_what, change) => {
    await store.append(request(0, 'before'));
    await rename(folder, away());
    await change();
    for (const work of [
      () => store.append(request(1, 'since')),
      () => store.get('key'),
      () => store.put('key', 'x', terms()),
      () => store.scan(everything),
    ])
      expect(await refusalOf(work())).toMatchObject({ cause: 'store_gone' });
    expect(existsSync('/dev/calloff.sqlite')).toBe(false);
    await rm(folder, { recursive: true });
    await rename(away(), folder);
    await store.append(request(2, 'then'));
    expect(await foundIn(folder)).toEqual(['before', 'then']);
  });

  test('nothing is lost of what four processes write, whose files are taken away again and again meanwhile', async () => {
    const names = ['p1', 'p2', 'p3', 'p4'];
    const records = runs(1_000, 100);
    let isOver = false;
    const logging = Promise.all(
      names.map((name) => run('test/store/child.ts', ['log', folder, name, `${records}`], bareEnvironment())),
    ).finally(() => {
      isOver = true;
    });
    const places = [folder];
    for (let round = 0; !isOver; round += 1) {
      await wait(100);
      if (!existsSync(file)) continue;
      const place = join(parent, `away-${round}`);
      await rename(folder, place);
      places.push(place);
    }
    const ended = await logging;
    expect(ended.map(({ code, stderr }) => [code, stderr])).toEqual(names.map(() => [0, '']));
    const found = await Promise.all(places.map(foundIn));
    expect(found.filter(({ length }) => length > 0).length).toBeGreaterThan(1);
    expect(new Set(found.flat()).size).toBe(4 * records);
  });
});

test('a process ends although it has not closed its store, and leaves its last word in the file', async () => {
  expect(await run('test/store/child.ts', ['leave', folder, 'r'], bareEnvironment())).toEqual({
    code: 0,
    stdout: '',
    stderr: '',
  });
  expect(await foundIn(folder)).toEqual(['r']);
  expect(await readdir(folder)).toContain('calloff.sqlite');
});
