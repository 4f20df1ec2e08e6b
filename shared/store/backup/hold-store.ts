import { rmSync } from 'node:fs';
import type { DatabaseSync } from 'node:sqlite';
import type { BackupFaultKind } from '../../contract/backup.ts';
import type { Clock } from '../../lib/clock.ts';
import { reasonOf } from '../sqlite/error.ts';
import { storeFileIn } from '../sqlite/file.ts';
import { systemHost } from '../sqlite/host.ts';
import { isWithoutLinks, makeFile } from '../sqlite/make-file.ts';
import type { Store } from '../store.ts';
import type { Disk } from './disk.ts';
import { draftFolderIn } from './draft-store.ts';
import { hasTables, identityOf, pragmaValue, sideEndings } from './inspect.ts';
import { keptName, leftOverName } from './kept-stores.ts';
import { readOnlyStore } from './read-only-store.ts';
import { replaceDamaged, saysDamaged } from './replace-damaged.ts';

/** The store that a restore replaces, to be read. `unreadable`: it is damaged, or not a store of calloff. */
export type PresentStore = Store | 'none' | 'unreadable';

/** The store of a folder, kept from every other process. */
export interface HeldStore {
  readonly present: PresentStore;
  /**
   * Puts another file in the place of the store, in one step: a process that dies meanwhile leaves the one or the other there.
   * Returns the name under which the store before it is kept, without one if there was none; the files beside a damaged store are
   * kept beside that name. `no_links`: the file system cannot give the store a second name, so nothing was done.
   */
  replaceWith(draft: string, at: string): { readonly kept: string | undefined } | 'no_links';
  /** Lets other processes use the store. One that was only made to be locked is removed. */
  release(): void;
}

/** A held store, or why it cannot be held. */
type Held =
  | { readonly ok: true; readonly store: HeldStore }
  | { readonly ok: false; readonly kind: BackupFaultKind };

/** How a store is held. */
interface HoldTerms {
  readonly force: boolean;
  readonly dryRun: boolean;
  readonly disk: Disk;
  readonly clock: Clock;
}

/**
 * Keeps every other process from the store of a folder, which must be there. An open store in WAL mode has a lock that every
 * process with it shares, also while it does nothing: so a store that any process has open is refused as `in_use`. What its
 * write-ahead log held is in the file of the store from then on. A damaged store has no locks that count, so it is `not_lockable`
 * unless `force` says that no process uses it. A missing store is made, so that it can be locked, except for a dry run.
 */
export function holdStore(folder: string, { force, dryRun, disk, clock }: HoldTerms): Held {
  const path = storeFileIn(folder);
  const wasThere = identityOf(path) !== undefined;
  if (!wasThere && dryRun) return { ok: true, store: noStore };
  const sides = wasThere ? [] : moveSides(path, disk);
  makeFile(folder, path);
  const before = identityOf(path);
  const database = systemHost.openAt(path);
  try {
    // Unlike a change of the journal mode, this leaves every byte as it is. The checkpoint fails if the file is cut off.
    database.exec('PRAGMA busy_timeout = 0; PRAGMA locking_mode = EXCLUSIVE');
    database.exec('BEGIN EXCLUSIVE; ROLLBACK; PRAGMA wal_checkpoint');
    database.exec('BEGIN EXCLUSIVE');
    if (identityOf(path) === before) {
      const unlessRead = wasThere ? 'unreadable' : 'none';
      const present = hasTables(database) ? readOnlyStore(folder, database, clock) : unlessRead;
      return { ok: true, store: { present, ...heldStore({ path, wasThere, sides }, database, disk) } };
    }
    database.close();
    return { ok: false, kind: 'in_use' };
  } catch (error) {
    database.close();
    if (reasonOf(error) === 'SQLITE_BUSY') return { ok: false, kind: 'in_use' };
    if (!saysDamaged(error)) throw error;
    return force ? { ok: true, store: damagedStore(folder, disk) } : { ok: false, kind: 'not_lockable' };
  }
}

/** What a dry run holds if there is no store. */
const noStore: HeldStore = {
  present: 'none',
  replaceWith() {
    throw new Error('a dry run replaces nothing');
  },
  release: () => undefined,
};

/** What a held store was before. */
interface Before {
  readonly path: string;
  readonly wasThere: boolean;
  readonly sides: readonly MovedSide[];
}

function heldStore(
  { path, wasThere, sides }: Before,
  database: DatabaseSync,
  disk: Disk,
): Omit<HeldStore, 'present'> {
  let isLeft = wasThere;
  return {
    replaceWith(draft, at) {
      const kept = wasThere ? keptName(path, at) : undefined;
      asOneFile(path, database);
      if (kept !== undefined && !linked(path, kept, disk)) return 'no_links';
      disk.rename(draft, path);
      isLeft = true;
      return { kept };
    },
    release() {
      if (!isLeft) {
        asOneFile(path, database);
        for (const { from, to } of sides) disk.rename(to, from);
        disk.remove(path);
      }
      database.close();
    },
  };
}

/** Ends WAL mode, so that no part of the store is in another file. The lock stays. */
function asOneFile(path: string, database: DatabaseSync): void {
  database.exec('ROLLBACK; PRAGMA journal_mode = DELETE; BEGIN EXCLUSIVE');
  if (pragmaValue(database, 'journal_mode') !== 'delete') throw new Error('the store is still in WAL mode');
  // A process that was killed may have left it.
  rmSync(`${path}-shm`, { force: true });
}

/** A store that is too damaged to be locked. Its operator has said, by force, that no process uses it. */
function damagedStore(folder: string, disk: Disk): HeldStore {
  const path = storeFileIn(folder);
  return {
    present: 'unreadable',
    replaceWith(draft, at) {
      const kept = keptName(path, at);
      replaceDamaged({ path, draftFolder: draftFolderIn(folder), draft, kept }, disk);
      return { kept };
    },
    release() {},
  };
}

function linked(path: string, name: string, disk: Disk): boolean {
  try {
    disk.link(path, name);
    return true;
  } catch (error) {
    if (isWithoutLinks(reasonOf(error))) return false;
    throw error;
  }
}

/** A file that was given another name. */
interface MovedSide {
  readonly from: string;
  readonly to: string;
}

/** A write-ahead log without its database is of no use, and a new database must not find it. */
function moveSides(path: string, disk: Disk): MovedSide[] {
  return sideEndings.flatMap((ending) => {
    const moved = { from: `${path}${ending}`, to: leftOverName(path, ending) };
    if (identityOf(moved.from) === undefined) return [];
    disk.rename(moved.from, moved.to);
    return [moved];
  });
}
