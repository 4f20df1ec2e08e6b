import { chmodSync, mkdirSync, readdirSync, rmdirSync, statSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import type { BackupFaultKind, BackupResult, CopyContents } from '../../contract/backup.ts';
import { type Clock, timestamp } from '../../lib/clock.ts';
import { reasonOf } from '../sqlite/error.ts';
import { storeFileIn } from '../sqlite/file.ts';
import { type Disk, systemDisk } from './disk.ts';
import { changeDraft, type DraftStore, draftFolderIn } from './draft-store.ts';
import { type HeldStore, holdStore, type PresentStore } from './hold-store.ts';
import { contentsOf, hasLog, identityOf, storeFilesIn } from './inspect.ts';
import { faultOfCopy } from './judge-copy.ts';
import { keptFilesIn, removeLeftOvers } from './kept-stores.ts';

/** How a store is restored. */
export interface RestoreTerms<T> {
  readonly folder: string;
  /** The copy. It is only read. */
  readonly file: string;
  /** Whether a store that is too damaged to be locked is replaced: no other process may use it then. */
  readonly force?: boolean | undefined;
  readonly clock: Clock;
  readonly disk?: Disk;
  /** Whether nothing is replaced: the copy is checked and settled, to see what would be. */
  readonly dryRun?: boolean | undefined;
  /**
   * Changes what must not be as it was when the copy was made, and may read the store that is to be replaced.
   */
  settle(draft: DraftStore, present: PresentStore): Promise<T>;
}

/** A restored store. */
export interface Restored<T> {
  readonly contents: CopyContents;
  /** Where the store that was there before is kept; absent if there was none, or if it was not replaced. */
  readonly kept?: string | undefined;
  /** What earlier restores have kept in the same folder. */
  readonly keptBefore: readonly string[];
  readonly settled: T;
}

/**
 * Replaces the store of a folder by a copy, and keeps the store that was there under another name. It does nothing while another
 * process uses the store. A process that dies meanwhile leaves the store as it was, or the whole copy, settled, in its place.
 */
export async function restoreStore<T>({
  disk = systemDisk,
  ...terms
}: RestoreTerms<T>): Promise<BackupResult<Restored<T>>> {
  try {
    const fault = faultBefore(terms);
    if (fault !== undefined) return refused(fault);
    return await inFolder(terms.folder, async () => {
      const { force = false, dryRun = false, clock } = terms;
      const held = holdStore(terms.folder, { force, dryRun, disk, clock });
      if (!held.ok) return refused(held.kind);
      try {
        return await replaceHeld(held.store, { ...terms, disk });
      } finally {
        held.store.release();
      }
    });
  } catch (error) {
    const code = reasonOf(error);
    if (code === undefined) throw error;
    return refused('unusable', code);
  }
}

/** Makes a folder for some work if it is not there, and removes it if the work has left nothing in it. */
async function inFolder<T>(folder: string, work: () => Promise<T>): Promise<T> {
  const first = mkdirSync(folder, { recursive: true, mode: 0o700 });
  try {
    return await work();
  } finally {
    if (first !== undefined) removeEmpty(resolve(folder), resolve(first));
  }
}

/** Removes a folder and those above it, up to the last one, as long as they are empty. */
function removeEmpty(folder: string, last: string): void {
  if (readdirSync(folder).length > 0) return;
  rmdirSync(folder);
  if (folder !== last) removeEmpty(dirname(folder), last);
}

function refused(kind: BackupFaultKind, code?: string): BackupResult<never> {
  return { ok: false, fault: { kind, code } };
}

function faultBefore<T>({ folder, file }: RestoreTerms<T>): BackupFaultKind | undefined {
  const found = statSync(file, { throwIfNoEntry: false });
  if (found === undefined || !found.isFile()) return 'no_file';
  const own = identityOf(file);
  if (storeFilesIn(folder).some((path) => identityOf(path) === own)) return 'is_the_store';
  return hasLog(file) ? 'has_log' : undefined;
}

/** The copy is made ready beside the store, so that the last step is one rename. */
async function replaceHeld<T>(
  held: HeldStore,
  { folder, file, clock, disk, dryRun, settle }: RestoreTerms<T> & { readonly disk: Disk },
): Promise<BackupResult<Restored<T>>> {
  const draftFolder = draftFolderIn(folder);
  const draft = storeFileIn(draftFolder);
  disk.remove(draftFolder);
  if (!dryRun) removeLeftOvers(folder, disk);
  try {
    mkdirSync(draftFolder, { mode: 0o700 });
    disk.copy(resolve(file), draft);
    chmodSync(draft, 0o600);
    const fault = faultOfCopy(draft);
    if (fault !== undefined) return refused(fault);
    const contents = contentsOf(draft);
    const settled = await changeDraft(draftFolder, clock, (copy) => settle(copy, held.present));
    const keptBefore = keptFilesIn(folder);
    if (dryRun) return { ok: true, value: { contents, keptBefore, settled } };
    disk.syncFile(draft);
    const replaced = held.replaceWith(draft, timestamp(clock.wallTime()).replaceAll(/[-:.]/g, ''));
    if (replaced === 'no_links') return refused(replaced);
    disk.syncFolder(folder);
    return { ok: true, value: { contents, ...replaced, keptBefore, settled } };
  } finally {
    disk.remove(draftFolder);
  }
}
