import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { claimsOf } from './operations/claims.ts';
import { type Run, runOnce } from './operations/run.ts';
import { tableOf } from './operations/table.ts';

/**
 * Operations of 1,000, 10,000 and 100,000 jobs over four pretend providers in a process of their own, of which every tenth job is
 * over before and three of a hundred meet each kind of fault. Says what they cost, checks every outcome against what the providers
 * know, and fails if a claim does not hold. calloff has the heap that `calloff serve` gives itself; with `--no-bounded`, that of
 * Node. Smaller operations are measured several times, and the median counts.
 */
const { values } = parseArgs({
  options: {
    jobs: { type: 'string', default: '1000,10000,100000' },
    faults: { type: 'boolean', default: true },
    bounded: { type: 'boolean', default: true },
    minutes: { type: 'string', default: '15' },
    write: { type: 'string' },
  },
  allowNegative: true,
});
const sizes = values.jobs.split(',').map(Number);
const until = performance.now() + Number(values.minutes) * 60_000;
/** How many jobs are measured of a size at least. */
const measured = 5_000;

const folder = await mkdtemp(join(tmpdir(), 'calloff-bench-'));
try {
  const runs: Run[] = [];
  for (const jobs of sizes) runs.push(await median(jobs));
  const claims = claimsOf(runs);
  const text = `${tableOf(runs)}\n${claims.map(({ claim, holds }) => `- ${holds ? 'holds' : 'FAILS'}: ${claim}`).join('\n')}\n`;
  process.stdout.write(text);
  if (values.write !== undefined) await writeFile(values.write, text);
  if (claims.some(({ holds }) => !holds)) process.exitCode = 1;
} finally {
  await rm(folder, { recursive: true });
}

/** The run whose processor time is the median; what was said falsely in any of them. */
async function median(jobs: number): Promise<Run> {
  const rounds = Math.max(1, Math.round(measured / jobs));
  const runs: Run[] = [];
  for (let seed = 1; seed <= rounds; seed += 1) {
    const leftMs = until - performance.now();
    runs.push(
      await runOnce({ jobs, seed, hasFaults: values.faults, isBounded: values.bounded, leftMs, folder }),
    );
    process.stderr.write(
      `${jobs} jobs, round ${seed} of ${rounds}: ${JSON.stringify(runs.at(-1)?.figures)}\n`,
    );
  }
  const sorted = runs.toSorted((one, other) => one.figures.cpuMicros - other.figures.cpuMicros);
  const middle = sorted[sorted.length >> 1];
  if (middle === undefined) throw new Error('nothing was measured');
  return { ...middle, lies: runs.flatMap(({ lies }) => lies) };
}
