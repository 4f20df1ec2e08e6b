import type { BackupFault, BackupFaultKind } from '../../contract/backup.ts';

/** The file of a copy, and the folder of the store. */
interface BackupPlaces {
  readonly file: string;
  readonly folder: string;
}

/** What is wrong with a copy, why, and what to do. */
interface BackupWords {
  readonly what: string;
  readonly why: readonly string[];
  readonly nextStep: string;
}

type Sentences = Record<
  BackupFaultKind,
  (places: BackupPlaces) => { readonly why: string; readonly step: string }
>;

const sentences: Sentences = {
  no_store: ({ folder }) => ({
    why: `There is no store in ${folder}.`,
    step: 'Set CALLOFF_DATA_DIR to the folder of the store, as the server has it.',
  }),
  not_a_store: ({ folder }) => ({
    why: `The file calloff.sqlite in ${folder} is not a store of calloff.`,
    step: 'Set CALLOFF_DATA_DIR to the folder of the store, as the server has it.',
  }),
  file_exists: ({ file }) => ({
    why: `${file} already exists.`,
    step: 'Name another file, or replace this one with --force.',
  }),
  not_a_file: ({ file }) => ({
    why: `${file} is a folder, a device or a pipe, and no file.`,
    step: 'Name a new file.',
  }),
  is_the_store: ({ file }) => ({
    why: `${file} belongs to the store itself.`,
    step: 'Name a file elsewhere, best on another disk.',
  }),
  log_beside: ({ file }) => ({
    why: `A write-ahead log or a journal lies beside ${file}, and would be read as a part of the copy. A program has opened the file that was there, or was killed with it.`,
    step: `Close that program, or remove ${file}-wal and ${file}-journal if no program uses them. Or name another file.`,
  }),
  under_way: ({ file }) => ({
    why: `Another process is copying the store to ${file}.`,
    step: 'Wait until it has ended, or name another file.',
  }),
  store_locked: ({ folder }) => ({
    why: `Another process has locked the store in ${folder}.`,
    step: 'Try again, or close the program that has the file open, such as a database browser.',
  }),
  in_use: ({ folder }) => ({
    why: `Another process uses the store in ${folder}: a "calloff serve", a "calloff mcp" or another command.`,
    step: 'Stop it, then run the command again.',
  }),
  not_lockable: ({ folder }) => ({
    why: `The store in ${folder} is too damaged to tell whether another process uses it.`,
    step: 'Stop every calloff on this machine, then run the command again with --force.',
  }),
  no_file: ({ file }) => ({
    why: `There is no file ${file}.`,
    step: 'Name a file that "calloff backup" has made.',
  }),
  has_log: ({ file }) => ({
    why: `A write-ahead log or a journal lies beside ${file}: it is the file of a store in use, and does not hold all of it.`,
    step: 'Set CALLOFF_DATA_DIR to the folder of that store and run "calloff backup", which copies all of it. Restore that copy.',
  }),
  foreign: ({ file }) => ({
    why: `${file} is not a copy of a store of calloff.`,
    step: 'Name a file that "calloff backup" has made.',
  }),
  too_new: ({ file }) => ({
    why: `A newer version of calloff made ${file}.`,
    step: 'Update calloff, then run the command again.',
  }),
  damaged: ({ file }) => ({
    why: `${file} is damaged: SQLite's check of its integrity failed.`,
    step: 'Restore another copy.',
  }),
  no_links: ({ folder }) => ({
    why: `The file system of ${folder} has no hard links, so the present store cannot be kept under another name.`,
    step: 'Move calloff.sqlite to another folder yourself, then run the command again.',
  }),
  unusable: ({ file }) => ({
    why: `${file} or the store cannot be used.`,
    step: 'Name a file in a folder that you may write to, with enough space, and run the command as the user of the server.',
  }),
};

/** What the codes of the system and of SQLite say, as a clause. */
const codeWords: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such folder',
  ENOTDIR: 'a file is in the place of a folder',
  EISDIR: 'a folder is in its place',
  EACCES: 'this user may not read or write there',
  EPERM: 'this user may not read or write there',
  EIO: 'the disk has a fault',
  EROFS: 'the disk is read-only',
  ENOSPC: 'the disk is full',
  EDQUOT: 'the disk is full',
  SQLITE_FULL: 'the disk is full',
  SQLITE_CORRUPT: 'the store is damaged',
  SQLITE_NOTADB: 'the store is damaged',
  SQLITE_READONLY: 'calloff may not write to the store',
};

/** Says that the store was not copied, or not restored, why, and what to do. */
export function backupFaultWords(
  done: 'copied' | 'restored',
  { kind, code }: BackupFault,
  places: BackupPlaces,
): BackupWords {
  const { why, step } = sentences[kind](places);
  const nothing = done === 'restored' ? ' Nothing was changed.' : '';
  return { what: `The store was not ${done}.${nothing}`, why: [withCode(why, code)], nextStep: step };
}

/** The reason with which the audit records that a restore paused an operation. */
export const restoredReason = 'the store was restored from a copy';

function withCode(sentence: string, code: string | undefined): string {
  if (code === undefined) return sentence;
  return `${sentence.slice(0, -1)}: ${codeWords[code] ?? `the system says ${code}`}.`;
}

/** Says that a command is about the store of this machine, while the commands ask a server. `command`: such as `backup`. */
export function storeElsewhereWords(command: 'backup' | 'restore', url: string): BackupWords {
  return {
    what: `"calloff ${command}" is about the store of this machine, and the commands ask the server at ${url}.`,
    why: ['That server has a store of its own. Nothing was done.'],
    nextStep:
      'Run the command on the machine of the server. On AWS use the point-in-time recovery of the table: docs/aws.md. If you mean the store of this machine, set CALLOFF_URL=none.',
  };
}
