import { Command, CommanderError } from 'commander';
import { ConfigurationError } from '../shared/config/settings.ts';
import { version } from '../shared/version.ts';
import { addAudit } from './audit.ts';
import { addCancel } from './cancel.ts';
import { addConfirm } from './confirm.ts';
import { addDoctor } from './doctor.ts';
import { exitCodes } from './exit.ts';
import { addList } from './list.ts';
import { addLook } from './look.ts';
import { addMcp } from './mcp.ts';
import { addServe } from './serve.ts';
import { addSlack } from './slack.ts';
import { addToken } from './token.ts';
import { endUnwritable } from './unwritable.ts';

const program = new Command('calloff')
  .description('Calls off compute jobs at IonQ, PromptLoop, Ionworks and Sutro, and says only what is true.')
  .version(version)
  .showHelpAfterError('Run with --help to see what there is.')
  .addHelpText(
    'after',
    '\nThe keys, the configuration file and the folder of the store are named by environment variables: see the README.\nExit codes: 0 all stopped or already over, 1 something is not or not yet, 2 usage.',
  )
  .exitOverride();

for (const add of [
  addCancel,
  addList,
  addLook,
  addDoctor,
  addServe,
  addMcp,
  addToken,
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
