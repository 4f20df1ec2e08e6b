import { mkdirSync, readdirSync } from 'node:fs';
import { basename, join } from 'node:path';
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

/**
 * Keeps every other process from the store of a folder. An open store in WAL mode has a lock that every process with it shares,
 * also while it does nothing, and SQLite leaves WAL mode only without another: so a store that any process has open is refused
 * as `in_use`. From then on the store is one file, which holds what its write-ahead log held. A damaged store has no locks that
 * count, so it is `not_lockable` unless `force` says that no process uses it. A missing store is made, so that it can be locked.
 */
export function holdStore(
  folder: string,
  { force, disk, clock }: { readonly force: boolean; readonly disk: Disk; readonly clock: Clock },
): Held {
  const path = storeFileIn(folder);
  const wasThere = identityOf(path) !== undefined;
  if (!wasThere) {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    moveSides(path, disk);
  }
  makeFile(folder, path);
  const before = identityOf(path);
  const database = systemHost.openAt(path);
  try {
    database.exec('PRAGMA busy_timeout = 0');
    database.exec('PRAGMA journal_mode = DELETE');
    database.exec('BEGIN EXCLUSIVE');
    const isAlone = pragmaValue(database, 'journal_mode') === 'delete' && identityOf(path) === before;
    if (isAlone) {
      const unlessRead = wasThere ? 'unreadable' : 'none';
      const present = hasTables(database) ? readOnlyStore(folder, database, clock) : unlessRead;
      return { ok: true, store: { present, ...heldStore(path, wasThere, database, disk) } };
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

function heldStore(
  path: string,
  wasThere: boolean,
  database: DatabaseSync,
  disk: Disk,
): Omit<HeldStore, 'present'> {
  let isLeft = wasThere;
  return {
    replaceWith(draft, at) {
      const kept = wasThere ? keptName(path, at) : undefined;
      if (kept !== undefined && !linked(path, kept, disk)) return 'no_links';
      disk.rename(draft, path);
      isLeft = true;
      return { kept };
    },
    release() {
      if (!isLeft) disk.remove(path);
      database.close();
    },
  };
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

function keptName(path: string, at: string): string {
  return `${path}.before-${at}`;
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

/** A write-ahead log without its database is of no use, and a new database must not find it. */
function moveSides(path: string, disk: Disk): void {
  for (const ending of sideEndings) {
    const side = `${path}${ending}`;
    if (identityOf(side) === undefined) continue;
    if (ending === '-shm') disk.remove(side);
    else disk.rename(side, `${path}.left-over${ending}`);
  }
}

/**
 * Removes the second names of the store that a restore left which ended before it put another file in its place: a copy of the
 * file under such a name would lack what its write-ahead log holds.
 */
export function removeSecondNames(folder: string, disk: Disk): void {
  const path = storeFileIn(folder);
  const own = identityOf(path);
  const beginning = `${basename(path)}.before-`;
  for (const name of readdirSync(folder)) {
    const other = join(folder, name);
    if (name.startsWith(beginning) && identityOf(other) === own) disk.remove(other);
  }
}
