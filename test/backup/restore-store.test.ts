import { createHash } from 'node:crypto';
import {
  cpSync,
  existsSync,
  linkSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { systemClock } from '../../shared/lib/clock.ts';
import type { Disk } from '../../shared/store/backup/disk.ts';
import { systemDisk } from '../../shared/store/backup/disk.ts';
import type { PresentStore } from '../../shared/store/backup/hold-store.ts';
import { restoreStore } from '../../shared/store/backup/restore-store.ts';
import { openSqliteStore } from '../../shared/store/sqlite/store.ts';
import type { Store } from '../../shared/store/store.ts';
import { bareEnvironment, start } from '../support/process/run.ts';
import { freshFolder } from '../support/process/temporary.ts';
import { foundIn, keptIn, makeCutStore, makeTemplate, recordIn, storeIn } from './support.ts';

let folder: string;
let file: string;
let template: Awaited<ReturnType<typeof makeTemplate>>;
beforeAll(async () => {
  template = await makeTemplate();
});
beforeEach(() => {
  folder = freshFolder();
  file = join(freshFolder(), 'copy.sqlite');
  cpSync(template.file, file);
});

/** What the last restore found in the place of the store. */
let present: PresentStore | undefined;
interface Terms {
  readonly from?: string;
  readonly force?: boolean;
  readonly disk?: Disk;
  readonly dryRun?: boolean;
}
const restore = (more: Terms = {}) =>
  restoreStore({
    ...{ folder, file: more.from ?? file, force: more.force, dryRun: more.dryRun, clock: systemClock },
    ...(more.disk && { disk: more.disk }),
    settle: async ({ store }, found) => {
      present = found;
      await store.append([{ at: 9, requestId: 'settled', part: 'a', body: 'x' }]);
    },
  });

describe('a restore', () => {
  it('puts the settled copy in the place of the store, which it keeps with all that was in its write-ahead log', async () => {
    cpSync(template.folder, folder, { recursive: true });
    expect(statSync(`${storeIn(folder)}-wal`).size).toBeGreaterThan(0);
    const restored = await restore();
    expect(restored).toMatchObject({ ok: true, value: { contents: { records: 1, newestAt: 0 } } });
    expect(foundIn(folder)).toEqual(['copied', 'settled']);
    const [kept = ''] = keptIn(folder);
    expect(restored).toMatchObject({ value: { kept: join(folder, kept) } });
    expect(readdirSync(folder).toSorted()).toEqual(['calloff.sqlite', kept]);
    expect(statSync(storeIn(folder)).mode & 0o777).toBe(0o600);
    expect(await restore({ from: join(folder, kept) })).toMatchObject({ ok: true });
    expect(foundIn(folder)).toEqual(['a', 'b', 'c', 'settled']);
    expect(readFileSync(file).equals(readFileSync(template.file))).toBe(true);
  });

  it('makes the folder of a machine that has none, and no log that lies there without its store gets into the copy', async () => {
    const restored = await restore();
    expect(restored).toMatchObject({ ok: true, value: { kept: undefined } });
    expect(present).toBe('none');
    expect(foundIn(folder)).toEqual(['copied', 'settled']);
    folder = freshFolder();
    mkdirSync(folder, { recursive: true });
    cpSync(`${storeIn(template.folder)}-wal`, `${storeIn(folder)}-wal`);
    expect(await restore()).toMatchObject({ ok: true });
    expect(foundIn(folder)).toEqual(['copied', 'settled']);
    expect(readdirSync(folder).toSorted()).toEqual(['calloff.sqlite', 'calloff.sqlite.left-over-wal']);
  });

  it('changes nothing while another process has the store open, also if that does nothing', async () => {
    const store = await openSqliteStore({ folder, clock: systemClock });
    await store.append([{ at: 1, requestId: 'here', part: 'a', body: 'x' }]);
    expect(await restore()).toEqual({ ok: false, fault: { kind: 'in_use', code: undefined } });
    expect(await restore({ force: true })).toMatchObject({ fault: { kind: 'in_use' } });
    await store.append([{ at: 2, requestId: 'still', part: 'a', body: 'x' }]);
    await store.close();
    expect(foundIn(folder)).toEqual(['here', 'still']);
    const holder = start('test/store/holder.ts', [storeIn(folder), '60000'], bareEnvironment());
    await new Promise((resolve) => holder.stdout.once('data', resolve));
    expect(await restore()).toMatchObject({ fault: { kind: 'in_use' } });
    holder.kill('SIGKILL');
    await new Promise((resolve) => holder.once('close', resolve));
    expect(await restore()).toMatchObject({ ok: true });
  });

  it('lets a process that begins meanwhile wait, and gives it the restored store', async () => {
    recordIn(folder, 'old');
    let opening: Promise<Store> | undefined;
    const disk: Disk = {
      ...systemDisk,
      link(from, to) {
        opening = openSqliteStore({ folder, clock: systemClock });
        systemDisk.link(from, to);
      },
    };
    expect(await restore({ disk })).toMatchObject({ ok: true });
    const store = await opening;
    await store?.append([{ at: 10, requestId: 'then', part: 'a', body: 'x' }]);
    await store?.close();
    expect(foundIn(folder)).toEqual(['copied', 'settled', 'then']);
  });

  it.each<[string, string, () => unknown]>([
    ['is no database', 'foreign', () => writeFileSync(file, 'x'.repeat(9_000))],
    ['is empty', 'foreign', () => writeFileSync(file, '')],
    ['is a database of another program', 'foreign', () => change('DROP TABLE entry; CREATE TABLE other (x)')],
    [
      'does more than a store does',
      'foreign',
      () => change('CREATE TRIGGER t AFTER INSERT ON entry BEGIN DELETE FROM entry; END'),
    ],
    ['lacks what guards the audit', 'foreign', () => change('DROP TRIGGER log_is_not_deleted')],
    ['is of a newer calloff', 'too_new', () => change('PRAGMA user_version = 99')],
    ['is cut off', 'damaged', () => writeFileSync(file, readFileSync(file).subarray(0, 12_288))],
    ['is not there', 'no_file', () => (file = join(folder, 'none'))],
    ['is a folder', 'no_file', () => (file = folder)],
    ['is the store itself', 'is_the_store', () => (file = storeIn(folder))],
    ['has a write-ahead log beside it', 'has_log', () => writeFileSync(`${file}-wal`, 'x')],
  ])('from a file that %s is refused, and leaves the store as it was', async (_what, kind, spoil) => {
    recordIn(folder, 'old');
    await spoil();
    expect(await restore()).toMatchObject({ ok: false, fault: { kind } });
    expect(readdirSync(folder)).toEqual(['calloff.sqlite']);
    expect(foundIn(folder)).toEqual(['old']);
  });

  it('that is refused, or a dry run, leaves a machine without a store as it was, and a restore makes its folder', async () => {
    const above = folder;
    folder = join(above, 'in', 'it');
    writeFileSync(file, 'no copy');
    expect(await restore()).toMatchObject({ ok: false, fault: { kind: 'foreign' } });
    cpSync(template.file, file);
    expect(await restore({ dryRun: true })).toMatchObject({ ok: true, value: { contents: { records: 1 } } });
    expect(present).toBe('none');
    expect(existsSync(above)).toBe(false);
    expect(await restore()).toMatchObject({ ok: true, value: { kept: undefined } });
    expect(foundIn(folder)).toEqual(['copied', 'settled']);
  });

  it('that is refused, or a dry run, leaves every byte of the store, and of a log without its store', async () => {
    recordIn(folder, 'old');
    writeFileSync(`${storeIn(folder)}.before-1`, 'kept');
    linkSync(storeIn(folder), `${storeIn(folder)}.before-2`);
    const logAlone = freshFolder();
    mkdirSync(logAlone, { recursive: true });
    for (const ending of ['-wal', '-shm']) writeFileSync(`${storeIn(logAlone)}${ending}`, 'left over');
    const both = [folder, logAlone];
    const before = both.map(contentOf);
    const foreign = join(file, '..', 'foreign');
    writeFileSync(foreign, 'no copy');
    for (folder of both) {
      expect(await restore({ dryRun: true })).toMatchObject({ ok: true });
      expect(await restore({ dryRun: true, from: foreign })).toMatchObject({ fault: { kind: 'foreign' } });
    }
    expect(both.map(contentOf)).toEqual(before);
    for (folder of both)
      expect(await restore({ from: foreign })).toMatchObject({ fault: { kind: 'foreign' } });
    // A restore removes what an earlier one had begun, and nothing else.
    const [{ 'calloff.sqlite.before-2': _, ...rest } = {}, alone] = before;
    expect(both.map(contentOf)).toEqual([rest, alone]);
  });

  it('that is a dry run is refused like the restore', async () => {
    const store = await openSqliteStore({ folder, clock: systemClock });
    expect(await restore({ dryRun: true })).toMatchObject({ fault: { kind: 'in_use' } });
    await store.close();
    ({ folder } = await makeCutStore());
    expect(await restore({ dryRun: true })).toMatchObject({ fault: { kind: 'not_lockable' } });
    expect(await restore({ dryRun: true, force: true })).toMatchObject({ ok: true });
    expect(present).toBe('unreadable');
  });

  it('of a copy of the version before brings it up to date', async () => {
    change('PRAGMA user_version = 1');
    expect(await restore()).toMatchObject({ ok: true });
    expect(foundIn(folder)).toEqual(['copied', 'settled']);
    const database = new DatabaseSync(storeIn(folder));
    expect(database.prepare('PRAGMA user_version').get()).toEqual({ user_version: 2 });
    database.close();
  });

  it('replaces a store that is no database only by force, and keeps it', async () => {
    mkdirSync(folder, { recursive: true });
    const bytes = Buffer.alloc(5_000, 'x');
    writeFileSync(storeIn(folder), bytes);
    expect(await restore()).toMatchObject({ ok: false, fault: { kind: 'not_lockable' } });
    expect(await restore({ force: true })).toMatchObject({ ok: true });
    expect(present).toBe('unreadable');
    expect(foundIn(folder)).toEqual(['copied', 'settled']);
    const [kept = ''] = keptIn(folder);
    expect(readFileSync(join(folder, kept)).equals(bytes)).toBe(true);
  });

  it('on a file system without hard links changes nothing, and says so', async () => {
    recordIn(folder, 'old');
    const link = () => {
      throw Object.assign(new Error('no links'), { syscall: 'link', code: 'EPERM' });
    };
    expect(await restore({ disk: { ...systemDisk, link } })).toMatchObject({ fault: { kind: 'no_links' } });
    expect(readdirSync(folder)).toEqual(['calloff.sqlite']);
    expect(foundIn(folder)).toEqual(['old']);
  });
});

/** The files of a folder. */
function contentOf(path: string): Record<string, string> {
  return Object.fromEntries(
    readdirSync(path).map((name) => [
      name,
      createHash('sha256')
        .update(readFileSync(join(path, name)))
        .digest('hex'),
    ]),
  );
}

function change(sql: string): void {
  const database = new DatabaseSync(file);
  database.exec(sql);
  database.close();
}
