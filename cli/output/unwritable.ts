import { ownCommand } from '../../shared/config/calloff-command.ts';
import { lostAnswers, unwritableMessage } from '../../shared/messages/faults.ts';
import { exitCodes } from '../exit-codes.ts';
import { printError } from './error.ts';

/** Commands that report their own end. */
const servers = ['mcp', 'serve'];

/**
 * Ends the process because its answer cannot be written, and names the place that shows what was done. A reader such as `head` may
 * have seen enough of what a command only looked up: then there is nothing to say.
 */
export function endUnwritable({ code = 'unknown' }: NodeJS.ErrnoException, command: string): void {
  if (servers.includes(command)) return;
  const lost = new Map(Object.entries(lostAnswers)).get(command)?.(ownCommand() ?? 'calloff');
  const isReader = code === 'EPIPE' || code === 'EIO';
  if (!isReader || lost !== undefined)
    printError({ what: unwritableMessage(code), why: lost === undefined ? [] : [lost] });
  process.exit(exitCodes.notDone);
}
