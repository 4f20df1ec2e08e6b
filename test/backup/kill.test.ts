import { cpSync, existsSync, readdirSync } from 'node:fs';
import { basename, join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { beforeAll, describe, expect, it } from 'vitest';
import * as z from 'zod';
import { systemClock } from '../../shared/lib/clock.ts';
import { copyStore } from '../../shared/store/backup/copy-store.ts';
import { faultOfCopy } from '../../shared/store/backup/judge-copy.ts';
import { restoreStore } from '../../shared/store/backup/restore-store.ts';
import { bareEnvironment, finish, run, start } from '../support/process/run.ts';
import { freshFolder } from '../support/process/temporary.ts';
import { casesAt, inSoak } from '../support/thorough.ts';
import { type CutStore, foundIn, foundWith, keptIn, makeCutStore, makeTemplate, storeIn } from './support.ts';

const program = 'test/backup/mortal.ts';
const livedSchema = z.object({ ok: z.literal(true), passed: z.number() });
/** The points at which a process can die: test/backup/mortal.ts. */
const points = { backup: 8, restore: 16, 'restore-by-force': 32 };
/** From these on the restored store is in use. */
const renamed = { restore: 11, 'restore-by-force': 23 };
const upTo = (count: number) => Array.from({ length: count }, (_, point) => point);

let template: Awaited<ReturnType<typeof makeTemplate>>;
let cutStore: CutStore;
beforeAll(async () => {
  [template, cutStore] = await Promise.all([makeTemplate(), makeCutStore()]);
});

function copyOf({ folder, lacks }: CutStore): CutStore {
  const copy = freshFolder();
  cpSync(folder, copy, { recursive: true });
  return { folder: copy, lacks };
}

/** A folder with a store, and a place beside it with a copy of another. */
function scene() {
  const [folder, place] = [freshFolder(), freshFolder()];
  cpSync(template.folder, folder, { recursive: true });
  const file = join(place, 'copy.sqlite');
  cpSync(template.file, file);
  return { folder, place, file, target: join(place, 'new.sqlite') };
}
const old = ['a', 'b', 'c'];
const restored = ['copied', 'settled'];
const cut = ['long', 'short'];

const mortal = (task: string, folder: string, file: string, point: number | '') =>
  run(program, [task, folder, file, `${point}`], bareEnvironment());

/** Holds a place in which a backup was killed: the file is whole or not there, and the next backup leaves nothing behind. */
function examineBackup({ folder, place, target }: ReturnType<typeof scene>): void {
  if (existsSync(target)) expect(faultOfCopy(target)).toBeUndefined();
  expect(foundIn(folder)).toEqual(old);
  expect(copyStore(folder, target, { force: true })).toMatchObject({ ok: true, value: { records: 3 } });
  expect(readdirSync(place).toSorted()).toEqual(['copy.sqlite', 'new.sqlite']);
}

/** Holds a folder in which a restore was killed: the whole old store is in use, or the whole copy, and then the old one is kept. */
async function examineRestore({ folder, file, place }: ReturnType<typeof scene>): Promise<string> {
  const found = foundIn(folder);
  expect([old, restored]).toContainEqual(found);
  const isOld = found.includes('a');
  const again = () => restoreStore({ folder, file, clock: systemClock, settle: async () => undefined });
  expect(await again()).toMatchObject({ ok: true });
  expect(foundIn(folder)).toEqual(['copied']);
  expect(readdirSync(place)).toEqual(['copy.sqlite']);
  const kept = keptIn(folder);
  expect(readdirSync(folder).toSorted()).toEqual(['calloff.sqlite', ...kept].toSorted());
  expect(kept).toHaveLength(isOld ? 1 : 2);
  const [first = ''] = kept.toSorted();
  const undone = await restoreStore({
    ...{ folder, file: join(folder, first), clock: systemClock },
    settle: async () => undefined,
  });
  expect(undone).toMatchObject({ ok: true });
  expect(foundIn(folder)).toEqual(old);
  return isOld ? 'old' : 'new';
}

/** Holds a folder in which the restore of a damaged store was killed: that store has its log, or the whole copy is in use. */
async function examineForced({ folder, lacks }: CutStore): Promise<string> {
  const { file } = template;
  const again = (force: boolean) =>
    restoreStore({ folder, file, force, clock: systemClock, settle: async () => undefined });
  const looked = freshFolder();
  cpSync(folder, looked, { recursive: true });
  const isOld = faultOfCopy(storeIn(looked)) !== undefined;
  if (isOld) expect(foundWith(lacks, storeIn(folder))).toEqual(cut);
  else expect(foundIn(folder)).toEqual(restored);
  if (isOld) expect(await again(false)).toMatchObject({ fault: { kind: 'not_lockable' } });
  const mended = await again(isOld);
  if (!mended.ok) throw new Error('it was not restored');
  expect(foundIn(folder)).toEqual(['copied']);
  // Nothing is there but what the second restore names, and the logs beside it.
  const { kept = '', keptBefore } = mended.value;
  const named = [storeIn(folder), kept, ...keptBefore].map((path) => basename(path));
  const withLogs = named.flatMap((name) => [name, `${name}-wal`]);
  expect(named.toSorted()).toEqual(
    readdirSync(folder)
      .filter((name) => !name.endsWith('-wal'))
      .toSorted(),
  );
  expect(withLogs).toEqual(expect.arrayContaining(readdirSync(folder)));
  const [first = ''] = keptIn(folder)
    .filter((name) => !name.endsWith('-wal'))
    .toSorted();
  expect(foundWith(lacks, join(folder, first))).toEqual(cut);
  return isOld ? 'old' : 'new';
}

describe('after kill -9', () => {
  it.each(casesAt(upTo(points.backup), 3))(
    'of a backup at point %i the file is whole or not there',
    async (point) => {
      const made = scene();
      expect((await mortal('backup', made.folder, made.target, point)).code).toBeNull();
      examineBackup(made);
    },
  );

  it.each(casesAt(upTo(points.restore), 4, 9, 11))(
    'of a restore at point %i the old store is in use or the new one',
    async (point) => {
      const made = scene();
      expect((await mortal('restore', made.folder, made.file, point)).code).toBeNull();
      expect(await examineRestore(made)).toBe(point < renamed.restore ? 'old' : 'new');
    },
  );

  it.each(casesAt(upTo(points['restore-by-force']), 20, 22, 23))(
    'of a restore over a damaged store at point %i that store is there with its log or the new one',
    async (point) => {
      const made = copyOf(cutStore);
      const { code } = await mortal('restore-by-force', made.folder, template.file, point);
      expect(code).toBeNull();
      expect(await examineForced(made)).toBe(point < renamed['restore-by-force'] ? 'old' : 'new');
    },
  );

  inSoak(() => {
    it('has been tried at every point that there is', async () => {
      const made = scene();
      for (const [task, file] of [
        ['backup', made.target],
        ['restore', made.file],
        ['restore-by-force', made.file],
      ] as const) {
        const { folder } = task === 'restore-by-force' ? copyOf(cutStore) : made;
        const { stdout } = await mortal(task, folder, file, '');
        const { passed } = livedSchema.parse(JSON.parse(stdout.replace('begun\n', '')));
        expect([task, passed]).toEqual([task, points[task]]);
      }
    });

    it('of 60 backups and restores at random moments nothing is lost', async () => {
      for (let round = 0; round < 60; round += 1) {
        const made = scene();
        const task = round % 2 === 0 ? 'backup' : 'restore';
        const child = start(
          program,
          [task, made.folder, task === 'backup' ? made.target : made.file],
          bareEnvironment(),
        );
        const ended = finish(child);
        await new Promise((resolve) => child.stdout.once('data', resolve));
        await wait(Math.random() * (task === 'backup' ? 10 : 60));
        child.kill('SIGKILL');
        await ended;
        await (task === 'backup' ? examineBackup(made) : examineRestore(made));
      }
    });
  });
});
