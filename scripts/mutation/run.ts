import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { dirname } from 'node:path';
import { parseArgs } from 'node:util';
import { inPlace } from '../../bench/page.ts';
import { type MutationGroup, mutationGroups } from './groups.ts';
import { begunFile, mutationTable, readResult, resultsFile, scoreOf } from './report.ts';

/**
 * Mutation testing: Stryker changes the modules that decide, one thing at a time, and a test must notice each change. Names of groups,
 * such as `policy ionq`, run these alone; `--again` forgets earlier results; `--survivors` names what no test noticed. Writes the
 * table into docs/benchmarks.md if every group has a result. Fails if a group scores less than 85 %.
 */
const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    again: { type: 'boolean', default: false },
    survivors: { type: 'boolean', default: false },
    concurrency: { type: 'string', default: String(availableParallelism()) },
  },
});
const leastScore = 85;
const page = 'docs/benchmarks.md';
const wanted = mutationGroups.filter(({ name }) => positionals.length === 0 || positionals.includes(name));

const broken = wanted.filter((group) => !run(group)).map(({ name }) => name);
const results = mutationGroups.map(readResult).filter((result) => result !== undefined);
say(mutationTable(results));
if (values.survivors) for (const line of results.flatMap(({ survivors }) => survivors)) say(line);
if (results.length === mutationGroups.length && broken.length === 0) write();
const weak = results.filter((result) => scoreOf(result) < leastScore);
for (const result of weak) say(`FAILS: ${result.group.name} scores ${scoreOf(result).toFixed(1)} %`);
for (const name of broken) say(`FAILS: ${name} was not tried to the end`);
process.exitCode = weak.length + broken.length === 0 ? 0 : 1;

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}

/** Whether Stryker ran to its end: it says itself what stopped it, such as a test that fails without a mutant. */
function run(group: MutationGroup): boolean {
  const { name, modules, tests, leavesOut = [], timeoutMs = 20_000, makesLate, adapter } = group;
  say(`${name}: ${modules.join(' ')}`);
  if (values.again) rmSync(resultsFile(group), { force: true });
  mkdirSync(dirname(begunFile(group)), { recursive: true });
  writeFileSync(begunFile(group), '');
  const stryker = 'test/mutation/node_modules/@stryker-mutator/core/bin/stryker.js';
  const options = ['--mutate', modules.join(','), '--incrementalFile', resultsFile(group)];
  options.push('--timeoutMS', String(timeoutMs));
  const { status } = spawnSync(
    process.execPath,
    [stryker, 'run', 'test/mutation/stryker.json', ...options, '--concurrency', values.concurrency],
    {
      stdio: 'inherit',
      env: {
        ...process.env,
        CALLOFF_MUTATION_TESTS: tests.join(' '),
        CALLOFF_MUTATION_LEAVES_OUT: leavesOut.join('|'),
        ...(makesLate && { CALLOFF_MUTATION_LOADS_AGAIN: 'yes' }),
        ...(adapter !== undefined && { CALLOFF_MUTATION_ADAPTER: adapter }),
      },
    },
  );
  if (status === 0) rmSync(begunFile(group));
  return status === 0;
}

function write(): void {
  const day = new Date().toISOString().slice(0, 10);
  const table = `Measured on ${day} with Node ${process.versions.node}.\n\n${mutationTable(results)}`;
  writeFileSync(page, inPlace(readFileSync(page, 'utf8'), 'mutation testing', table));
}
