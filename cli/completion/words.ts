import type { Argument, Command, Option } from 'commander';
import { states } from '../../shared/contract/outcome.ts';

/** An option, as a shell completes it. `values`: the words that may follow it; `takesValue`: one must. */
export interface CompletedOption {
  readonly flags: readonly string[];
  readonly description: string;
  readonly takesValue: boolean;
  readonly values: readonly string[];
}

/** A command, as a shell completes it. `path`: its words behind `calloff`. `values`: the words that its first argument may be. */
export interface CompletedCommand {
  readonly path: readonly string[];
  readonly description: string;
  readonly children: readonly { readonly name: string; readonly description: string }[];
  readonly options: readonly CompletedOption[];
  readonly values: readonly string[];
}

/** Every command below a program, and the program itself, with the connections that are known. */
export function completedCommands(
  program: Command,
  connections: readonly string[],
  path: readonly string[] = [],
): CompletedCommand[] {
  const [first] = program.registeredArguments;
  const own = {
    path,
    description: program.description(),
    children: program.commands.map((child) => ({ name: child.name(), description: child.description() })),
    options: [...program.options.map((option) => completedOption(option, connections)), help],
    values: first === undefined ? [] : valuesOf(first, connections),
  };
  const below = program.commands.flatMap((child) =>
    completedCommands(child, connections, [...path, child.name()]),
  );
  return [own, ...below];
}

/** The commands below the program itself. */
export function subcommandsIn(commands: readonly CompletedCommand[]): CompletedCommand[] {
  return commands.filter(({ path }) => path.length > 0);
}

/** What a script knows a command by: its words, each after a space. */
export function commandKeyOf({ path }: Pick<CompletedCommand, 'path'>): string {
  return path.map((part) => ` ${part}`).join('');
}

/** The options that a value may follow, as a pattern of `case` in bash and zsh; no values if it is free text. */
export function optionPatterns(
  command: CompletedCommand,
): { readonly pattern: string; readonly values: readonly string[] }[] {
  return command.options
    .filter(({ takesValue, values }) => takesValue || values.length > 0)
    .map(({ flags, values }) => ({
      pattern: flags.map((flag) => `'${commandKeyOf(command)}:${flag}'`).join('|'),
      values,
    }));
}

const help: CompletedOption = {
  flags: ['--help'],
  description: 'display help for command',
  takesValue: false,
  values: [],
};

function completedOption(option: Option, connections: readonly string[]): CompletedOption {
  const { short, long, description, required } = option;
  return {
    flags: [short, long].filter((flag) => flag !== undefined),
    description,
    takesValue: required,
    values: valuesOf(option, connections),
  };
}

/** The words that an argument or the value of an option may be, if they are known. */
function valuesOf(of: Argument | Option, connections: readonly string[]): readonly string[] {
  const name = of.name();
  if (name === 'provider' || name === 'connection') return connections;
  return of.argChoices ?? (name === 'state' ? states : []);
}
