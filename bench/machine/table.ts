import { availableParallelism } from 'node:os';
import { pricesAt, smallestMachine } from './prices.ts';
import type { Measured, Way } from './run.ts';

const megabyte = 1_000_000;
const secondsOfMonth = 30 * 86_400;
/** For how many cancels a month the price is computed. */
const volumes = [1_000, 100_000, 1_000_000] as const;

/** What was measured. */
export interface Figures {
  readonly runs: readonly Measured[];
  /** Of the processor in an hour without a request, in seconds. */
  readonly idleSeconds: number;
}

/** The tables of what a machine takes and costs, in Markdown. */
export function machineTables({ runs, idleSeconds }: Figures): string {
  const day = new Date().toISOString().slice(0, 10);
  return [
    `Measured on ${day} with Node ${process.versions.node} on ${availableParallelism()} cores. Half of the jobs were at IonQ, half at Sutro, and each was confirmed as cancelled by its provider's status. Of five rounds with the smaller number the median counts:`,
    markdown(
      ['for one verified cancel', ...runs.map(({ way, cancels }) => `${words[way]}, ${count(cancels)}`)],
      [
        ['processor, ms', ...runs.map(({ cpuSeconds }) => (cpuSeconds * 1_000).toFixed(2))],
        ['requests to the provider', ...runs.map(({ requests }) => requests.toFixed(2))],
        ['growth of the store, bytes', ...runs.map(({ storeBytes }) => count(Math.round(storeBytes)))],
        ['memory of the process: at rest, at most, MB', ...runs.map(memoryOf)],
      ],
    ),
    `Without a request the process takes ${idleSeconds.toFixed(1)} s of a processor in an hour.`,
    markdown(
      [
        'cancels a month',
        'share of one processor',
        'growth of the store',
        'memory of the machine',
        'price a month',
      ],
      volumes.map((volume) => volumeRow(volume, runs, idleSeconds)),
    ),
    `The dearer of the two ways counts, with its figures at the larger number. The prices are those of Amazon Lightsail with Linux in us-east-1 on ${pricesAt} ([plans](https://docs.aws.amazon.com/lightsail/latest/userguide/amazon-lightsail-bundles.html)), for the smallest machine that has room for the process, half a gigabyte for the system and the proxy, and a year of the audit.`,
  ].join('\n\n');
}

const words: Readonly<Record<Way, string>> = { 'single calls': 'single calls', operation: 'one operation' };

function volumeRow(volume: number, runs: readonly Measured[], idleSeconds: number): string[] {
  const largest = Math.max(...runs.map(({ cancels }) => cancels));
  const counted = runs.filter(({ cancels }) => cancels === largest);
  const most = (of: (run: Measured) => number) => Math.max(...counted.map(of));
  const cpu = volume * most(({ cpuSeconds }) => cpuSeconds) + (idleSeconds / 3_600) * secondsOfMonth;
  const growth = volume * most(({ storeBytes }) => storeBytes);
  const machine = smallestMachine(
    most(({ mostBytes }) => mostBytes),
    growth,
  );
  if (machine === undefined) throw new Error('no machine of the list is large enough');
  return [
    count(volume),
    `${((100 * cpu) / secondsOfMonth).toFixed(2)} %`,
    `${count(Math.ceil(growth / megabyte))} MB`,
    machine.name,
    `$${machine.dollars}`,
  ];
}

function memoryOf({ idleBytes, mostBytes }: Measured): string {
  return `${(idleBytes / megabyte).toFixed(0)}, ${(mostBytes / megabyte).toFixed(0)}`;
}

function count(value: number): string {
  return value.toLocaleString('en');
}

function markdown(header: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
  return [line(header), `|${'---|'.repeat(header.length)}`, ...rows.map(line)].join('\n');
}
