import { type Terminal, terminalOf } from './terminal.ts';

/** Options of every command that prints. */
export interface OutputOptions {
  readonly json?: true;
}

/** Prints a table on a terminal; prints JSON, whole and uncut, if the output is piped or `--json` asks for it. */
export function print(value: object, { json }: OutputOptions, toText: (terminal: Terminal) => string): void {
  const isJson = json || !process.stdout.isTTY;
  const text = isJson ? JSON.stringify(value, null, 2) : toText(terminalOf(process.stdout));
  process.stdout.write(`${text}\n`);
}
