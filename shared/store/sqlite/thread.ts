import { Worker } from 'node:worker_threads';
import { StoreUnavailableError, threadEnded } from '../errors.ts';
import type { StoreAnswer, StoreFault, StoreQuestion, StoreReply } from './protocol.ts';

/** Beside this file from source, and beside the bundle that holds this code: see scripts/build.ts. */
const workerFile = import.meta.url.endsWith('.ts') ? './worker.ts' : './sqlite-worker.mjs';

interface Waiting {
  resolve(answer: StoreAnswer): void;
  reject(error: Error): void;
}

/**
 * The thread that owns the SQLite file in a folder, so that no wait for a disk or for another process holds up this one.
 * It starts with the first question, and anew with the next if it has died. The process lives on while a question is
 * open, and not for the thread alone.
 */
export class SqliteThread {
  readonly #folder: string;
  readonly #waiting = new Map<number, Waiting>();
  #worker: Worker | undefined;
  #asked = 0;

  constructor(folder: string) {
    this.#folder = folder;
  }

  /** Rejects with the error that the thread met. */
  ask(question: StoreQuestion): Promise<StoreAnswer> {
    this.#worker ??= this.#start();
    const worker = this.#worker;
    this.#asked += 1;
    const id = this.#asked;
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject });
      worker.ref();
      worker.postMessage({ id, question });
    });
  }

  #start(): Worker {
    const worker = new Worker(new URL(workerFile, import.meta.url), {
      name: 'calloff store',
      workerData: { folder: this.#folder },
    });
    worker.on('message', (told: StoreReply) => this.#settle(told));
    // The end of the thread says the same, and comes in any case.
    worker.on('error', () => undefined);
    worker.once('exit', () => {
      this.#worker = undefined;
      for (const { reject } of this.#waiting.values()) reject(threadEnded());
      this.#waiting.clear();
    });
    return worker;
  }

  #settle(told: StoreReply): void {
    const waiting = this.#waiting.get(told.id);
    this.#waiting.delete(told.id);
    if (this.#waiting.size === 0) this.#worker?.unref();
    if ('answer' in told) waiting?.resolve(told.answer);
    else waiting?.reject(errorOf(told.fault));
  }
}

function errorOf(fault: StoreFault): Error {
  switch (fault.name) {
    case 'StoreUnavailableError':
      return new StoreUnavailableError(fault.message, fault.reason, fault.cause);
    case 'Error':
      return new Error(fault.message);
  }
}
