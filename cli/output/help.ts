import type { Argument, Command } from 'commander';
import { paint, terminalOf } from './terminal.ts';

/** A command line, and what it does. */
export type Example = readonly [line: string, does: string];

/** Shows examples at the end of a command's help, each below what it does. */
export function addExamples(command: Command, examples: readonly Example[]): void {
  const lines = examples.map(([line, does]) => `  ${capital(does)}:\n    ${line}`);
  command.addHelpText('after', () => `\n${bold('Examples:')}\n${lines.join('\n')}`);
}

/** Lays the help of a command, and of those below it, out for the terminal. */
export function styleHelp(command: Command): void {
  const { width } = terminalOf(process.stdout);
  command.configureHelp({
    helpWidth: Number.isFinite(width) ? width : 80,
    styleTitle: bold,
    subcommandTerm: (child) => [child.name(), ...child.registeredArguments.map(termOf)].join(' '),
  });
  for (const child of command.commands) styleHelp(child);
}

function termOf(argument: Argument): string {
  return `<${argument.name()}${argument.variadic ? '...' : ''}>`;
}

function bold(text: string): string {
  return paint(text, 'bold', terminalOf(process.stdout));
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
