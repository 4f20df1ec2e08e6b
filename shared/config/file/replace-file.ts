import { chown, open, rename, rm, stat } from 'node:fs/promises';
import { systemCode } from '../../lib/log.ts';

/** The errors of `rename` for a file that is mounted by itself, as in a container that is given a single file. */
const mounted: ReadonlySet<string> = new Set(['EBUSY', 'EXDEV']);

/** A file to change: its old text, its new text, and a draft beside it that already holds the new text. */
export interface Replacement {
  readonly target: string;
  readonly draft: string;
  readonly before: string;
  readonly after: string;
}

/** What the system may refuse. */
interface FileSystem {
  rename(from: string, to: string): Promise<void>;
  chown(path: string, user: number, group: number): Promise<void>;
}

/**
 * Puts the draft in the place of the file, with the owner and the group of the file, so that no reader ever sees a part of it
 * or may no longer read it. A file that is mounted by itself cannot be replaced, and only a privileged process may give its
 * draft another owner: then the file is overwritten while the draft still holds the whole text, and restored if that fails.
 * Rejects with the error of the system.
 */
export async function replaceFile(
  { target, draft, before, after }: Replacement,
  files: FileSystem = { rename, chown },
): Promise<void> {
  const isReplaced = (await giveOwner(target, draft, files)) && (await takePlace(target, draft, files));
  if (isReplaced) return;
  await writeOver(target, before, after);
  await rm(draft);
}

/** Whether the draft belongs to the owner and the group of the file. */
async function giveOwner(target: string, draft: string, files: FileSystem): Promise<boolean> {
  const [owner, own] = [await stat(target), await stat(draft)];
  if (owner.uid === own.uid && owner.gid === own.gid) return true;
  return didUnless(new Set(['EPERM']), files.chown(draft, owner.uid, owner.gid));
}

function takePlace(target: string, draft: string, files: FileSystem): Promise<boolean> {
  return didUnless(mounted, files.rename(draft, target));
}

/** `false` if it failed with one of these errors. Rejects with any other. */
async function didUnless(codes: ReadonlySet<string>, done: Promise<void>): Promise<boolean> {
  try {
    await done;
    return true;
  } catch (error) {
    if (codes.has(systemCode(error))) return false;
    throw error;
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
