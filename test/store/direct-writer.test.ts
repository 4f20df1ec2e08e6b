import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { SqliteDatabase } from '../../shared/store/sqlite/database.ts';
import { DirectWriter } from '../../shared/store/sqlite/direct-writer.ts';
import { loadSqlite } from '../../shared/store/sqlite/host.ts';
import type { Write } from '../../shared/store/sqlite/protocol.ts';

let folder: string;
let thread: SqliteDatabase;
/** What a look at the clock adds to it, in milliseconds: so long every write seems to take. */
let tookMs: number;
let nowMs: number;
let direct: DirectWriter;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'calloff-direct-'));
  thread = new SqliteDatabase(folder);
  thread.answer({ kind: 'open' });
  tookMs = 0;
  nowMs = 1_000_000;
  direct = new DirectWriter(folder, {
    now() {
      nowMs += tookMs;
      return nowMs;
    },
  });
  // The first write opens the file, and may take its time.
  expect(put()).toBe(true);
});
afterEach(async () => {
  direct.close();
  thread.answer({ kind: 'close' });
  await rm(folder, { recursive: true });
});

let count = 0;
/** Whether the direct writer has put a value of so many characters. */
function put(length = 10): boolean {
  count += 1;
  const now = Date.now();
  const terms = { version: 0, expiresAt: now + 60_000, next: count, now };
  const write: Write = { kind: 'put', key: `key-${count}`, value: 'x'.repeat(length), terms };
  return direct.write([write]) !== undefined;
}

test('leaves what is large to the thread', () => {
  expect([put(20_000), put(20_001), put(20_000)]).toEqual([true, false, true]);
});

test('leaves every 64th write to the thread, so that the log is emptied', () => {
  // The first one came before.
  const written = Array.from({ length: 127 }, () => put());
  expect(written.flatMap((wasDirect, index) => (wasDirect ? [] : [index + 2]))).toEqual([64, 128]);
});

/** Whether a write is direct so long after the last one, in milliseconds. */
function putAfter(ms: number): boolean {
  nowMs += ms;
  return put();
}

test('leaves everything to the thread for a second once a write was slow', () => {
  tookMs = 6;
  expect(put()).toBe(true);
  tookMs = 0;
  expect([put(), putAfter(980), putAfter(20)]).toEqual([false, false, true]);
});

test('rests twice as long each time the next write is slow, too, for a minute at most, and for a second again after a quick one', () => {
  tookMs = 6;
  for (const seconds of [1, 2, 4, 8, 16, 32, 60, 60])
    expect([putAfter(60_000), putAfter(seconds * 1_000 - 40)]).toEqual([true, false]);
  tookMs = 0;
  expect(putAfter(60_000)).toBe(true);
  tookMs = 6;
  expect([put(), putAfter(960), putAfter(40)]).toEqual([true, false, true]);
});

test('leaves to the thread what another process has locked, and writes again once it has not', () => {
  const { DatabaseSync } = loadSqlite();
  const other = new DatabaseSync(join(folder, 'calloff.sqlite'));
  other.exec('BEGIN IMMEDIATE');
  expect(put()).toBe(false);
  other.exec('ROLLBACK');
  expect(put()).toBe(true);
  other.close();
});
