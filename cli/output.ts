import type { Fault, Result } from '../shared/contract/result.ts';
import { plainText } from '../shared/lib/text.ts';
import { toldFaults } from '../shared/use-cases/validate.ts';
import { exitCodes } from './exit-codes.ts';

/** Options that every command which prints has. */
export interface OutputOptions {
  readonly json?: true;
}

/** Prints a table on a terminal, and JSON where something else reads along or asks for it. */
export function print(value: object, { json }: OutputOptions, toTable: () => string): void {
  const text = json || !process.stdout.isTTY ? JSON.stringify(value, null, 2) : toTable();
  process.stdout.write(`${text}\n`);
}

/**
 * The value of a request that was in order; else every fault goes to standard error. The exit code is 2 where the request
 * itself is wrong, and 1 where it is refused.
 */
export function printFaults<T>(result: Result<T>): T | undefined {
  if (result.ok) return result.value;
  const isWrong = ({ kind }: Fault) => kind === 'invalid' || kind === 'unknown_provider';
  for (const fault of toldFaults(result.faults)) {
    const path = isWrong(fault) && fault.path !== '' ? `${fault.path} ` : '';
    process.stderr.write(`${path}${fault.message}\n`);
  }
  process.exitCode = result.faults.some(isWrong) ? exitCodes.usage : exitCodes.notDone;
  return undefined;
}

/** Rows under a heading, in columns as wide as their longest cell. A cell may be foreign text: it is one line of it. */
export function table(heading: readonly string[], rows: readonly (readonly string[])[]): string {
  const all = [heading, ...rows].map((row) => row.map(plainText));
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
