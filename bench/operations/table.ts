import { availableParallelism, loadavg } from 'node:os';
import { outcomeNames } from '../../shared/contract/outcome.ts';
import { microsPerJob } from './claims.ts';
import type { Run } from './run.ts';

const megabyte = 1_000_000;

/** The figures of the runs as a table in Markdown, a column for each. */
export function tableOf(runs: readonly Run[]): string {
  const rows: (readonly [string, (run: Run) => string | number])[] = [
    ['seconds', ({ figures }) => figures.seconds.toFixed(1)],
    ['CPU µs a job', (run) => microsPerJob(run).toFixed(0)],
    ['RSS above idle, MB', ({ figures }) => (figures.rss / megabyte).toFixed(0)],
    ['heap after collection above idle, MB', ({ figures }) => (figures.heap / megabyte).toFixed(0)],
    ['values put', ({ figures }) => figures.puts],
    ['audit records', ({ figures }) => figures.records],
    ['bytes written a job', ({ figures, jobs }) => (figures.bytes / jobs).toFixed(0)],
    ['write units of DynamoDB', ({ figures }) => figures.units],
    ['state', ({ view }) => view.state],
    ...outcomeNames.map((outcome) => [outcome, ({ view }: Run) => view.counts[outcome] ?? 0] as const),
    ...requestRows(runs),
  ];
  const line = (cells: readonly (string | number)[]) => `| ${cells.map(cellOf).join(' | ')} |`;
  const head = [line(['jobs', ...runs.map(({ jobs }) => jobs)]), line(['---', ...runs.map(() => '---:')])];
  const load = loadavg()
    .map((each) => each.toFixed(1))
    .join(', ');
  const machine = `Node ${process.version}, ${availableParallelism()} cores, load ${load}, ${new Date().toISOString().slice(0, 10)}`;
  return `${machine}\n\n${[...head, ...rows.map(([name, of]) => line([name, ...runs.map(of)]))].join('\n')}\n`;
}

function requestRows(runs: readonly Run[]): (readonly [string, (run: Run) => string])[] {
  const providers = runs[0]?.requests.map(({ provider }) => provider) ?? [];
  return providers.map((provider) => [
    `requests to ${provider}`,
    ({ requests }) => {
      const { counts = {} } = requests.find((each) => each.provider === provider) ?? {};
      return Object.entries(counts)
        .map(([operation, count]) => `${count.toLocaleString('en')} ${operation}`)
        .join(', ');
    },
  ]);
}

function cellOf(cell: string | number): string {
  return typeof cell === 'number' ? cell.toLocaleString('en') : cell;
}
