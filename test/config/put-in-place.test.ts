import { chown, mkdir, readdir, readFile, rename, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import fc from 'fast-check';
import { beforeEach, describe, expect, it } from 'vitest';
import { replaceFile } from '../../shared/config/file/replace-file.ts';
import { freshFolder } from '../support/process/temporary.ts';

let folder: string;
beforeEach(async () => {
  folder = freshFolder();
  await mkdir(folder, { recursive: true });
});

/** A file and its draft, as whoever changes it leaves them. */
async function staged(before: string, after: string) {
  const paths = { target: join(folder, 'calloff.json'), draft: join(folder, 'calloff.json.new') };
  await writeFile(paths.target, before);
  await writeFile(paths.draft, after);
  return { ...paths, before, after };
}

const failing = (code: string) => async () => {
  throw Object.assign(new Error('canary'), { code });
};

describe('a file that is replaced', () => {
  it('becomes its draft', async () => {
    const replacement = await staged('old', 'new');
    await replaceFile(replacement);
    expect([await readFile(replacement.target, 'utf8'), await readdir(folder)]).toEqual([
      'new',
      ['calloff.json'],
    ]);
  });

  it.each(['EBUSY', 'EXDEV'])('is written over where its place cannot be taken (%s)', async (code) => {
    await fc.assert(
      fc.asyncProperty(fc.string(), fc.string(), async (before, after) => {
        const replacement = await staged(before, after);
        const { ino } = await stat(replacement.target);
        await replaceFile(replacement, { rename: failing(code), chown });
        expect(await readFile(replacement.target, 'utf8')).toBe(Buffer.from(after).toString());
        expect((await stat(replacement.target)).ino).toBe(ino);
        expect(await readdir(folder)).toEqual(['calloff.json']);
      }),
      { numRuns: 30 },
    );
  });

  it.each(['EACCES', 'EPERM', 'EROFS', 'ENOSPC'])('is left alone by another error (%s)', async (code) => {
    const replacement = await staged('old', 'new');
    await expect(replaceFile(replacement, { rename: failing(code), chown })).rejects.toMatchObject({ code });
    expect(await readFile(replacement.target, 'utf8')).toBe('old');
  });

  // Only root may give a file away, so only root can try it.
  describe.runIf(process.getuid?.() === 0)('and belongs to another user', () => {
    it('keeps its owner and its group, so that a server of that user may still read it', async () => {
      const replacement = await staged('old', 'new');
      await chown(replacement.target, 65_532, 65_531);
      await replaceFile(replacement);
      const { uid, gid } = await stat(replacement.target);
      expect([await readFile(replacement.target, 'utf8'), uid, gid]).toEqual(['new', 65_532, 65_531]);
    });

    it('is written over if its draft may not belong to that user', async () => {
      const replacement = await staged('old', 'new');
      await chown(replacement.target, 65_532, 65_531);
      const { ino } = await stat(replacement.target);
      await replaceFile(replacement, { rename, chown: failing('EPERM') });
      const now = await stat(replacement.target);
      expect([await readFile(replacement.target, 'utf8'), now.ino, now.uid]).toEqual(['new', ino, 65_532]);
      expect(await readdir(folder)).toEqual(['calloff.json']);
    });
  });
});
