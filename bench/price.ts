import { readFile, writeFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { schemes } from './bars.ts';
import { inPlace, measuredOn } from './page.ts';
import { claimsOf } from './price/claims.ts';
import { measureLoad } from './price/load.ts';
import { type ManyResult, measureMany, type Setting } from './price/many.ts';
import { measureMcp } from './price/mcp.ts';
import { measureOne } from './price/one.ts';
import { limitsPicture, limitsPictureTitle, onePicture, onePictureTitle } from './price/pictures.ts';
import { endsTable, loadTable, manyTables, mcpTable, oneTable } from './price/tables.ts';

/**
 * The price of truth: what a verified cancel takes by calloff on each surface, beside what one would write by hand, at pretend
 * providers on this machine. Writes the tables into docs/benchmarks.md and draws the pictures. `--only one,many,mcp,load` measures
 * a part, and `--rounds 1` fewer rounds; then nothing is written. Fails if a claim does not hold.
 */
const every = ['one', 'many', 'mcp', 'load'] as const;
const { values } = parseArgs({
  options: { only: { type: 'string', default: every.join(',') }, rounds: { type: 'string', default: '5' } },
});
const rounds = Number(values.rounds);
const isWhole = values.only === every.join(',') && rounds >= 5;
const page = 'docs/benchmarks.md';
const settings: readonly Setting[] = [
  { name: '100 jobs', provider: 'sutro', jobs: 100, rounds },
  { name: '1,000 jobs', provider: 'sutro', jobs: 1_000, rounds },
  { name: '10,000 jobs', provider: 'sutro', jobs: 10_000, rounds },
  {
    ...{ name: '100 jobs, documented limits: 20 checks and 10 lists a minute', provider: 'promptloop' },
    ...{ jobs: 100, rounds, limits: { status: { perMinute: 20 }, list: { perMinute: 10 } } },
  },
  {
    ...{ name: '1,000 jobs, a hidden limit: 200 of each request a second', provider: 'sutro' },
    ...{ jobs: 1_000, rounds },
    limits: { cancel: { perSecond: 200 }, status: { perSecond: 200 }, list: { perSecond: 200 } },
  },
  { name: '100,000 jobs', provider: 'sutro', jobs: 100_000, rounds: 1 },
];
/** After so long no further round begins, and then no further setting, in milliseconds: what is large comes last. */
const mostMs = { round: 7 * 60_000, setting: 9 * 60_000 };

const began = performance.now();
const one = isWanted('one') ? await timed('one', () => measureOne(8 * rounds)) : [];
const mcp = isWanted('mcp') ? await timed('mcp', () => measureMcp(rounds + 2)) : [];
const load = isWanted('load') ? await timed('load', () => measureLoad(rounds)) : [];
const many: ManyResult[] = [];
const skipped: string[] = [];
if (isWanted('many')) for (const setting of settings) await addMany(setting);

const claims = claimsOf({ one, many, load });
const text = [
  `${measuredOn(began)}: medians of ${rounds} rounds or more${fewer()}.`,
  ...(one.length > 0 ? [pictureFor('price-one', onePictureTitle), oneTable(one)] : []),
  ...(many.length > 0
    ? [...manyTables(many), pictureFor('price-limits', limitsPictureTitle), endsTable(many)]
    : []),
  ...(mcp.length > 0 ? [mcpTable(mcp)] : []),
  ...(load.length > 0 ? [loadTable(load)] : []),
  claims.map(({ claim, holds }) => `- ${holds ? 'Holds' : '**Fails**'}: ${claim}.`).join('\n'),
].join('\n\n');
process.stdout.write(`${text}\n`);
if (isWhole) await write();
for (const { claim, holds } of claims) if (!holds) process.stdout.write(`FAILS: ${claim}\n`);
process.exit(claims.every(({ holds }) => holds) ? 0 : 1);

function isWanted(part: (typeof every)[number]): boolean {
  return values.only.split(',').includes(part);
}

async function timed<T>(name: string, work: () => Promise<T>): Promise<T> {
  const from = performance.now();
  const result = await work();
  process.stderr.write(`${name}: ${Math.round((performance.now() - from) / 1_000)} s\n`);
  return result;
}

/** Measures a setting, or skips it if the time is over. */
async function addMany(setting: Setting): Promise<void> {
  if (performance.now() - began > mostMs.setting) skipped.push(setting.name);
  else many.push(...(await timed(setting.name, () => measureMany(setting, began + mostMs.round))));
}

/** Where there were fewer rounds. */
function fewer(): string {
  const few = [...new Map(many.map(({ setting }) => [setting.name, setting.rounds]))]
    .filter(([, made]) => made < rounds)
    .map(([name, made]) => `; ${made === 1 ? 'one round' : `${made} rounds`} of ${name}`);
  return [...few, ...skipped.map((name) => `; for ${name} there was no time`)].join('');
}

/** The place of a picture in the page. */
function pictureFor(name: string, title: string): string {
  return [
    '<picture>',
    `<source media="(prefers-color-scheme: dark)" srcset="pictures/${name}-dark.svg">`,
    `<img alt="${title}. The table below has the numbers" src="pictures/${name}-light.svg">`,
    '</picture>',
  ].join('\n');
}

/** Writes the tables into the page, and draws the pictures. */
async function write(): Promise<void> {
  await writeFile(page, inPlace(await readFile(page, 'utf8'), 'price of truth', text));
  for (const scheme of schemes) {
    await writeFile(`docs/pictures/price-one-${scheme}.svg`, onePicture(one, scheme));
    await writeFile(`docs/pictures/price-limits-${scheme}.svg`, limitsPicture(many, scheme));
  }
}
