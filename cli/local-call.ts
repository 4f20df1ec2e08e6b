import { randomUUID } from 'node:crypto';
import { createInterface } from 'node:readline/promises';
import type { CallContext, Verdict } from '../shared/cancellation/call-context.ts';
import { readSettings } from '../shared/config/settings.ts';
import type { FixedGateway } from '../shared/gateway.ts';
import { localUser, openLocal } from '../shared/local-gateway.ts';
import { logToStderr } from '../shared/log.ts';

/** What a command works with. */
export interface LocalCall {
  readonly gateway: FixedGateway;
  readonly context: CallContext;
}

/**
 * A gateway in this process, on the configuration of this machine, and a call of its user. Ctrl-C ends the call: what is
 * not sent then is not sent, and what is has its outcome reported.
 * @throws {ConfigurationError} when the configuration, or the folder of the store, cannot be used.
 */
export function localCall(): LocalCall {
  const { gateway, configuration } = openLocal(readSettings(), { log: logToStderr });
  const interrupted = new AbortController();
  process.once('SIGINT', () => interrupted.abort());
  const caller = localUser('cli', configuration.first);
  const context = {
    requestId: randomUUID(),
    caller,
    surface: 'cli',
    signal: interrupted.signal,
    // Who asks and who would answer are the same here, unlike at a client of `calloff mcp`.
    ...(caller.rights.mayConfirmItself ? { askPerson } : {}),
  } as const;
  return { gateway, context };
}

/** Asks whoever sits at the terminal; anything but a yes is a no, and Ctrl-C or the end of the input no answer. */
export async function askPerson(question: string): Promise<Exclude<Verdict, 'resting'>> {
  if (!process.stdin.isTTY || !process.stderr.isTTY) return 'nobody';
  process.stderr.write(`${question}\n`);
  const terminal = createInterface({ input: process.stdin, output: process.stderr });
  try {
    const closed = new Promise<undefined>((resolve) => terminal.once('close', () => resolve(undefined)));
    const asked = terminal.question('Cancel them? [y/N] ').catch(() => undefined);
    const answer = await Promise.race([asked, closed]);
    if (answer === undefined) return 'no_answer';
    return /^y(es)?$/i.test(answer.trim()) ? 'agreed' : 'declined';
  } finally {
    terminal.close();
  }
}
