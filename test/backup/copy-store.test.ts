import {
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { beforeEach, describe, expect, it } from 'vitest';
import { systemClock } from '../../shared/lib/clock.ts';
import { copyStore } from '../../shared/store/backup/copy-store.ts';
import { systemDisk } from '../../shared/store/backup/disk.ts';
import { openSqliteStore } from '../../shared/store/sqlite/store.ts';
import { everything } from '../store/law.ts';
import { bareEnvironment, run, start } from '../support/process/run.ts';
import { freshFolder } from '../support/process/temporary.ts';
import { runs } from '../support/thorough.ts';
import { foundIn, recordAndDie, recordIn, storeIn } from './support.ts';

let folder: string;
let place: string;
let file: string;
beforeEach(() => {
  [folder, place] = [freshFolder(), freshFolder()];
  mkdirSync(place, { recursive: true });
  file = join(place, 'copy.sqlite');
});

/** Puts a file in the place of the store of a new folder. */
function asStore(copy: string): string {
  const there = freshFolder();
  mkdirSync(there, { recursive: true });
  renameSync(copy, storeIn(there));
  return there;
}

describe('a copy of a store', () => {
  it('is one whole file for its owner alone, also of what is in the write-ahead log alone', async () => {
    recordIn(folder, 'a', 'b');
    await recordAndDie(folder, 'c');
    expect(statSync(`${storeIn(folder)}-wal`).size).toBeGreaterThan(0);
    const copied = copyStore(folder, file);
    expect(copied).toEqual({
      ok: true,
      value: { bytes: statSync(file).size, records: 3, newestAt: 1 },
    });
    expect(readdirSync(place)).toEqual(['copy.sqlite']);
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(foundIn(asStore(file))).toEqual(['a', 'b', 'c']);
    expect(foundIn(folder)).toEqual(['a', 'b', 'c']);
  });

  it('is never a file that another backup has begun in its place', () => {
    recordIn(folder, 'a');
    const syncFile = (path: string) => {
      rmSync(path);
      writeFileSync(path, 'begun');
    };
    const copied = copyStore(folder, file, { disk: { ...systemDisk, syncFile } });
    expect(copied).toEqual({ ok: false, fault: { kind: 'under_way' } });
    expect(readdirSync(place)).toEqual(['copy.sqlite.partial']);
  });

  it('is of one moment while processes write', async () => {
    recordIn(folder);
    const names = ['p1', 'p2'];
    const steps = `${runs(3_000, 150)}`;
    let isOver = false;
    const counting = Promise.all(
      names.map((name) => run('test/store/child.ts', ['count', folder, name, steps], bareEnvironment())),
    ).finally(() => {
      isOver = true;
    });
    const copies: string[] = [];
    while (!isOver) {
      const copy = join(place, `${copies.length}.sqlite`);
      expect(copyStore(folder, copy).ok).toBe(true);
      copies.push(copy);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    for (const { code } of await counting) expect(code).toBe(0);
    let before = 0;
    for (const copy of copies) {
      const store = await openSqliteStore({ folder: asStore(copy), clock: systemClock, hasThread: false });
      const count = Number((await store.get('count'))?.value ?? 0);
      const { length } = await store.scan(everything);
      await store.close();
      // Each process counts before it records.
      expect(count).toBeGreaterThanOrEqual(length);
      expect(count).toBeLessThanOrEqual(length + names.length);
      expect(count).toBeGreaterThanOrEqual(before);
      before = count;
    }
    expect(copies.length).toBeGreaterThan(3);
    expect(before).toBeGreaterThan(0);
  });

  it('is under way elsewhere if another backup took its file while it was filled, whatever error that makes', () => {
    recordIn(folder, 'a');
    const syncFile = (path: string) => {
      renameSync(path, `${path}-away`);
      systemDisk.syncFile(path);
    };
    expect(copyStore(folder, file, { disk: { ...systemDisk, syncFile } })).toEqual({
      ok: false,
      fault: { kind: 'under_way' },
    });
  });

  it('takes the place of a file only by force', async () => {
    recordIn(folder, 'a');
    writeFileSync(file, 'mine');
    expect(copyStore(folder, file)).toMatchObject({ ok: false, fault: { kind: 'file_exists' } });
    expect(statSync(file).size).toBe(4);
    expect(copyStore(folder, file, { force: true }).ok).toBe(true);
    expect(readdirSync(place)).toEqual(['copy.sqlite']);
    expect(foundIn(asStore(file))).toEqual(['a']);
  });

  it.each([
    ['a folder', () => mkdirSync(file)],
    ['a device', () => symlinkSync('/dev/null', file)],
  ])('takes the place of %s by force neither', (_what, put) => {
    recordIn(folder, 'a');
    put();
    for (const force of [false, true])
      expect(copyStore(folder, file, { force })).toMatchObject({ fault: { kind: 'not_a_file' } });
    expect(lstatSync(file).isFile()).toBe(false);
  });

  it.each(['-wal', '-journal'])(
    'is not made beside a %s that would be read as a part of it, by force neither',
    async (ending) => {
      recordIn(folder, 'a');
      writeFileSync(`${file}${ending}`, 'of another');
      for (const force of [false, true])
        expect(copyStore(folder, file, { force })).toMatchObject({ fault: { kind: 'log_beside' } });
      expect(readdirSync(place)).toEqual([`copy.sqlite${ending}`]);
      writeFileSync(`${file}${ending}`, '');
      expect(copyStore(folder, file).ok).toBe(true);
    },
  );

  it('is never made in the place of the store', async () => {
    recordIn(folder, 'a');
    for (const ending of ['', '-wal', '-shm', '-journal'])
      expect(copyStore(folder, `${storeIn(folder)}${ending}`, { force: true })).toMatchObject({
        ok: false,
        fault: { kind: 'is_the_store' },
      });
    expect(foundIn(folder)).toEqual(['a']);
  });

  it('is not made of what is no store, or in a folder that is not there, and leaves nothing behind', async () => {
    expect(copyStore(folder, file)).toMatchObject({ fault: { kind: 'no_store' } });
    expect(existsSync(folder)).toBe(false);
    mkdirSync(folder, { recursive: true });
    new DatabaseSync(storeIn(folder)).close();
    expect(copyStore(folder, file)).toMatchObject({ fault: { kind: 'not_a_store' } });
    writeFileSync(storeIn(folder), 'x'.repeat(5_000));
    expect(copyStore(folder, file)).toMatchObject({ fault: { kind: 'unusable', code: 'SQLITE_NOTADB' } });
    expect(readdirSync(place)).toEqual([]);
    const elsewhere = freshFolder();
    recordIn(elsewhere, 'a');
    expect(copyStore(elsewhere, join(place, 'none', 'copy'))).toMatchObject({
      fault: { kind: 'unusable', code: 'ENOENT' },
    });
    // Like a folder that the user may not look into, it cannot even be asked for.
    const unaskable = join(place, 'x'.repeat(300));
    expect(copyStore(elsewhere, unaskable)).toMatchObject({
      fault: { kind: 'unusable', code: 'ENAMETOOLONG' },
    });
  });

  it('is not made beside another at the same place, and clears away what a killed one left', async () => {
    recordIn(folder, 'a');
    writeFileSync(`${file}.partial`, 'half a page');
    expect(copyStore(folder, file).ok).toBe(true);
    const other = join(place, 'other.sqlite');
    const holder = start('test/store/holder.ts', [`${other}.partial`, '60000'], bareEnvironment());
    await new Promise((resolve) => holder.stdout.once('data', resolve));
    expect(copyStore(folder, other)).toMatchObject({ ok: false, fault: { kind: 'under_way' } });
    holder.kill('SIGKILL');
    await new Promise((resolve) => holder.once('close', resolve));
    expect(copyStore(folder, other).ok).toBe(true);
    expect(readdirSync(place).toSorted()).toEqual(['copy.sqlite', 'other.sqlite']);
  });
});
