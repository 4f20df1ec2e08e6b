import { serverInUse } from '../../shared/config/client/server-in-use.ts';
import { readSettings, type Settings } from '../../shared/config/settings.ts';
import { storeElsewhereWords } from '../../shared/messages/store-copies/backup-faults.ts';
import { exitCodes } from '../exit-codes.ts';
import { printError } from '../output/error.ts';

/**
 * The settings of a command that is about the store of this machine. `undefined` if the commands ask a server: then an error
 * is printed.
 * @throws {ConfigurationError} if the settings or the login cannot be used.
 */
export async function settingsOfOwnStore(command: 'backup' | 'restore'): Promise<Settings | undefined> {
  const settings = readSettings();
  const server = await serverInUse(settings);
  if (server === undefined) return settings;
  printError(storeElsewhereWords(command, server.url));
  process.exitCode = exitCodes.usage;
  return undefined;
}
