import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { prepareStatements } from '../../shared/store/sqlite/statements.ts';
import { openSqliteStore } from '../../shared/store/sqlite/store.ts';
import type { Store } from '../../shared/store/store.ts';
import { SetClock } from './host.ts';
import { everything, namesIn, pagesOf, request, wholeFolder } from './law.ts';

let folder: string;
let clock: SetClock;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'calloff-schema-'));
  clock = new SetClock();
});
afterEach(() => rm(folder, { recursive: true }));

/** Opens the store without a thread, works with it, and closes it. */
async function using<Result>(work: (store: Store) => Promise<Result>): Promise<Result> {
  const store = await openSqliteStore({ folder, clock, hasThread: false });
  try {
    return await work(store);
  } finally {
    await store.close();
  }
}

/** Works on the file past the store. */
function past<Result>(work: (database: DatabaseSync) => Result): Result {
  const database = new DatabaseSync(join(folder, 'calloff.sqlite'));
  try {
    return work(database);
  } finally {
    database.close();
  }
}

/** What version 1 did to an empty file: a copy, which stays as it is when the schema changes. */
const versionOne = `
  PRAGMA journal_mode = WAL;
  CREATE TABLE entry (
    key TEXT PRIMARY KEY, value TEXT NOT NULL, version INTEGER NOT NULL, expires_at INTEGER NOT NULL
  ) STRICT;
  CREATE INDEX entry_expiry ON entry (expires_at);
  CREATE TABLE log (
    at INTEGER NOT NULL, request_id TEXT NOT NULL, part TEXT NOT NULL, body TEXT NOT NULL
  ) STRICT;
  CREATE UNIQUE INDEX log_order ON log (at DESC, request_id DESC, part);
  CREATE TRIGGER log_is_not_changed BEFORE UPDATE ON log
    BEGIN SELECT RAISE(ABORT, 'records of the log are never changed'); END;
  CREATE TRIGGER log_is_not_deleted BEFORE DELETE ON log
    BEGIN SELECT RAISE(ABORT, 'records of the log are never deleted'); END;
  PRAGMA user_version = 1;
  INSERT INTO log VALUES (2, 'later', '0:a', '{"id":2}'), (1, 'first', '0:a', '{"id":1}'), (1, 'first', '1:a', 'ü');`;

/** The log that it wrote. */
const log = [
  { at: 2, requestId: 'later', part: '0:a', body: '{"id":2}' },
  { at: 1, requestId: 'first', part: '0:a', body: '{"id":1}' },
  { at: 1, requestId: 'first', part: '1:a', body: 'ü' },
];

function makeVersionOne(): void {
  past((database) => {
    database.exec(versionOne);
    const put = database.prepare('INSERT INTO entry VALUES (?, ?, ?, ?)');
    put.run('allowance/ci/minute', '{"used":3}', 281_474_976_710_000, clock.wallTime() + 1_000);
    put.run('confirmation/abcdefghij', 'expired', 7, clock.wallTime());
  });
}

test('a store of version 1 opens with its counts and its audit, and learns what is new', async () => {
  makeVersionOne();
  await using(async (store) => {
    expect(await store.scan(everything)).toEqual(log);
    const kept = { value: '{"used":3}', version: 281_474_976_710_000 };
    expect(await store.get('allowance/ci/minute')).toEqual(kept);
    expect(await store.get('confirmation/abcdefghij')).toBe(undefined);
    const terms = { version: kept.version, expiresAt: clock.wallTime() + 1_000 };
    expect(await store.put('allowance/ci/minute', '{"used":4}', terms)).toBeGreaterThan(0);
    await store.put('operations//one', '{}', { ...terms, version: 0 });
    expect(namesIn(await wholeFolder(store, 'operations', { limit: 10 }))).toEqual(['one']);
    await store.append(request(3, 'new'));
  });
  expect(past((database) => database.prepare('PRAGMA user_version').get())).toEqual({ user_version: 2 });
  expect(await using((store) => store.scan(everything))).toEqual([...request(3, 'new'), ...log]);
});

test.each(["UPDATE log SET body = ''", 'DELETE FROM log'])(
  'a store of version 1 refuses %s after its migration too',
  async (statement) => {
    makeVersionOne();
    await using((store) => store.append(request(3, 'new')));
    expect(() => past((database) => database.exec(statement))).toThrow('records of the log are never');
  },
);

test('a store of version 1 is migrated once if several open it at the same time', async () => {
  makeVersionOne();
  const stores = await Promise.all([1, 2, 3].map(() => openSqliteStore({ folder, clock })));
  for (const store of stores) expect(await store.scan(everything)).toEqual(log);
  for (const store of stores) await store.close();
});

test('a listing reads the keys of its folder, in their order, and no others', async () => {
  await using(async () => undefined);
  const plans = past((database) => {
    const { list, listBackwards } = prepareStatements(database);
    return [list, listBackwards].map(({ sourceSQL }) =>
      database.prepare(`EXPLAIN QUERY PLAN ${sourceSQL}`).all(0, 'a', 'b'),
    );
  });
  const search = 'SEARCH entry USING INDEX sqlite_autoindex_entry_1 (key>? AND key<?)';
  expect(plans.map((steps) => steps.map(({ detail }) => detail))).toEqual([[search], [search]]);
});

test('a listing does not walk over thousands of expired values at once', async () => {
  await using(async (store) => {
    const put = (name: string, lifeMs: number) =>
      store.put(`folder//${name}`, 'x', { version: 0, expiresAt: clock.wallTime() + lifeMs });
    const names = Array.from({ length: 2_500 }, (_, index) => String(index).padStart(4, '0'));
    await Promise.all([...names.map((name) => put(name, 1)), put('live', 1_000)]);
    clock.forward(1);
    const pages = await pagesOf(store, 'folder', { limit: 10 });
    expect(pages.map(({ entries, next }) => [namesIn(entries), next])).toEqual([
      [[], '0999'],
      [[], '1999'],
      [['live'], undefined],
    ]);
  });
});
