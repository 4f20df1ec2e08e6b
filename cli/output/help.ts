import type { Argument, Command } from 'commander';
import { capitalized } from '../../shared/lib/text.ts';
import { paint, terminalOf } from './terminal.ts';
import { wrapText } from './wrap.ts';

/** A command line, and what it does. */
export type Example = readonly [line: string, does: string];

/** Shows examples at the end of a command's help, each below what it does. */
export function addExamples(command: Command, examples: readonly Example[]): void {
  const lines = examples.map(([line, does]) => `  ${capitalized(does)}:\n    ${line}`);
  command.addHelpText('after', () => `\n${bold('Examples:')}\n${lines.join('\n')}`);
}

/** Puts a note below the help of a command. */
export function addNote(command: Command, note: string): void {
  command.addHelpText('after', () => `\n${wrapText(note, helpWidth()).join('\n')}`);
}

/** Lays the help of a command, and of those below it, out for the terminal. */
export function styleHelp(command: Command): void {
  command.configureHelp({
    helpWidth: helpWidth(),
    styleTitle: bold,
    subcommandTerm: (child) => [child.name(), ...child.registeredArguments.map(termOf)].join(' '),
  });
  for (const child of command.commands) styleHelp(child);
}

/** Help has a width for readers in a pipe, too. */
function helpWidth(): number {
  const { width } = terminalOf(process.stdout);
  return Number.isFinite(width) ? width : 80;
}

function termOf(argument: Argument): string {
  return `<${argument.name()}${argument.variadic ? '...' : ''}>`;
}

function bold(text: string): string {
  return paint(text, 'bold', terminalOf(process.stdout));
}
