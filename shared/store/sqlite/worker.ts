import { parentPort, workerData } from 'node:worker_threads';
import { causeIn, StoreUnavailableError } from '../errors.ts';
import { SqliteDatabase } from './database.ts';
import { LockQueue } from './lock-queue.ts';
import type { StoreFault, StoreQuestion, StoreReply, StoreRequest } from './protocol.ts';

/**
 * What the thread runs that owns the SQLite file: answers one question after the other. While another process has the
 * file locked, what writes waits in a queue of its own, and what reads goes on: in WAL it can.
 */
const { folder }: { readonly folder: string } = workerData;
const database = new SqliteDatabase(folder);
const reading = new LockQueue();
const writing = new LockQueue();
const readingKinds: ReadonlySet<StoreQuestion['kind']> = new Set(['get', 'list', 'scan']);

parentPort?.on('message', ({ id, question }: StoreRequest) => {
  const queue = readingKinds.has(question.kind) ? reading : writing;
  queue.add({
    attempt: () => attempt(id, question),
    giveUp: (locked) => tell({ id, fault: faultOf(locked) }),
  });
  if (question.kind === 'close') parentPort?.close();
});

function attempt(id: number, question: StoreQuestion): Error | undefined {
  try {
    tell({ id, answer: database.answer(question) });
  } catch (error) {
    if (error instanceof Error && causeIn(error) === 'store_locked') return error;
    tell({ id, fault: faultOf(error) });
  }
  return undefined;
}

function tell(told: StoreReply): void {
  parentPort?.postMessage(told);
}

function faultOf(error: unknown): StoreFault {
  if (error instanceof StoreUnavailableError) {
    const { message, reason, cause } = error;
    return { name: 'StoreUnavailableError', message, reason, cause };
  }
  return { name: 'Error', message: error instanceof Error ? error.message : 'something was thrown' };
}
