import { markdown } from '../page.ts';
import type { LoadResult } from './load.ts';
import { contestants, type ManyResult } from './many.ts';
import type { McpResult } from './mcp.ts';
import { delays, type OneResult } from './one.ts';

/** What the contestants are called. */
export const contestantNames = {
  calloff: 'calloff',
  loop: 'a loop of `fetch`',
  'all at once': '`Promise.all` of `fetch`',
  'pool of 16': '`fetch`, 16 at a time',
  curl: '`xargs -P 16 curl`',
} as const satisfies Record<(typeof contestants)[number], string>;

const none = '–';

/** A figure beside another, and itself. */
function beside(figure: number | undefined, other: number | undefined, shown: (figure: number) => string) {
  if (figure === undefined) return none;
  const ratio = other === undefined ? '' : `**${(figure / other).toFixed(2)}** · `;
  return `${ratio}${shown(figure)}`;
}

const ms = (figure: number) => `${figure.toFixed(figure < 10 ? 1 : 0)} ms`;
const rounded = (figure: number) => Math.round(figure).toLocaleString('en');

/** One cancel on each surface, beside the first of its kind. */
export function oneTable(one: readonly OneResult[]): string {
  const rows = one.map(({ surface, isProcess, ms: own }) => {
    const first = one.find((each) => each.isProcess === isProcess);
    return [surface, ...delays.map((delay) => beside(own[delay], first?.ms[delay], ms))];
  });
  return markdown(['one verified cancel', ...delays.map((delay) => `provider takes ${delay} ms`)], rows);
}

/** The results of the settings without a limit, by contestant, beside those of the pool. */
function sizesTable(
  what: string,
  many: readonly ManyResult[],
  { of, shown }: { of(result: ManyResult): number; shown(figure: number): string },
): string {
  const free = many.filter(({ setting }) => setting.limits === undefined);
  const sizes = [...new Set(free.map(({ setting }) => setting.jobs))];
  const figure = (contestant: string, jobs: number) => {
    const result = free.find((each) => each.contestant === contestant && each.setting.jobs === jobs);
    return result && of(result);
  };
  const rows = contestants.map((contestant) => [
    contestantNames[contestant],
    ...sizes.map((jobs) => beside(figure(contestant, jobs), figure('pool of 16', jobs), shown)),
  ]);
  return markdown([what, ...sizes.map((jobs) => `${jobs.toLocaleString('en')} jobs`)], rows);
}

/** Jobs a second, and processor time a job. */
export function manyTables(many: readonly ManyResult[]): string[] {
  return [
    sizesTable('jobs a second', many, {
      of: ({ setting, ms: took }) => (setting.jobs * 1_000) / took,
      shown: (figure) => `${rounded(figure)}/s`,
    }),
    sizesTable('processor time a job', many, {
      of: ({ setting, cpuMicros }) => cpuMicros / setting.jobs,
      shown: (figure) => `${rounded(figure)} µs`,
    }),
  ];
}

/** What became of the jobs, and what it took in requests, of those settings that have a name with this in it. */
export function endsTable(many: readonly ManyResult[]): string {
  const header = [
    '',
    'who cancels',
    'known to be cancelled',
    'requests for each',
    'refused (429)',
    'false claims',
    'left open',
    'seconds',
  ];
  const rows = many.map(({ setting, contestant, judged, ms: took }) => {
    const { cancelled, requests, refused, falseCancelled, falseFailed, open, lost } = judged;
    return [
      setting.name,
      contestantNames[contestant],
      `${((100 * cancelled) / (setting.jobs * setting.rounds)).toFixed(1)} %`,
      cancelled === 0 ? none : (requests / cancelled).toFixed(2),
      rounded(refused / setting.rounds),
      rounded(falseCancelled + falseFailed),
      rounded((open + lost) / setting.rounds),
      (took / 1_000).toFixed(1),
    ];
  });
  return markdown(header, rows);
}

/** The start and the calls of calloff's MCP server beside those of a bare one. */
export function mcpTable(results: readonly McpResult[]): string {
  const [bare] = results;
  const rows = results.map((each) => [
    each.server,
    beside(each.greetMs, bare?.greetMs, ms),
    beside(each.firstMs, bare?.firstMs, ms),
    beside(each.callMs, bare?.callMs, ms),
  ]);
  return markdown(
    ['MCP over stdio', 'start to `initialize`', 'start to the first cancel', 'a later cancel'],
    rows,
  );
}

/** The embedded server under load. */
export function loadTable(load: readonly LoadResult[]): string {
  const rows = load.map(({ connections, perSecond, p50, p99, cpuMicros }) => [
    connections.toLocaleString('en'),
    `**${(p99 / p50).toFixed(2)}**`,
    ms(p50),
    ms(p99),
    `${rounded(perSecond)}/s`,
    `${rounded(cpuMicros)} µs`,
  ]);
  return markdown(
    ['connections', 'p99 ÷ p50', 'p50', 'p99', 'verified cancels', 'processor time of the server for each'],
    rows,
  );
}
