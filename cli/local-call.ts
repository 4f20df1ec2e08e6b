import { randomUUID } from 'node:crypto';
import type { RequestContext } from '../shared/cancellation/request-context.ts';
import { readSettings } from '../shared/config/settings.ts';
import type { Gateway } from '../shared/gateway.ts';
import { type Log, logToStderr } from '../shared/lib/log.ts';
import { type Local, localUser, openLocal } from '../shared/local-gateway.ts';
import { askPerson } from './confirmation/ask-person.ts';

/** What a command works with. */
export interface LocalCall {
  readonly gateway: Gateway;
  readonly context: RequestContext;
}

/** What a command works with that also works on operations. */
export interface OperationCall extends LocalCall {
  readonly local: Pick<Local, 'workerOn' | 'sender' | 'configuration'>;
  /** From now on a signal to stop calls this, instead of ending the call. */
  onSignal(handle: () => void): void;
}

/** The answer itself says why a provider could not be reached, so the log leaves that out. */
const log: Log = (entry) => {
  if (entry.event !== 'provider_unreachable') logToStderr(entry);
};

/** The signals that end a call: Ctrl-C, a request to stop the process, and the end of the terminal. */
const endings = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/**
 * A gateway in this process, on the configuration of this machine, and a call of its user. A signal to stop ends the
 * call: after it calloff sends nothing more, and records and reports the outcome of what it has sent.
 * @throws {ConfigurationError} if the configuration, or the folder of the store, cannot be used.
 */
export async function localCall(): Promise<OperationCall> {
  const local = await openLocal(readSettings(), { log });
  const { gateway, configuration } = local;
  const interrupted = new AbortController();
  const { signal } = interrupted;
  let end = () => {
    interrupted.abort();
    gateway.hasten();
    // A second signal ends the process.
    for (const ending of endings) process.off(ending, handle);
  };
  const handle = () => end();
  for (const ending of endings) process.on(ending, handle);
  const caller = localUser('cli', configuration.initial);
  const context = {
    requestId: randomUUID(),
    caller,
    surface: 'cli',
    signal,
    // The person who asks is the person who answers, unlike at a client of `calloff mcp`.
    ...(caller.rights.selfConfirm && {
      askPerson: (question: string) => askPerson(async () => question, signal),
    }),
  } as const;
  const onSignal = (next: () => void) => {
    end = next;
  };
  return { gateway, context, local, onSignal };
}

/** The context of one more request of the same call. */
export function anotherRequest({ context }: LocalCall): RequestContext {
  return { ...context, requestId: randomUUID() };
}
