import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { setTimeout as wait } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { StoreUnavailableError } from '../../shared/store/errors.ts';
import { openSqliteStore } from '../../shared/store/sqlite/store.ts';
import type { Store } from '../../shared/store/store.ts';
import { SetClock } from './host.ts';
import { everything, request } from './law.ts';

const clock = new SetClock();
const terms = () => ({ version: 0, expiresAt: clock.wallTime() + 1_000_000 });

let folder: string;
let file: string;
let store: Store;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'calloff-lock-'));
  file = join(folder, 'calloff.sqlite');
  store = await openSqliteStore({ folder, clock });
});
afterEach(async () => {
  await store.close();
  await rm(folder, { recursive: true });
});

/** The ids of all requests in the log, with one for each record. */
async function found(): Promise<string[]> {
  return (await store.scan(everything)).map(({ requestId }) => requestId).sort();
}

/** Keeps the file locked for writing; gives how to let it go. */
function lock(): () => void {
  const other = new DatabaseSync(file);
  other.exec('BEGIN IMMEDIATE');
  return () => {
    other.exec('ROLLBACK');
    other.close();
  };
}

async function refusalOf(work: Promise<unknown>): Promise<StoreUnavailableError> {
  const error = await work.catch((reason: unknown) => reason);
  if (error instanceof StoreUnavailableError) return error;
  throw new Error('it was not refused');
}

/** After how many milliseconds `work` ended, one way or the other. */
async function timeOf(work: Promise<unknown>): Promise<number> {
  const startedAt = performance.now();
  await work.catch(() => undefined);
  return performance.now() - startedAt;
}

describe('while another process keeps the file locked', () => {
  const threads = [
    ['of its own', true],
    ['of the caller', false],
  ] as const;
  test.each(threads)(
    'on a thread %s, what is there is read, also behind what waits to be written, and that is done when the lock ends',
    async (_which, hasThread) => {
      await store.close();
      store = await openSqliteStore({ folder, clock, hasThread });
      await store.put('key', 'value', terms());
      await store.append(request(0, 'before'));
      const release = lock();
      const writing = [
        store.append(request(1, 'during')),
        store.put('other', 'x', terms()),
        store.append(request(2, 'after', ['a', 'b'])),
      ];
      expect(await timeOf(store.get('key'))).toBeLessThan(1_000);
      expect((await store.get('key'))?.value).toBe('value');
      expect(await store.scan(everything)).toEqual(request(0, 'before'));
      expect(await Promise.race([...writing, wait(300, 'waits')])).toBe('waits');
      release();
      await Promise.all(writing);
      expect(await found()).toEqual(['after', 'after', 'before', 'during']);
      expect((await store.get('other'))?.value).toBe('x');
    },
  );

  test('what is to be written is given up after five seconds, and once that was in vain after half a second', async () => {
    const release = lock();
    const first = await Promise.all([
      timeOf(store.append(request(0, 'r'))),
      timeOf(store.put('key', 'x', terms())),
    ]);
    const refused = await refusalOf(store.append(request(0, 's')));
    const later = await timeOf(store.append(request(0, 't')));
    release();
    for (const ms of first) expect(ms).toBeGreaterThan(4_900);
    for (const ms of first) expect(ms).toBeLessThan(7_000);
    expect(later).toBeGreaterThan(450);
    expect(later).toBeLessThan(2_500);
    expect(refused).toMatchObject({ cause: 'store_locked', reason: 'SQLITE_BUSY' });
    await store.append(request(0, 'u'));
    expect(await found()).toEqual(['u']);
    expect(await store.get('key')).toBeUndefined();
  }, 20_000);

  test('one that opens it anew waits as well, and is told what to end', async () => {
    await store.close();
    const other = new DatabaseSync(file);
    other.exec('PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE');
    const refused = await refusalOf(openSqliteStore({ folder, clock }));
    other.close();
    expect(refused).toMatchObject({ cause: 'store_locked' });
    expect(refused.message).toContain(
      'another process has locked it. Try again, or close the program that has the file open',
    );
  }, 20_000);
});
