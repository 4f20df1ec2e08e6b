import { randomUUID } from 'node:crypto';
import { readSettings } from '../shared/config/settings.ts';
import type { Gateway } from '../shared/gateway.ts';
import { type Log, logToStderr } from '../shared/lib/log.ts';
import { type Local, localUser, openLocal } from '../shared/local-gateway.ts';
import type { OperationCall } from './call.ts';
import { askPerson } from './confirmation/ask-person.ts';
import { interruptible } from './interruptible.ts';

/** A call at a gateway in this process. */
export interface LocalCall extends OperationCall {
  readonly gateway: Gateway;
  readonly local: Pick<Local, 'configuration'>;
}

/** What the answer itself says: why a provider could not be reached, that it rejects the key, and what is unknown. */
const saidInAnswer: readonly string[] = ['provider_unreachable', 'key_rejected', 'outcome_unknown'];
const log: Log = (entry) => {
  if (!saidInAnswer.includes(entry.event)) logToStderr(entry);
};

/**
 * A gateway in this process, on the configuration of this machine, and a call of its user. A signal to stop ends the
 * call: after it calloff sends nothing more, and records and reports the outcome of what it has sent.
 * @throws {ConfigurationError} if the configuration, or the folder of the store, cannot be used.
 */
export async function localCall(): Promise<LocalCall> {
  // A command waits for its store anyway, and the start of a thread is a fifth of its time.
  const local = await openLocal(readSettings(), { log, hasStoreThread: false });
  const { gateway, configuration, sender } = local;
  const { signal, handleSignals } = interruptible(() => gateway.hasten());
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
  return { gateway, context, local, isRemote: false, workerOn: local.workerOn, sender, handleSignals };
}
