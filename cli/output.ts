import type { Checked } from '../shared/cancellation/check.ts';
import { exitCodes } from './exit.ts';

/** Options that every command which prints has. */
export interface OutputOptions {
  readonly json?: true;
}

/** Prints a table on a terminal, and JSON where something else reads along or asks for it. */
export function print(value: object, { json }: OutputOptions, toTable: () => string): void {
  const text = json || !process.stdout.isTTY ? JSON.stringify(value, null, 2) : toTable();
  process.stdout.write(`${text}\n`);
}

/** The value of a request that was in order; else every fault goes to standard error, and the exit code is 2. */
export function orFaults<T>(result: Checked<T>): T | undefined {
  if (result.ok) return result.value;
  for (const { path, message } of result.faults)
    process.stderr.write(`${path === '' ? '' : `${path} `}${message}\n`);
  process.exitCode = exitCodes.usage;
  return undefined;
}

/** Rows under a heading, in columns as wide as their longest cell. */
export function table(heading: readonly string[], rows: readonly (readonly string[])[]): string {
  const all = [heading, ...rows];
  const widths = heading.map((_, column) => Math.max(...all.map((row) => (row[column] ?? '').length)));
  return all
    .map((row) =>
      row
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}
