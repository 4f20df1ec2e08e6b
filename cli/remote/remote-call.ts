import { randomUUID } from 'node:crypto';
import { unrestrictedRights } from '../../shared/access/caller.ts';
import type { ServerInUse } from '../../shared/config/client/server-in-use.ts';
import { useProxy } from '../../shared/http/proxy.ts';
import { proxyFinding } from '../../shared/messages/cause.ts';
import type { OperationCall } from '../call.ts';
import { askPerson } from '../confirmation/ask-person.ts';
import { interruptible } from '../interruptible.ts';
import { createRemoteGateway } from './remote-gateway.ts';
import { withConsent } from './with-consent.ts';

/** Stands for the caller, whom only the server knows, and whose rights only the server judges. */
export const callerThere = {
  id: 'the caller at the server',
  kind: 'person',
  rights: unrestrictedRights,
} as const;

/**
 * A call of the token's caller at a server. A signal to stop ends the wait for an answer.
 */
export async function remoteCall(server: ServerInUse): Promise<OperationCall> {
  startProxy(server);
  const { signal, handleSignals } = interruptible(() => undefined);
  return {
    gateway: withConsent(createRemoteGateway(server, 'cli')),
    context: {
      requestId: randomUUID(),
      caller: callerThere,
      surface: 'cli',
      signal,
      askPerson: (question: string) => askPerson(async () => question, signal),
    },
    isRemote: true,
    // The server works on its operations itself.
    workerOn: () => ({ seesOthers: true, start: () => undefined, stop: async () => undefined }),
    sender: { start: () => undefined, finish: async () => undefined },
    handleSignals,
  };
}

/** Sends the requests of this process through the proxy of the environment, or says why not. */
export function startProxy({ proxy }: Pick<ServerInUse, 'proxy'>): void {
  const use = useProxy(proxy);
  if (use !== 'none' && use !== 'used') process.stderr.write(`${proxyFinding(use)}\n`);
}
