import { open, rename, rm } from 'node:fs/promises';
import { systemCode } from '../secrets/secret-file.ts';

/** The errors of `rename` for a file that is mounted by itself, as in a container that is given a single file. */
const mounted: ReadonlySet<string> = new Set(['EBUSY', 'EXDEV']);

/** A file to change: its old text, its new text, and a draft beside it that already holds the new text. */
export interface Replacement {
  readonly target: string;
  readonly draft: string;
  readonly before: string;
  readonly after: string;
}

/**
 * Puts the draft in the place of the file, so that no reader ever sees a part of it. A file that is mounted by itself
 * cannot be replaced: it is overwritten while the draft still holds the whole text, and restored if that fails. Rejects
 * with the error of the system.
 */
export async function replaceFile(
  { target, draft, before, after }: Replacement,
  move: (from: string, to: string) => Promise<void> = rename,
): Promise<void> {
  try {
    await move(draft, target);
  } catch (error) {
    if (!mounted.has(systemCode(error))) throw error;
    await writeOver(target, before, after);
    await rm(draft);
  }
}

async function writeOver(path: string, before: string, after: string): Promise<void> {
  const handle = await open(path, 'r+');
  try {
    await put(after).catch(async (error: unknown) => {
      await put(before);
      throw error;
    });
  } finally {
    await handle.close();
  }

  async function put(content: string): Promise<void> {
    const bytes = Buffer.from(content);
    const { bytesWritten } = await handle.write(bytes, 0, bytes.length, 0);
    if (bytesWritten < bytes.length) throw Object.assign(new Error('the disk is full'), { code: 'ENOSPC' });
    await handle.truncate(bytes.length);
    await handle.sync();
  }
}
