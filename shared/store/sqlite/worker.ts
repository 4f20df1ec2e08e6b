import { parentPort, workerData } from 'node:worker_threads';
import { StoreUnavailableError } from '../errors.ts';
import type { StoreFault, StoreReply, StoreRequest } from './protocol.ts';
import { SqliteQuestions } from './questions.ts';

/** What the thread runs that owns the SQLite file. */
const { folder }: { readonly folder: string } = workerData;
const questions = new SqliteQuestions(folder);

parentPort?.on('message', ({ id, question }: StoreRequest) => {
  questions.answer(question, {
    resolve: (answer) => tell({ id, answer }),
    reject: (error) => tell({ id, fault: faultOf(error) }),
  });
  if (question.kind === 'close') parentPort?.close();
});

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
