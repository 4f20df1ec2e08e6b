import { Argument, type Command } from 'commander';
import { withOwnAdapters } from '../../shared/config/adapters/load.ts';
import { loadConfiguration } from '../../shared/config/file/reload.ts';
import { readSettings } from '../../shared/config/settings.ts';
import { systemClock } from '../../shared/lib/clock.ts';
import { logToStderr } from '../../shared/lib/log.ts';
import { bashScript } from '../completion/bash.ts';
import { fishScript } from '../completion/fish.ts';
import { type CompletedCommand, completedCommands } from '../completion/words.ts';
import { zshScript } from '../completion/zsh.ts';
import { addExamples } from '../output/help.ts';

const scripts = new Map<string, (commands: readonly CompletedCommand[]) => string>([
  ['bash', bashScript],
  ['zsh', zshScript],
  ['fish', fishScript],
]);

/** `calloff completion <shell>` */
export function addCompletion(program: Command): void {
  const command = program
    .command('completion')
    .description('print a script that lets a shell complete commands, options and connections')
    .addArgument(new Argument('<shell>', 'the shell').choices([...scripts.keys()]))
    .action(async (shell: string) => {
      const script = scripts.get(shell)?.(completedCommands(program, await connectionNames()));
      process.stdout.write(script ?? '');
    });
  addExamples(command, [
    ['source <(calloff completion bash)', 'in bash or, with its own name, in zsh'],
    ['calloff completion fish | source', 'in fish'],
  ]);
}

/** The connections of this machine, without the network. @throws {ConfigurationError} if the configuration cannot be used. */
async function connectionNames(): Promise<string[]> {
  const settings = await withOwnAdapters(readSettings());
  return loadConfiguration(settings, { clock: systemClock, log: logToStderr }).initial.connections.map(
    ({ name }) => name,
  );
}
