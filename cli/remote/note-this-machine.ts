import { serverInUse } from '../../shared/config/client/server-in-use.ts';
import { readSettings } from '../../shared/config/settings.ts';
import { terminalOf } from '../output/terminal.ts';
import { wrapText } from '../output/wrap.ts';

/**
 * Says on standard error that a command is about this machine, if the others ask a server. `what`: what it is about.
 * @throws {ConfigurationError} if the settings cannot be used.
 */
export async function noteThisMachine(what: string): Promise<void> {
  const server = await serverInUse(readSettings()).catch(() => undefined);
  if (server === undefined) return;
  const note = `This is about ${what} of this machine, not about the server at ${server.url}.`;
  process.stderr.write(`${wrapText(note, terminalOf(process.stderr).width).join('\n')}\n`);
}
