import type { JobView } from '../../shared/contract/answers/job-schema.ts';
import { costInWords, labelsInWords } from '../../shared/contract/job.ts';
import type { State } from '../../shared/contract/outcome.ts';
import { systemClock } from '../../shared/lib/clock.ts';
import { askedInWords, shortAge } from '../../shared/messages/age.ts';
import { shownState } from './styles.ts';
import { type Column, fits, type TableLines, table, tableLines } from './table.ts';
import { paint, type Terminal, unlimited } from './terminal.ts';

/** What a job must show to stand in a table. */
export type TableJob = Pick<JobView, 'provider' | 'job_id' | 'state' | 'asked'> & Partial<JobView>;

/** How jobs are shown. `wide`: nothing is cut, and times are exact. `now`: milliseconds since the epoch. */
export interface JobTableOptions {
  readonly terminal: Terminal;
  readonly wide?: boolean | undefined;
  readonly now?: number;
}

/** With less room than this for a name, the state moves out of its column. */
const roomForNames = 24;

/** The states in the order of a list: what still runs comes first, what is over last. */
const order: Record<State, number> = {
  ...{ running: 0, cancelling: 1, queued: 2, unknown: 3 },
  ...{ failed: 4, completed: 5, cancelled: 6 },
};

/** Jobs in the order of a list: by state, and within a state the newest first. */
export function inListOrder(jobs: readonly JobView[]): JobView[] {
  return jobs.toSorted(
    (one, other) =>
      order[one.state] - order[other.state] ||
      (other.created_at ?? '').localeCompare(one.created_at ?? '', 'en'),
  );
}

/**
 * Jobs as a table. Names and owners are text from elsewhere. If a column for the owner would leave too little room for names,
 * the owner stands behind the name; if one for the state would, the jobs stand below their states.
 */
export function jobTable(
  jobs: readonly TableJob[],
  { terminal, wide = false, now = systemClock.wallTime() }: JobTableOptions,
): string {
  const target = wide ? unlimited(terminal) : terminal;
  const told = jobs.map((job) => {
    const age = wide ? job.created_at : shortAge(job.created_at, now);
    const asked = askedInWords(job, now);
    const named = [asked && `(${asked})`, job.name].filter(Boolean).join(' ');
    return { first: [job.provider, job.job_id, age ?? ''], named, owner: job.owner ?? '', job };
  });
  const whole = told.map(({ first, named, owner, job }) => {
    return [shownState(job.state, target), ...first, named, owner, ...(wide ? more(job) : [])];
  });
  const room = { width: target.width, room: roomForNames };
  if (fits(columnsOf(wide), whole, room)) return table(columnsOf(wide), whole, target);
  const columns = columnsOf(wide).slice(0, 5);
  const withoutState = told.map(({ first, named, owner }) => {
    return [...first, [named, owner && `by ${owner}`].filter(Boolean).join(' ')];
  });
  const rows = jobs.map(({ state }, index) => [shownState(state, target), ...(withoutState[index] ?? [])]);
  if (fits(columns, rows, room)) return table(columns, rows, target);
  return underStates(jobs, tableLines(columns.slice(1), withoutState, target), target);
}

function columnsOf(wide: boolean): Column[] {
  return [
    { title: 'STATE', kind: 'plain' },
    { title: 'PROVIDER', kind: 'id' },
    { title: 'JOB', kind: 'id' },
    { title: wide ? 'CREATED' : 'AGE', kind: 'plain' },
    { title: 'NAME', kind: 'text' },
    { title: 'OWNER', kind: 'text' },
    ...(wide ? details.map((title): Column => ({ title, kind: 'text' })) : []),
  ];
}

/** What only a wide table shows. */
const details = ['TARGET', 'LABELS', 'STARTED', 'COST'] as const;

function more(job: TableJob): string[] {
  const { target = '', started_at = '' } = job;
  return [target, labelsInWords(job) ?? '', started_at, costInWords(job) ?? ''];
}

function underStates(jobs: readonly TableJob[], { heading, rows }: TableLines, terminal: Terminal): string {
  const lines = jobs.map(({ state }, index) => ({ state, line: rows[index] ?? '' }));
  const sections = [...Map.groupBy(lines, ({ state }) => state)].flatMap(([state, members]) => {
    const { text, style } = shownState(state, terminal, `${state} (${members.length})`);
    return [paint(text, style, terminal), ...members.map(({ line }) => line)];
  });
  return [heading, ...sections].join('\n');
}
