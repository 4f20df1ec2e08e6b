import { randomUUID } from 'node:crypto';
import { createInterface } from 'node:readline/promises';
import type { ConsentAnswer, RequestContext } from '../shared/cancellation/request-context.ts';
import { readSettings } from '../shared/config/settings.ts';
import type { Gateway } from '../shared/gateway.ts';
import { type Log, logToStderr } from '../shared/lib/log.ts';
import { localUser, openLocal } from '../shared/local-gateway.ts';

/** What a command works with. */
export interface LocalCall {
  readonly gateway: Gateway;
  readonly context: RequestContext;
}

/** Whoever waits for the answer reads there why a provider could not be reached. */
const log: Log = (entry) => {
  if (entry.event !== 'provider_unreachable') logToStderr(entry);
};

/** What ends a call: Ctrl-C, whoever stops the process, and the end of the terminal. */
const endings = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/**
 * A gateway in this process, on the configuration of this machine, and a call of its user. A signal to stop ends the
 * call: what is not sent then is not sent, and what is has its outcome written down and reported.
 * @throws {ConfigurationError} when the configuration, or the folder of the store, cannot be used.
 */
export async function localCall(): Promise<LocalCall> {
  const { gateway, configuration } = await openLocal(readSettings(), { log });
  const interrupted = new AbortController();
  const { signal } = interrupted;
  for (const ending of endings)
    process.once(ending, () => {
      interrupted.abort();
      gateway.hasten();
    });
  const caller = localUser('cli', configuration.initial);
  const context = {
    requestId: randomUUID(),
    caller,
    surface: 'cli',
    signal,
    // Who asks and who would answer are the same here, unlike at a client of `calloff mcp`.
    ...(caller.rights.selfConfirm && {
      askPerson: (question: string) => askPerson(async () => question, signal),
    }),
  } as const;
  return { gateway, context };
}

/**
 * Asks whoever sits at the terminal; anything but a yes is a no, and Ctrl-C, the end of the input or of the call no
 * answer. The question is made only where there is somebody to read it.
 */
export async function askPerson(
  makeQuestion: () => Promise<string>,
  signal: AbortSignal | undefined,
): Promise<Exclude<ConsentAnswer, 'cooldown'>> {
  if (!process.stdin.isTTY || !process.stderr.isTTY) return 'unavailable';
  process.stderr.write(`${await makeQuestion()}\n`);
  const terminal = createInterface({ input: process.stdin, output: process.stderr });
  try {
    const closed = new Promise<undefined>((resolve) => terminal.once('close', () => resolve(undefined)));
    const asked = terminal.question('Cancel them? [y/N] ', { signal }).catch(() => undefined);
    const answer = await Promise.race([asked, closed]);
    if (answer === undefined) {
      process.stderr.write('\n');
      return 'no_answer';
    }
    return /^y(es)?$/i.test(answer.trim()) ? 'agreed' : 'declined';
  } finally {
    terminal.close();
  }
}
