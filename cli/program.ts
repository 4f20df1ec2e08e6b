import { Command, CommanderError } from 'commander';
import { ConfigurationError } from '../shared/config/configuration-error.ts';
import { displayNames } from '../shared/contract/provider-ids.ts';
import { capitalized } from '../shared/lib/text.ts';
import { version } from '../shared/lib/version.ts';
import { addBackup } from './backup/backup-command.ts';
import { addRestore } from './backup/restore-command.ts';
import { addAudit } from './commands/audit.ts';
import { addCancel } from './commands/cancel.ts';
import { addCompletion } from './commands/completion.ts';
import { addConfirm } from './commands/confirm.ts';
import { addDoctor } from './commands/doctor.ts';
import { addFollow } from './commands/follow.ts';
import { addGet } from './commands/get.ts';
import { addList } from './commands/list.ts';
import { addMcp } from './commands/mcp.ts';
import { addOperations } from './commands/operations.ts';
import { addPause } from './commands/pause.ts';
import { addResume } from './commands/resume.ts';
import { addServe } from './commands/serve.ts';
import { addSlack } from './commands/slack.ts';
import { addTestAdapter } from './commands/test-adapter.ts';
import { addTokenCommand } from './commands/token.ts';
import { exitCodes } from './exit-codes.ts';
import { addHealth } from './health/command.ts';
import { addLogin } from './login/login.ts';
import { addLogout } from './login/logout.ts';
import { printConfigurationError, printUsageError } from './output/error.ts';
import { addExamples, addNote, styleHelp } from './output/help.ts';
import { endUnwritable } from './output/unwritable.ts';

const parts = [
  addList,
  addCancel,
  addGet,
  addOperations,
  addFollow,
  addPause,
  addResume,
  addConfirm,
  addAudit,
  addDoctor,
  addTestAdapter,
  addTokenCommand,
  addLogin,
  addLogout,
  addServe,
  addHealth,
  addBackup,
  addRestore,
  addMcp,
  addSlack,
  addCompletion,
] as const;

/** The command line with all its commands. */
export function createProgram(): Command {
  const program = new Command('calloff')
    .description(
      `Cancel compute jobs at ${Object.values(displayNames).join(', ')}, and see only what the provider's own status says.`,
    )
    .version(version)
    .helpCommand(false);
  for (const add of parts) add(program);
  addExamples(program, [
    ['calloff list', 'see what runs'],
    ['calloff cancel ionq 454d00f0-88ef-405d-a288-abd8ab0a6097', 'cancel a job'],
    ['calloff doctor', 'check the keys'],
  ]);
  addNote(
    program,
    'Environment variables hold the keys, and name the configuration file and the data folder: docs/settings.md describes them.',
  );
  addNote(
    program,
    'Exit codes: 0 every job is cancelled or was over already, or would be cancelled in a dry run; 1 some job is not cancelled, or not yet; 2 wrong usage, or a configuration that cannot be used.',
  );
  tellErrors(program, []);
  styleHelp(program);
  return program;
}

/** Lets a command, and those below it, tell errors in calloff's shape and leave the process to its caller. */
function tellErrors(command: Command, words: readonly string[]): void {
  command.exitOverride().configureOutput({
    outputError: (text) => printUsageError([sentence(text)], words.join(' ')),
  });
  for (const child of command.commands) tellErrors(child, [...words, child.name()]);
}

/** What Commander says of a command line, as a sentence. */
function sentence(text: string): string {
  const message = text.trim().replace(/^error: /, '');
  return `${capitalized(message)}${/[.?)]$/.test(message) ? '' : '.'}`;
}

/** Runs the command that the process was started with, and sets its exit code. Throws only on a bug. */
export async function runProgram(): Promise<void> {
  const program = createProgram();
  let command = '';
  program.hook('preAction', (_program, action) => {
    command = action.name();
  });
  process.stdout.on('error', (error) => endUnwritable(error, command));
  // calloff still records what is under way if the reader of its errors is gone.
  process.stderr.on('error', () => undefined);
  try {
    await program.parseAsync();
  } catch (error) {
    if (error instanceof CommanderError)
      process.exitCode = error.exitCode === 0 ? exitCodes.done : exitCodes.usage;
    else if (error instanceof ConfigurationError) printConfigurationError(error);
    else throw error;
  }
}
