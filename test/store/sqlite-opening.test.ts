import { readFileSync, renameSync, rmSync, statSync } from 'node:fs';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { normalizeQuery } from '../../shared/store/limits.ts';
import { SqliteDatabase } from '../../shared/store/sqlite/database.ts';
import { type SqliteHost, systemHost } from '../../shared/store/sqlite/host.ts';
import { makeFile } from '../../shared/store/sqlite/make-file.ts';
import { everything, request } from './law.ts';

/** What happens before a new file is linked, just after SQLite has opened it, and before a statement is prepared. */
const hooks = { links: () => {}, opened: () => {}, prepares: (_sql: string) => {} };

class HookedDatabase extends DatabaseSync {
  override prepare(sql: string) {
    hooks.prepares(sql);
    return super.prepare(sql);
  }
}

const host: SqliteHost = {
  openAt(path) {
    const database = new HookedDatabase(path);
    hooks.opened();
    return database;
  },
  link(from, to) {
    hooks.links();
    systemHost.link(from, to);
  },
};

let parent: string;
let folder: string;
let file: string;
let databases: SqliteDatabase[];
beforeEach(async () => {
  parent = await mkdtemp(join(tmpdir(), 'calloff-opening-'));
  folder = join(parent, 'data');
  file = join(folder, 'calloff.sqlite');
  databases = [];
  Object.assign(hooks, { opened: () => {}, prepares: () => {}, links: () => {} });
});
afterEach(async () => {
  hooks.opened = () => {};
  hooks.prepares = () => {};
  for (const database of databases) database.answer({ kind: 'close' });
  await rm(parent, { recursive: true });
});

function databaseAt(where: string): SqliteDatabase {
  const database = new SqliteDatabase(where, { lockMs: 5, checkpoints: true, host });
  databases.push(database);
  return database;
}

function append(database: SqliteDatabase, id: string) {
  return database.answer({ kind: 'write', writes: [{ kind: 'append', records: request(0, id) }] });
}

function foundIn(where: string): (string | undefined)[] {
  const query = normalizeQuery(everything);
  if (query === undefined) throw new Error('no query');
  const { records = [] } = databaseAt(where).answer({ kind: 'scan', query });
  return records.map(({ requestId }) => requestId).sort();
}

/** Makes every link fail. */
function failLinksWith(code: string): void {
  hooks.links = () => {
    throw Object.assign(new Error('no link'), { code, syscall: 'link' });
  };
}

/** Does `work` the next time that SQLite has opened a file. */
function onceOpened(work: () => void): void {
  hooks.opened = () => {
    hooks.opened = () => {};
    work();
  };
}

function moveAway(): void {
  renameSync(folder, join(parent, `away-${crypto.randomUUID()}`));
}

/** What a call throws. */
function refusalOf(work: () => unknown): unknown {
  try {
    work();
  } catch (error) {
    return error;
  }
  throw new Error('it was not refused');
}

const keepsMoving = {
  reason: 'keeps_moving',
  message: expect.stringContaining('is replaced again and again while calloff writes to it'),
};

test('a folder that takes the place of the first one before it is read keeps its log', () => {
  const other = databaseAt(folder);
  const log = () => statSync(`${file}-wal`, { bigint: true }).ino;
  let itsLog: bigint | undefined;
  onceOpened(() => {
    moveAway();
    append(other, 'other');
    itsLog = log();
  });
  const late = databaseAt(folder);
  append(late, 'late');
  expect(log()).toBe(itsLog);
  append(other, 'more');
  expect(foundIn(folder)).toEqual(['late', 'more', 'other']);
});

test.each([[undefined], ['EPERM'], ['ENOTSUP']])(
  'SQLite opens a whole first page that only its owner may read, if the fault of the link is %s',
  async (fault) => {
    if (fault !== undefined) failLinksWith(fault);
    const seen: number[][] = [];
    onceOpened(() => {
      const { size, mode } = statSync(file);
      seen.push([size, mode & 0o777]);
    });
    append(databaseAt(folder), 'a');
    expect(seen).toEqual([[4_096, 0o600]]);
    expect(await readdir(folder)).toEqual(['calloff.sqlite', 'calloff.sqlite-shm', 'calloff.sqlite-wal']);
  },
);

test('a fault of the disk while the file is made is told, and leaves nothing behind', async () => {
  failLinksWith('ENOSPC');
  expect(refusalOf(() => append(databaseAt(folder), 'a'))).toMatchObject({
    cause: 'store_full',
    message: expect.stringContaining('the disk is full'),
  });
  expect(await readdir(folder)).toEqual([]);
});

test('a file that another process makes first is used', () => {
  hooks.links = () => {
    hooks.links = () => {};
    append(databaseAt(folder), 'first');
  };
  append(databaseAt(folder), 'second');
  expect(foundIn(folder)).toEqual(['first', 'second']);
});

test('the first page is the one that SQLite makes, but for its version', () => {
  makeFile(folder, file);
  const itsOwn = join(parent, 'own.sqlite');
  const database = new DatabaseSync(itsOwn);
  database.exec('PRAGMA journal_mode = WAL');
  database.close();
  const [made, own] = [file, itsOwn].map((path) => readFileSync(path).fill(0, 96, 100));
  expect(made?.equals(own ?? Buffer.of())).toBe(true);
});

test.each<[string, () => void]>([
  ['moved', moveAway],
  ['removed', () => rmSync(folder, { recursive: true })],
])('a folder that is %s at every opening is told as that', (_what, change) => {
  hooks.opened = change;
  expect(refusalOf(() => append(databaseAt(folder), 'a'))).toMatchObject(keepsMoving);
});

test('a folder that is moved at every write is told as that, and not as a fault of the disk', () => {
  hooks.prepares = (sql) => {
    if (!sql.startsWith('INSERT')) return;
    moveAway();
    throw Object.assign(new Error('disk I/O error'), { errcode: 10 });
  };
  expect(refusalOf(() => append(databaseAt(folder), 'a'))).toMatchObject(keepsMoving);
});

test('a fault of the disk at every opening is told as that', () => {
  hooks.prepares = (sql) => {
    if (sql.startsWith('PRAGMA')) throw Object.assign(new Error('disk I/O error'), { errcode: 10 });
  };
  expect(refusalOf(() => append(databaseAt(folder), 'a'))).toMatchObject({ reason: 'SQLITE_IOERR' });
});
