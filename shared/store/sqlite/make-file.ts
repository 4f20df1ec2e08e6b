import { randomUUID } from 'node:crypto';
import { accessSync, constants, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { reasonOf } from './error.ts';
import { type SqliteHost, systemHost } from './host.ts';

const pageSize = 4_096;
const forOwnerAlone = 0o600;

/**
 * Makes the folder and the file if they are missing, for their owner alone: SQLite would make the file readable for all, and
 * copies its permissions to its own files. An existing file is not opened here, because closing it would release the locks of
 * this process's other handles.
 */
export function makeFile(folder: string, path: string, host: SqliteHost = systemHost): void {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  if (isThere(path)) return;
  unlessThere(() => putPage(path, host));
  accessSync(path, constants.R_OK | constants.W_OK);
}

function isThere(path: string): boolean {
  try {
    accessSync(path, constants.R_OK | constants.W_OK);
    return true;
  } catch (error) {
    if (reasonOf(error) !== 'ENOENT') throw error;
    return false;
  }
}

/**
 * Puts the first page at the path in one step. SQLite takes an empty file for a new database and deletes the write-ahead log
 * at its path. If the folder was replaced meanwhile, that is the log of another file:
 * https://www.sqlite.org/howtocorrupt.html#_unlinking_or_renaming_a_database_file_while_in_use
 */
function putPage(path: string, host: SqliteHost): void {
  const draft = `${path}-${randomUUID()}`;
  try {
    writeFileSync(draft, firstPage(), { flag: 'wx', mode: forOwnerAlone });
    linkOrWrite(draft, path, host);
  } finally {
    rmSync(draft, { force: true });
  }
}

function linkOrWrite(draft: string, path: string, { link }: SqliteHost): void {
  try {
    link(draft, path);
  } catch (error) {
    if (!isWithoutLinks(reasonOf(error))) throw error;
    writeFileSync(path, firstPage(), { flag: 'wx', mode: forOwnerAlone });
  }
}

/** What a file system says that has no hard links. */
const noLinks: ReadonlySet<string> = new Set([
  'EPERM',
  'ENOTSUP',
  'EOPNOTSUPP',
  'ENOSYS',
  'EINVAL',
  'EMLINK',
]);

/** Whether the error of a link says that the file system has none. */
export function isWithoutLinks(code: string | undefined): boolean {
  return noLinks.has(code ?? '');
}

function unlessThere(make: () => void): void {
  try {
    make();
  } catch (error) {
    if (reasonOf(error) !== 'EEXIST') throw error;
  }
}

/** A database in WAL mode without a table, as SQLite makes it: https://www.sqlite.org/fileformat2.html#the_database_header */
function firstPage(): Buffer {
  const page = Buffer.alloc(pageSize);
  page.write('SQLite format 3\0', 'latin1');
  page.writeUInt16BE(pageSize, 16);
  // The versions for writing and reading: 2 is WAL. Then no reserved space, and the three payload fractions.
  page.set([2, 2, 0, 64, 32, 32], 18);
  // The change counter, and the size in pages, which counts only if the counter is repeated at 92.
  for (const offset of [24, 28, 92]) page.writeUInt32BE(1, offset);
  // The schema's table: a leaf without a cell, whose content begins at the end of the page.
  page.writeUInt8(0x0d, 100);
  page.writeUInt16BE(pageSize, 105);
  return page;
}
