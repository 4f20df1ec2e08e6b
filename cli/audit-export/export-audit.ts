import { createReadStream, existsSync } from 'node:fs';
import { type FileHandle, open, realpath, rm } from 'node:fs/promises';
import type { AuditEntry } from '../../shared/access/audit/entry.ts';
import { sleep, systemClock } from '../../shared/lib/clock.ts';
import { countOf } from '../../shared/messages/counts.ts';
import { exportFaultWords } from '../../shared/messages/store-copies/export-words.ts';
import { reasonOf } from '../../shared/store/sqlite/error.ts';
import { anotherRequest, isInterrupted, type OperationCall } from '../call.ts';
import { exitCodes } from '../exit-codes.ts';
import { printError, printNotDone, valueOrPrint } from '../output/error.ts';
import { type OutputOptions, print } from '../output/print.ts';
import { auditWindows, type ReadPage } from './audit-windows.ts';
import { type Exported, readExported } from './exported-lines.ts';

/**
 * How long after the beginning of its request an entry may still come or change, in milliseconds: the time of an entry is when its
 * request began, and a person may take a while to agree.
 */
const lateMs = 3_600_000;

/** The file of an export, and whether this command has made it. */
interface Target {
  readonly file: string;
  readonly isNew: boolean;
}

/** Adds to a file what of the whole audit is not in it yet, as lines of JSON, and says how much that is. */
export async function exportAudit(call: OperationCall, file: string, output: OutputOptions): Promise<void> {
  try {
    const isNew = !existsSync(file);
    const handle = await open(file, 'a+', 0o600);
    try {
      await exportAlone(handle, { file, isNew }, call, output);
    } finally {
      await handle.close();
    }
  } catch (error) {
    if (!(error instanceof Error && 'code' in error)) throw error;
    const code = reasonOf(error) ?? String(error.code);
    fail('path' in error ? String(error.path) : file, { code });
  }
}

/** Two exports to one file at a time would add the same entries twice, and break each other's lines. */
async function exportAlone(handle: FileHandle, target: Target, call: OperationCall, output: OutputOptions) {
  const { file } = target;
  const { ForeignLockError, lockFile } = await import('../../shared/store/sqlite/file-lock.ts');
  let lock: ReturnType<typeof lockFile>;
  try {
    lock = lockFile(file);
  } catch (error) {
    if (error instanceof ForeignLockError) return fail(file, { lock: error.path });
    throw error;
  }
  if (lock === undefined) return fail(file, 'under_way');
  try {
    await exportTo(handle, target, call, output);
  } finally {
    lock.release();
  }
}

async function exportTo(
  handle: FileHandle,
  { file, isNew }: Target,
  call: OperationCall,
  output: OutputOptions,
) {
  const known = await readExported(createReadStream(file), {
    recentMs: lateMs,
    now: systemClock.wallTime(),
  });
  if (!known.ok) return fail(file, { line: known.line });
  await mend(handle, known);
  const { isWhole, added, unreadable } = await addTo(handle, known, call);
  await handle.sync();
  if (!isWhole) process.exitCode = exitCodes.notDone;
  if (!isWhole && isInterrupted(call)) printError({ what: 'Interrupted.' });
  // A new file without an entry says nothing, and the error has said why.
  if (isNew && !isWhole && known.entries + added === 0) return rm(await realpath(file));
  const told = { file, added, entries: known.entries + added, unreadable, complete: isWhole };
  print(told, output, () => sentenceOf(told));
}

function sentenceOf(told: {
  readonly file: string;
  readonly added: number;
  readonly entries: number;
  readonly complete: boolean;
}): string {
  const { file, added, entries, complete } = told;
  const end = complete ? '' : ' The export is not complete: run the same command again to go on.';
  return `${countOf(added, 'entry', 'entries')} added to ${file}, which has ${countOf(entries, 'entry', 'entries')} now.${end}`;
}

function fail(file: string, fault: Parameters<typeof exportFaultWords>[1]): void {
  printNotDone(exportFaultWords(file, fault));
}

/** Cuts off a line that was broken off, and ends a whole one. */
async function mend(handle: FileHandle, { wholeBytes, lacksLineEnd }: Exported): Promise<void> {
  await handle.truncate(wholeBytes);
  if (lacksLineEnd) await handle.appendFile('\n');
}

async function addTo(handle: FileHandle, known: Exported, call: OperationCall) {
  const from = Math.max(0, (known.latestAt ?? 0) - lateMs);
  const windows = auditWindows(pageReader(call), from, systemClock.wallTime());
  let added = 0;
  let unreadable = 0;
  for (;;) {
    const { value, done } = await windows.next();
    if (done) return { isWhole: value, added, unreadable };
    const lines = value.entries.map(lineOf).filter((line) => !known.recent.has(line));
    await handle.appendFile(lines.map((line) => `${line}\n`).join(''));
    added += lines.length;
    unreadable += value.unreadable;
  }
}

function lineOf(entry: AuditEntry): string {
  return JSON.stringify(entry);
}

/** Reads pages, and waits if the reads of the caller's minute are used up. Prints why if that is not possible. */
function pageReader(call: OperationCall): ReadPage {
  const { signal } = call.context;
  return async (request) => {
    for (;;) {
      if (isInterrupted(call)) return undefined;
      const read = await call.gateway.readAudit(request, anotherRequest(call));
      if (!read.ok && isInterrupted(call)) return undefined;
      const [fault] = read.ok ? [] : read.faults;
      if (fault?.kind !== 'rate_limited' || fault.retryAfterSeconds === undefined)
        return valueOrPrint(read, { command: 'audit' });
      await sleep(systemClock, fault.retryAfterSeconds * 1_000, signal);
    }
  };
}
