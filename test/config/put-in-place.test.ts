import { mkdir, readdir, readFile, stat, writeFile } from 'node:fs/promises';
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
        await replaceFile(replacement, failing(code));
        expect(await readFile(replacement.target, 'utf8')).toBe(Buffer.from(after).toString());
        expect((await stat(replacement.target)).ino).toBe(ino);
        expect(await readdir(folder)).toEqual(['calloff.json']);
      }),
      { numRuns: 30 },
    );
  });

  it.each(['EACCES', 'EPERM', 'EROFS', 'ENOSPC'])('is left alone by another error (%s)', async (code) => {
    const replacement = await staged('old', 'new');
    await expect(replaceFile(replacement, failing(code))).rejects.toMatchObject({ code });
    expect(await readFile(replacement.target, 'utf8')).toBe('old');
  });
});
