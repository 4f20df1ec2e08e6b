import { readFile, writeFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { schemes } from './bars.ts';
import { inPlace, measuredOn } from './page.ts';
import { type TruthCase, truthCases } from './truth/cases.ts';
import { calloffOnCommandLine, calloffOverHttp, calloffOverMcp } from './truth/contestants/calloff.ts';
import { areClientsInstalled, officialClients } from './truth/contestants/official-clients.ts';
import { publishedPolicies } from './truth/contestants/published-policies.ts';
import { rawFetch } from './truth/contestants/raw-fetch.ts';
import { pictureOf } from './truth/picture.ts';
import { type Result, runContestant } from './truth/run.ts';
import { missedBy, type Score } from './truth/score.ts';
import { type Row, scoresOf, tablesOf } from './truth/table.ts';

/**
 * The truth score: cancels jobs at pretend providers with every fault, by calloff on three surfaces and by other clients, and holds
 * what each says against what is so. Writes the tables into docs/benchmarks.md and draws their picture. `--every 10` asks a tenth of
 * the cases, `--only NAME` those who have it in their name, and then nothing is written; `--verbose` says which claims were not so.
 * Fails if calloff says anything false, loses a job or, in a whole run, leaves a tenth open.
 */
const { values } = parseArgs({
  options: {
    only: { type: 'string', default: '' },
    every: { type: 'string', default: '1' },
    verbose: { type: 'boolean', default: false },
  },
});
const isWhole = values.only === '' && values.every === '1';
const page = 'docs/benchmarks.md';
const surfaces = [calloffOverHttp, calloffOverMcp, calloffOnCommandLine];
const contestants = [...surfaces, officialClients, publishedPolicies, rawFetch].filter(({ name }) =>
  name.includes(values.only),
);
const cases = truthCases().filter((_, index) => index % Number(values.every) === 0);
if (!areClientsInstalled) throw new Error('Install the clients of the providers first: npm run clients');

const begun = performance.now();
const rows: readonly Row[] = await Promise.all(
  contestants.map(async (contestant) => {
    const results = await runContestant(contestant, cases);
    say(`${contestant.name}: ${Math.round((performance.now() - begun) / 1_000)} s`);
    return { name: contestant.name, results };
  }),
);
const measured = measuredOn(begun);
say(`\n${tablesOf(rows)}\n`);
if (values.verbose)
  for (const { name, results } of rows) for (const line of results.flatMap(notSo)) say(`${name}: ${line}`);
if (isWhole) await write();
const missed = rows
  .filter(({ name }) => surfaces.some((surface) => surface.name === name))
  .flatMap((row) => missedBy(held(row)).map((what) => `${row.name}: ${what}`));
for (const line of missed) say(`FAILS: ${line}`);
// Clients that still wait for an answer would keep the process alive for minutes.
process.exit(missed.length === 0 ? 0 : 1);

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}

/** What must hold of a row: how much is left open only of all cases, because a part may by chance have those that are. */
function held(row: Row): Score[] {
  return scoresOf(row).filter((score) => isWhole || score !== 'open');
}

/** A line for each case in which not every claim was so. */
function notSo({ truthCase, claims, truths, scores }: Result): string[] {
  if (scores.every((score) => score === 'so')) return [];
  return [`${mark(truthCase)}${truthCase.name}: said ${claims.join()}; truly ${truths.join()}`];
}

function mark({ isStatusFalse }: TruthCase): string {
  return isStatusFalse ? '(false status) ' : '';
}

/** Writes the tables into the page, and draws the pictures. */
async function write(): Promise<void> {
  const how = `${measured}: ${cases.length} cases, each at a pretend provider of its own.`;
  await writeFile(page, inPlace(await readFile(page, 'utf8'), 'truth score', `${how}\n\n${tablesOf(rows)}`));
  for (const scheme of schemes) await writeFile(`docs/pictures/truth-${scheme}.svg`, pictureOf(rows, scheme));
}
