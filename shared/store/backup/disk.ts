import { closeSync, copyFileSync, fsyncSync, linkSync, openSync, renameSync, rmSync } from 'node:fs';

/** The steps of a backup and of a restore that outlive the process, so that a test can end it before and after each. */
export interface Disk {
  copy(from: string, to: string): void;
  /** Gives a file a second name. */
  link(file: string, name: string): void;
  rename(from: string, to: string): void;
  /** Removes a file or a folder, if it is there. */
  remove(path: string): void;
  /** Waits until the content of a file is on the disk. */
  syncFile(file: string): void;
  /** Waits until the names in a folder are on the disk. */
  syncFolder(folder: string): void;
}

/** The file system of this machine. */
export const systemDisk: Disk = {
  copy: (from, to) => copyFileSync(from, to),
  link: linkSync,
  rename: renameSync,
  remove: (path) => rmSync(path, { recursive: true, force: true }),
  syncFile: (file) => sync(file, 'r+'),
  syncFolder(folder) {
    // Windows opens no folder, and keeps names without being told.
    if (process.platform !== 'win32') sync(folder, 'r');
  },
};

function sync(path: string, flags: 'r' | 'r+'): void {
  const descriptor = openSync(path, flags);
  try {
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}
