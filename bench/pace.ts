import { readFile, writeFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { barsPicture, type Scheme, schemes } from './bars.ts';
import { medianOf } from './figures.ts';
import { type HiddenLimit, hiddenLimits } from './pace/limits.ts';
import { type Contestant, contestants, type PaceRun, runPace } from './pace/run.ts';
import { inPlace, markdown, measuredOn } from './page.ts';

/**
 * The pace under limits that no provider documents: a thousand jobs, checked, cancelled and checked again, on a simulated clock, by
 * calloff and by a pool of 32 that waits as each 429 says. Writes its table into docs/benchmarks.md and draws the picture.
 * `--only NAME` measures the limits that have it in their name, and `--seeds 1` fewer runs; then nothing is written. Fails if a
 * claim does not hold.
 */
const { values } = parseArgs({
  options: { only: { type: 'string', default: '' }, seeds: { type: 'string', default: '5' } },
});
const seeds = Array.from({ length: Number(values.seeds) }, (_, index) => index + 1);
const isWhole = values.only === '' && seeds.length >= 5;
const page = 'docs/benchmarks.md';
/** Less than this share of what is sent after the first second may be refused. */
const mostRefusedLater = 0.01;

interface Row {
  readonly limit: HiddenLimit;
  readonly runs: Readonly<Record<Contestant, readonly PaceRun[]>>;
}

const began = performance.now();
const rows: Row[] = [];
for (const limit of hiddenLimits.filter(({ name }) => name.includes(values.only))) {
  const [calloff, pool] = await Promise.all(contestants.map((each) => runsOf(each, limit)));
  rows.push({ limit, runs: { calloff: calloff ?? [], pool: pool ?? [] } });
  process.stderr.write(`${limit.name}: ${Math.round((performance.now() - began) / 1_000)} s\n`);
}
const text = `${measuredOn(began)}, on a simulated clock: medians of ${seeds.length} runs, and the range of calloff's.\n\n${tableOf(rows)}`;
process.stdout.write(`${text}\n`);
if (isWhole) await write();
const missed = rows.filter(({ limit, runs: { calloff } }) => {
  const { most } = limit;
  if (most === undefined) return false;
  const isRefused = median(calloff, 'refused') >= most.refused;
  return (
    median(calloff, 'ratio') > most.ratio || isRefused || median(calloff, 'refusedLater') >= mostRefusedLater
  );
});
for (const { limit } of missed) process.stdout.write(`FAILS: ${limit.name}\n`);
process.exitCode = missed.length === 0 ? 0 : 1;

async function runsOf(contestant: Contestant, limit: HiddenLimit): Promise<PaceRun[]> {
  const runs: PaceRun[] = [];
  for (const seed of seeds) runs.push(await runPace(contestant, limit, seed));
  return runs;
}

function median(runs: readonly PaceRun[], figure: keyof PaceRun): number {
  return medianOf(runs.map((run) => run[figure]));
}

function percent(share: number): string {
  return `${(100 * share).toFixed(share < 0.1 ? 1 : 0)} %`;
}

function tableOf(measured: readonly Row[]): string {
  const header = [
    'limit on all requests of a key',
    'calloff',
    'range',
    'refused',
    'later',
    'pool',
    'refused',
    'later',
  ];
  return markdown(
    header,
    measured.map(({ limit, runs: { calloff, pool } }) => {
      const ratios = calloff.map(({ ratio }) => ratio);
      const [least, most] = [Math.min(...ratios), Math.max(...ratios)];
      return [
        limit.name,
        `**${median(calloff, 'ratio').toFixed(2)}**`,
        `${least.toFixed(2)} to ${most.toFixed(2)}`,
        ...[calloff, pool].flatMap((runs, index) => [
          ...(index === 1 ? [`**${median(runs, 'ratio').toFixed(2)}**`] : []),
          percent(median(runs, 'refused')),
          percent(median(runs, 'refusedLater')),
        ]),
      ];
    }),
  );
}

/** The time of each over N/R as bars, with what was refused beside them. */
function picture(measured: readonly Row[], scheme: Scheme): string {
  const names = { calloff: 'calloff', pool: 'a pool that waits as told' } as const;
  const longest = Math.max(
    ...measured.flatMap(({ runs }) => contestants.map((each) => median(runs[each], 'ratio'))),
  );
  const bars = measured.flatMap(({ limit, runs }) => [
    {
      name: limit.name.replace(/^./, (first) => first.toUpperCase()).replaceAll('`', ''),
      parts: [],
      label: '',
    },
    ...contestants.map((each, index) => {
      const ratio = median(runs[each], 'ratio');
      const size = (0.55 * ratio) / longest;
      const label = `${ratio.toFixed(2)} × · ${percent(median(runs[each], 'refused'))} refused`;
      return { name: names[each], parts: index === 0 ? [size] : [0, size], label };
    }),
  ]);
  const series = [
    { name: 'calloff', colour: { light: '#0969da', dark: '#388bfd' } },
    { name: names.pool, colour: { light: '#b6bfc8', dark: '#57606a' } },
  ];
  return barsPicture(
    { title: 'The time under hidden limits, over the least time that each allows', series, bars },
    scheme,
  );
}

/** Writes the table into the page, and draws the pictures. */
async function write(): Promise<void> {
  await writeFile(page, inPlace(await readFile(page, 'utf8'), 'pace', text));
  for (const scheme of schemes) await writeFile(`docs/pictures/pace-${scheme}.svg`, picture(rows, scheme));
}
