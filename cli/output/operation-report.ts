import type { OperationOutcome, OperationView } from '../../shared/contract/answers/operation-schema.ts';
import { outcomeNames } from '../../shared/contract/outcome.ts';
import { countOfJobs } from '../../shared/messages/counts.ts';
import { outcomeReport } from './outcome-report.ts';
import { shownOutcome } from './styles.ts';
import { table } from './table.ts';
import type { Terminal } from './terminal.ts';
import { wrapAfter, wrapText } from './wrap.ts';

/** What a report of an operation holds besides the operation. */
export interface OperationReport {
  /** The first jobs that are not cancelled and were not over before. */
  readonly notable: readonly OperationOutcome[];
  /** How many such jobs there are. */
  readonly notableCount: number;
  readonly message: string;
  readonly nextStep?: string | undefined;
}

/** The jobs of an operation by outcome and connection, what it does at the moment, and the first jobs that need attention. */
export function operationReport(view: OperationView, report: OperationReport, terminal: Terminal): string {
  const { width } = terminal;
  const { notable, notableCount, nextStep } = report;
  const more = notableCount - notable.length;
  return [
    ...(view.jobs === 0 ? [] : [countsTable(view, terminal), '']),
    ...wrapText(`${view.id}: ${countOfJobs(view.jobs)}${addedTo(view)}. ${report.message}`, width),
    ...(view.unavailable ?? []).flatMap(({ message }) => wrapText(message, width)),
    ...view.providers.flatMap(({ held_up }) => (held_up === undefined ? [] : wrapText(held_up, width))),
    ...(nextStep === undefined ? [] : [wrapAfter('Next step: ', nextStep, width)]),
    ...(notable.length === 0 ? [] : ['', outcomeReport(notable, terminal)]),
    ...(more > 0 && notable.length > 0 ? [`… and ${more} more`] : []),
  ].join('\n');
}

function addedTo({ state, duplicates }: OperationView): string {
  if (state === 'listing') return ' so far';
  return duplicates === 0 ? '' : ` (${duplicates} named more than once)`;
}

function countsTable({ providers }: OperationView, terminal: Terminal): string {
  const columns = [
    { title: 'OUTCOME', kind: 'plain' },
    { title: 'PROVIDER', kind: 'id' },
    { title: 'JOBS', kind: 'plain' },
  ] as const;
  const known = outcomeNames.flatMap((name) =>
    providers.map(({ provider, counts }) => {
      return { shown: shownOutcome(name, terminal), provider, count: counts[name] ?? 0 };
    }),
  );
  const open = providers.map(({ provider, pending }) => ({ shown: 'none yet', provider, count: pending }));
  const rows = [...known, ...open].flatMap(({ shown, provider, count }) =>
    count === 0 ? [] : [[shown, provider, String(count)]],
  );
  return table(columns, rows, terminal);
}
