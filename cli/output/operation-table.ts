import type { OperationView } from '../../shared/contract/answers/operation-schema.ts';
import { systemClock } from '../../shared/lib/clock.ts';
import { shortAge } from '../../shared/messages/age.ts';
import { shownOperation } from './styles.ts';
import { type Column, table } from './table.ts';
import type { Terminal } from './terminal.ts';

/** A state that is wider than the others would take the room of the reason. */
const waiting = 'waiting';

const columns: readonly Column[] = [
  { title: 'STATE', kind: 'plain' },
  { title: 'OPERATION', kind: 'id' },
  { title: 'AGE', kind: 'plain' },
  { title: 'JOBS', kind: 'plain' },
  { title: 'LEFT', kind: 'plain' },
  { title: 'OPEN', kind: 'plain' },
  { title: 'CALLER', kind: 'text' },
  { title: 'REASON', kind: 'text' },
];

/**
 * Operations as a table. `LEFT`: jobs without an outcome; `OPEN`: jobs that had not ended when they were checked last. `now`:
 * milliseconds since the epoch.
 */
export function operationTable(
  operations: readonly OperationView[],
  terminal: Terminal,
  now: number = systemClock.wallTime(),
): string {
  const callers = new Set(operations.map(({ caller }) => caller));
  const rows = operations.map(({ id, state, created_at, jobs, pending, counts, caller, reason = '' }) => [
    shownOperation(state, terminal, state === 'waiting_for_confirmation' ? waiting : state),
    id,
    shortAge(created_at, now) ?? '',
    String(jobs),
    some(pending),
    some((counts.cancelling ?? 0) + (counts.unknown ?? 0)),
    callers.size > 1 ? caller : '',
    reason,
  ]);
  return table(columns, rows, terminal);
}

function some(count: number): string {
  return count === 0 ? '' : String(count);
}
