import { Command, CommanderError } from 'commander';
import { ConfigurationError } from '../shared/config/configuration-error.ts';
import { displayNames } from '../shared/contract/provider-ids.ts';
import { version } from '../shared/lib/version.ts';
import { addAudit } from './commands/audit.ts';
import { addCancel } from './commands/cancel.ts';
import { addConfirm } from './commands/confirm.ts';
import { addDoctor } from './commands/doctor.ts';
import { addLook } from './commands/get.ts';
import { addList } from './commands/list.ts';
import { addMcp } from './commands/mcp.ts';
import { addServe } from './commands/serve.ts';
import { addSlack } from './commands/slack.ts';
import { addTokenCommand } from './commands/token.ts';
import { exitCodes } from './exit-codes.ts';
import { endUnwritable } from './unwritable.ts';

const program = new Command('calloff')
  .description(
    `Calls off compute jobs at ${Object.values(displayNames).join(', ')}, and says only what is true.`,
  )
  .version(version)
  .showHelpAfterError('Run with --help to see what there is.')
  .addHelpText(
    'after',
    '\nThe keys, the configuration file and the folder of the store are named by environment variables: see docs/settings.md.\nExit codes: 0 all stopped or already over, 1 something is not or not yet, 2 usage.',
  )
  .exitOverride();

for (const add of [
  addCancel,
  addList,
  addLook,
  addDoctor,
  addServe,
  addMcp,
  addTokenCommand,
  addConfirm,
  addAudit,
  addSlack,
])
  add(program);

/** Runs the command that the process was started with, and sets its exit code. Throws for bugs of ours only. */
export async function runProgram(): Promise<void> {
  let command = '';
  program.hook('preAction', (_program, action) => {
    command = action.name();
  });
  process.stdout.on('error', (error) => endUnwritable(error, command));
  // What is under way is still to be written down, whether or not somebody reads along.
  process.stderr.on('error', () => undefined);
  try {
    await program.parseAsync();
  } catch (error) {
    if (error instanceof CommanderError)
      process.exitCode = error.exitCode === 0 ? exitCodes.done : exitCodes.usage;
    else if (error instanceof ConfigurationError) {
      process.stderr.write(`${error.message}\n`);
      process.exitCode = exitCodes.usage;
    } else throw error;
  }
}
