import { readFile, writeFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { medianOf } from './figures.ts';
import { type Measured, measure, measureIdle, type Way } from './machine/run.ts';
import { machineTables } from './machine/table.ts';
import { inPlace } from './page.ts';

/**
 * What one machine takes for a verified cancel, and costs in a month: `calloff serve` with its SQLite file cancels jobs at pretend
 * providers that answer at once, by single calls and as operations. Asks only 127.0.0.1, and needs Linux, which says what a process
 * takes. The smaller number is measured several times, and the median counts. Writes the tables into docs/deploy.md; with other
 * `--jobs` it only prints them. Fails if a job is not cancelled.
 */
const usual = '1000,10000';
const { values } = parseArgs({ options: { jobs: { type: 'string', default: usual } } });
const ways: readonly Way[] = ['single calls', 'operation'];
const sizes = values.jobs.split(',').map(Number);
/** How many jobs are cancelled of each number at least. */
const measured = 5_000;
const page = 'docs/deploy.md';
/** How long a server without a request is watched, in seconds. */
const idleSeconds = 30;
if (process.platform !== 'linux') throw new Error('only Linux says in /proc what a process takes');

const runs: Measured[] = [];
for (const way of ways) for (const cancels of sizes) runs.push(await medians(way, cancels));
const tables = machineTables({ runs, idleSeconds: await measureIdle(idleSeconds) });
process.stdout.write(`${tables}\n`);
if (values.jobs === usual) await writeFile(page, inPlace(await readFile(page, 'utf8'), 'machine', tables));

async function medians(way: Way, cancels: number): Promise<Measured> {
  const all: Measured[] = [];
  const rounds = Math.max(1, Math.round(measured / cancels));
  for (let round = 1; round <= rounds; round += 1) {
    all.push(await measure(way, cancels));
    process.stderr.write(`${way}, round ${round} of ${rounds}: ${JSON.stringify(all.at(-1))}\n`);
  }
  const median = (of: (each: Measured) => number) => medianOf(all.map(of));
  return {
    ...{ way, cancels },
    cpuSeconds: median((each) => each.cpuSeconds),
    idleBytes: median((each) => each.idleBytes),
    mostBytes: median((each) => each.mostBytes),
    storeBytes: median((each) => each.storeBytes),
    requests: median((each) => each.requests),
  };
}
