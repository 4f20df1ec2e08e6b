import { mkdir, mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { folderUnavailable, StoreUnavailableError } from '../../shared/store/errors.ts';
import { withoutSqliteWarning } from '../../shared/store/sqlite/host.ts';
import { openSqliteStore } from '../../shared/store/sqlite/store.ts';
import type { Store } from '../../shared/store/store.ts';
import { bareEnvironment, finish, outputOf, run, start } from '../support/process/run.ts';
import { runs } from '../support/thorough.ts';
import { SetClock } from './host.ts';
import { everything, request } from './law.ts';

let parent: string;
let folder: string;
let file: string;
const clock = new SetClock();
const open = () => openSqliteStore({ folder, clock });
const child = (...args: readonly string[]) => run('test/store/child.ts', args, bareEnvironment());

beforeEach(async () => {
  parent = await mkdtemp(join(tmpdir(), 'calloff-sqlite-'));
  folder = join(parent, 'a/b');
  file = join(folder, 'calloff.sqlite');
});
afterEach(() => rm(parent, { recursive: true }));

/** Opens a store, works with it, and closes it. Without a thread: the laws hold that one answers alike. */
async function using<Result>(work: (store: Store) => Promise<Result>, hasThread = false): Promise<Result> {
  const store = await openSqliteStore({ folder, clock, hasThread });
  try {
    return await work(store);
  } finally {
    await store.close();
  }
}

/** Works on the file past the store. */
function past<Result>(work: (database: DatabaseSync) => Result): Result {
  const database = new DatabaseSync(file);
  try {
    return work(database);
  } finally {
    database.close();
  }
}

/** What opening is refused with. */
async function refusal(): Promise<StoreUnavailableError> {
  const error = await open().catch((reason: unknown) => reason);
  if (error instanceof StoreUnavailableError) return error;
  throw new Error('it was not refused');
}

/** How often each counts, and how many are killed. */
const steps = runs(1_000, 60);
const kills = runs(50, 2);

describe('several processes on one file', () => {
  test('four that start at once lose no count and no record', async () => {
    const names = ['p1', 'p2', 'p3', 'p4'];
    const ended = await Promise.all(names.map((name) => child('count', folder, name, `${steps}`)));
    expect(ended).toEqual(names.map(() => ({ code: 0, stdout: '', stderr: '' })));
    const [count, log] = await using(async (store) => [
      await store.get('count'),
      await store.scan(everything),
    ]);
    expect(count?.value).toBe(`${4 * steps}`);
    expect(log).toHaveLength(4 * steps);
  });

  test('one that comes while another makes the file waits for it', async () => {
    await mkdir(folder, { recursive: true });
    const other = start('test/store/holder.ts', [file, '300'], bareEnvironment());
    const ended = finish(other);
    await outputOf(other, /locked/);
    await using((store) => store.append(request(0, 'r')), true);
    expect((await ended).code).toBe(0);
  });

  test(`what one has appended outlives its being killed the moment after, ${kills} times`, async () => {
    const names = Array.from({ length: kills }, (_, index) => `r${index}`);
    for (let index = 0; index < names.length; index += 2) {
      const ended = await Promise.all(
        names.slice(index, index + 2).map((name) => child('die', folder, name)),
      );
      expect(ended.map(({ code, stderr }) => [code, stderr])).toEqual(ended.map(() => [null, '']));
    }
    const log = await using((store) => store.scan(everything));
    expect(log.map(({ requestId }) => requestId).sort()).toEqual(names.toSorted());
  }, 60_000);
});

describe('the file', () => {
  test('is made with its folders, for its owner alone', async () => {
    await using(async (store) => {
      await store.append(request(0, 'r'));
      expect(await readdir(folder)).toEqual(['calloff.sqlite', 'calloff.sqlite-shm', 'calloff.sqlite-wal']);
      for (const name of await readdir(folder))
        expect((await stat(join(folder, name))).mode & 0o777).toBe(0o600);
      for (const made of [folder, join(parent, 'a')]) expect((await stat(made)).mode & 0o777).toBe(0o700);
    }, true);
  });

  test('keeps what was put and appended until it is opened again', async () => {
    await using(async (store) => {
      await store.put('key', 'value', { version: 0, expiresAt: clock.wallTime() + 1_000 });
      await store.append(request(0, 'r'));
    }, true);
    await using(async (store) => {
      expect((await store.get('key'))?.value).toBe('value');
      expect(await store.scan(everything)).toEqual(request(0, 'r'));
    });
  });

  test.each([
    ["UPDATE log SET body = ''", 'never changed'],
    ["UPDATE log SET at = 1 WHERE part = 'a'", 'never changed'],
    ['DELETE FROM log', 'never deleted'],
  ])('refuses %s even to those who open it themselves', async (statement, reason) => {
    await using((store) => store.append(request(0, 'r')));
    expect(() => past((database) => database.exec(statement))).toThrow(reason);
    expect(await using((store) => store.scan(everything))).toEqual(request(0, 'r'));
  });

  test('holds expired values no longer than a minute, while values are put', async () => {
    const count = () =>
      past((database) => Object.values(database.prepare('SELECT count(*) FROM entry').get() ?? {})[0]);
    await using(async (store) => {
      const put = (key: string) => store.put(key, 'x', { version: 0, expiresAt: clock.wallTime() + 1_000 });
      for (const key of ['a', 'b', 'c']) await put(key);
      clock.forward(59_999);
      await put('d');
      expect(count()).toBe(4);
      clock.forward(1);
      await put('e');
      expect(count()).toBe(2);
    });
  });

  test('takes all records of one call or none', async () => {
    await using(async (store) => {
      await store.append(request(0, 'r', ['b']));
      const [a, , c] = request(0, 'r', ['a', 'b', 'c']);
      const records = [a, { at: 0, requestId: 'r', part: 'b', body: 'other' }, c].filter(
        (one) => one !== undefined,
      );
      await expect(store.append(records)).rejects.toThrow('never changed');
      expect(await store.scan(everything)).toEqual(request(0, 'r', ['b']));
      await store.append(request(0, 'r', ['a']));
    }, true);
  });
});

describe('opening', () => {
  test('refuses the data of a newer calloff, says so, and leaves it alone', async () => {
    await using((store) => store.append(request(0, 'r')));
    past((database) => database.exec('PRAGMA user_version = 99'));
    expect((await refusal()).message).toMatch(
      /newer version of calloff \(data version 99; .* knows up to \d+\)\. Update calloff, or run "calloff restore"/,
    );
    expect(past((database) => database.prepare('PRAGMA user_version').get())).toEqual({ user_version: 99 });
  });

  test.each([
    [
      'a file where the folder should be',
      'Set CALLOFF_DATA_DIR to a folder that you may write to.',
      () => writeFile(join(parent, 'a'), ''),
    ],
    [
      'a file that is no database',
      'run "calloff restore" with a copy of the store and --force.',
      () => using(async () => undefined).then(() => writeFile(file, 'x'.repeat(4_096))),
    ],
  ])('refuses %s, and says what to do', async (_what, step, prepare) => {
    await prepare();
    expect((await refusal()).message).toContain(`calloff cannot keep its data in ${folder}: `);
    expect((await refusal()).message).toContain(step);
  });

  test.each([
    ['EACCES', 'calloff may not write to it. Set'],
    ['SQLITE_FULL', 'the disk is full. Free'],
    ['EIO', 'the system says EIO. Set'],
  ])('puts %s into words', (reason, words) => {
    expect(folderUnavailable('/data', reason).message).toContain(`in /data: ${words}`);
  });

  test('can be done twice in one process, and closing too', async () => {
    const stores = [await open(), await open()];
    for (const store of stores) await store.append(request(0, 'r'));
    for (const store of [...stores, ...stores]) await store.close();
    await expect(stores[0]?.get('key')).rejects.toThrow();
  });
});

test.each([
  ['SQLITE_BUSY', 'store_locked'],
  ['SQLITE_FULL', 'store_full'],
  ['ENOSPC', 'store_full'],
  ['EDQUOT', 'store_full'],
  ['ESTALE', 'store_gone'],
  ['SQLITE_READONLY', undefined],
  ['EACCES', undefined],
])('what the system or SQLite calls %s is the cause %s', (reason, cause) => {
  expect(folderUnavailable('/data', reason)).toMatchObject({ reason, cause });
});

test('the warning that SQLite is experimental is kept back, and no other', async () => {
  const warnings: string[] = [];
  const note = ({ message }: Error) => void warnings.push(message);
  process.on('warning', note);
  const result = withoutSqliteWarning(() => {
    process.emitWarning(
      'SQLite is an experimental feature and might change at any time',
      'ExperimentalWarning',
    );
    process.emitWarning('Another thing is experimental', 'ExperimentalWarning');
    process.emitWarning('SQLite is about something else');
    return 'loaded';
  });
  process.emitWarning('SQLite is an experimental feature', 'ExperimentalWarning');
  await new Promise((resolve) => setImmediate(resolve));
  process.off('warning', note);
  expect(result).toBe('loaded');
  expect(warnings).toEqual([
    'Another thing is experimental',
    'SQLite is about something else',
    'SQLite is an experimental feature',
  ]);
});

test('a store without a thread leaves signals and timers a turn between questions', async () => {
  const store = await openSqliteStore({ folder, clock, hasThread: false });
  let turns = 0;
  setImmediate(() => {
    turns += 1;
  });
  await store.get('key');
  await store.get('key');
  expect(turns).toBe(1);
  await store.close();
});
