import { resolve } from 'node:path';
import { PassThrough, Readable } from 'node:stream';
import type { Worker } from 'node:worker_threads';
import { runProgram } from '../../../cli/program.ts';
import type { Finished } from './run.ts';

/** How a command is run in this process. */
export interface Terms {
  /** The whole environment of the command. */
  readonly env: Readonly<Record<string, string>>;
  /** All that comes from standard input before its end. */
  readonly typed?: string | undefined;
  /** Passes the three streams for the terminal of a person. */
  readonly isTerminal?: boolean;
}

let last: Promise<unknown> = Promise.resolve();
/** What listened to Ctrl-C before the command that runs now. */
let others: readonly unknown[] = [];

/** Presses Ctrl-C for the command that runs in this process. Returns whether the command listens to it. */
export function pressCtrlC(): boolean {
  const listeners = process.listeners('SIGINT').filter((listener) => !others.includes(listener));
  for (const listener of listeners) listener('SIGINT');
  return listeners.length > 0;
}

/**
 * Runs a command of calloff as its process would, in this one, which saves its start: one after the other, because the
 * streams, the environment and the exit code are the process's. What ends or kills a process needs one of its own.
 */
export function runInProcess(args: readonly string[], terms: Terms): Promise<Finished> {
  const finished = last.then(() => runAlone(args, terms));
  last = finished.catch(() => undefined);
  return finished;
}

async function runAlone(
  args: readonly string[],
  { env, typed, isTerminal = false }: Terms,
): Promise<Finished> {
  const stdin = Object.assign(pipe(typed), { isTTY: isTerminal });
  const [stdout, stderr] = [sink(isTerminal), sink(isTerminal)];
  const argv = [process.execPath, resolve('cli/main.ts'), ...args];
  const threads: Worker[] = [];
  const onWorker = (thread: Worker) => threads.push(thread);
  const restore = replace({ stdin, stdout: stdout.stream, stderr: stderr.stream, env: { ...env }, argv });
  process.on('worker', onWorker);
  others = process.listeners('SIGINT');
  try {
    await runProgram();
    return { code: Number(process.exitCode ?? 0), stdout: stdout.text(), stderr: stderr.text() };
  } finally {
    restore();
    process.off('worker', onWorker);
    await Promise.all(threads.map((thread) => thread.terminate()));
  }
}

/** A stream that gives a text, and its end in a later turn of the loop, as a pipe does. */
function pipe(text: string | undefined): Readable {
  const chunks = text === undefined ? [] : [text];
  return new Readable({
    read() {
      setImmediate(() => this.push(chunks.shift() ?? null));
    },
  });
}

/** A stream that keeps what is written to it. */
function sink(isTTY: boolean) {
  const chunks: Buffer[] = [];
  const stream = Object.assign(new PassThrough(), { isTTY });
  stream.on('data', (chunk: Buffer) => chunks.push(chunk));
  return { stream, text: () => Buffer.concat(chunks).toString() };
}

const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/** Puts these in the place of the process's own; what is given back undoes it, and all that a command leaves behind. */
function replace(parts: Readonly<Record<string, unknown>>): () => void {
  const own = Object.keys(parts).map(
    (name) => [name, Object.getOwnPropertyDescriptor(process, name)] as const,
  );
  const listening = signals.map((signal) => [signal, process.listeners(signal)] as const);
  const { exitCode } = process;
  process.exitCode = undefined;
  for (const [name, value] of Object.entries(parts))
    Object.defineProperty(process, name, { value, configurable: true, writable: true, enumerable: true });
  return () => {
    for (const [name, descriptor] of own) Object.defineProperty(process, name, descriptor ?? {});
    for (const [signal, before] of listening)
      for (const listener of process.listeners(signal))
        if (!before.includes(listener)) process.off(signal, listener);
    process.exitCode = exitCode;
  };
}
