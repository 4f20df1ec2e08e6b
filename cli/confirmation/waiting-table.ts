import type { WaitingList } from '../../shared/contract/answers/responses.ts';
import { systemClock, timestamp } from '../../shared/lib/clock.ts';
import { shortAge } from '../../shared/messages/age.ts';
import { type Column, table } from '../output/table.ts';
import type { Terminal } from '../output/terminal.ts';

const columns: readonly Column[] = [
  { title: 'CONFIRMATION', kind: 'id' },
  { title: 'AGE', kind: 'plain' },
  { title: 'LEFT', kind: 'plain' },
  { title: 'JOBS', kind: 'plain' },
  { title: 'CALLER', kind: 'text' },
  { title: 'AT', kind: 'text' },
  { title: 'REASON', kind: 'text' },
];

/**
 * What waits for a consent, as a table. `AGE`: since when it has been asked for; `LEFT`: until when it can be given. `now`:
 * milliseconds since the epoch.
 */
export function waitingTable(
  confirmations: WaitingList['confirmations'],
  terminal: Terminal,
  now: number = systemClock.wallTime(),
): string {
  const rows = confirmations.map((each) => [
    each.id,
    shortAge(each.requested_at, now) ?? '',
    shortAge(timestamp(now), Date.parse(each.expires_at)) ?? '',
    each.jobs_total.toLocaleString('en'),
    each.caller,
    connectionsOf(each).join(', '),
    each.reason ?? '',
  ]);
  return table(columns, rows, terminal);
}

/** The connections of an operation, or of the jobs that the list shows. */
function connectionsOf({ jobs, operation }: WaitingList['confirmations'][number]): string[] {
  return [...new Set((operation?.providers ?? jobs).map(({ provider }) => provider))];
}
