import { serverInUse } from '../shared/config/client/server-in-use.ts';
import { readSettings } from '../shared/config/settings.ts';
import type { OperationCall } from './call.ts';

/**
 * A call of the user of this machine: at the server in use, if there is one, and otherwise at a gateway in this process, on the
 * configuration of this machine.
 * @throws {ConfigurationError} if the configuration, the login, or the folder of the store, cannot be used.
 */
export async function openCall(): Promise<OperationCall> {
  const settings = readSettings();
  const server = await serverInUse(settings);
  if (server !== undefined) return (await import('./remote/remote-call.ts')).remoteCall(server);
  return (await import('./local-call.ts')).localCall();
}
