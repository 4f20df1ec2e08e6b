import { readdirSync } from 'node:fs';
import { basename, join } from 'node:path';
import { storeFileIn } from '../sqlite/file.ts';
import type { Disk } from './disk.ts';
import { identityOf, sideEndings } from './inspect.ts';

/** The name under which the store at a path is kept by a restore at some time. */
export function keptName(path: string, at: string): string {
  return `${path}.before-${at}`;
}

/** The name of a file that lay beside the place of a store that was not there. `ending`: such as `-wal`. */
export function leftOverName(path: string, ending: string): string {
  return `${path}.left-over${ending}`;
}

/**
 * Removes what restores have left that were killed. A second name of the store: a copy of the file under such a name would lack
 * what its write-ahead log holds. And a copy of a damaged store's log whose file did not get its name: that store is in its place.
 */
export function removeLeftOvers(folder: string, disk: Disk): void {
  const path = storeFileIn(folder);
  const own = identityOf(path);
  const names = namesIn(folder, keptName(path, ''));
  for (const file of names) if (identityOf(file) === own) disk.remove(file);
  for (const file of names) {
    const main = mainOf(file);
    if (main !== undefined && identityOf(main) === undefined) disk.remove(file);
  }
}

/** The files that restores have kept: each store from before, without the files beside it, and logs without their store. */
export function keptFilesIn(folder: string): string[] {
  const path = storeFileIn(folder);
  const stores = namesIn(folder, keptName(path, '')).filter((file) => mainOf(file) === undefined);
  return [...stores, ...namesIn(folder, leftOverName(path, ''))].toSorted();
}

/** The database that a file lies beside; `undefined` if it is one itself. */
function mainOf(file: string): string | undefined {
  const ending = sideEndings.find((each) => file.endsWith(each));
  return ending && file.slice(0, -ending.length);
}

function namesIn(folder: string, beginning: string): string[] {
  return readdirSync(folder)
    .filter((name) => name.startsWith(basename(beginning)))
    .map((name) => join(folder, name));
}
