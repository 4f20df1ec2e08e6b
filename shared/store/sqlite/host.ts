import { linkSync } from 'node:fs';
import type { DatabaseSync } from 'node:sqlite';
import { loadSqlite } from './module.ts';

/** The steps between which other processes may replace the file. */
export interface SqliteHost {
  /** Opens the file at a path. SQLite reads nothing of it yet. */
  openAt(path: string): DatabaseSync;
  /** Gives a file a second name. */
  link(file: string, name: string): void;
}

/** SQLite and the file system of this machine. */
export const systemHost: SqliteHost = {
  openAt(path) {
    const { DatabaseSync } = loadSqlite();
    return new DatabaseSync(path);
  },
  link: linkSync,
};
