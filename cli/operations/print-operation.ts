import type { OperationView } from '../../shared/contract/answers/operation-schema.ts';
import type { OperationState } from '../../shared/contract/operations.ts';
import { outcomeNames } from '../../shared/contract/outcome.ts';
import { afterInterrupt, anotherRequest, type OperationCall } from '../call.ts';
import { exitCodes, settledOutcomes } from '../exit-codes.ts';
import { operationReport } from '../output/operation-report.ts';
import { type OutputOptions, print } from '../output/print.ts';
import { operationInTerminal } from './operation-words.ts';

/** How many jobs that need attention are shown. */
const mostShown = 20;

const attention = [...outcomeNames.filter((name) => !settledOutcomes.has(name)), 'came_back'];

/**
 * Prints an operation: as JSON, or as a report with the first jobs that need attention. Sets the exit code: 0 if every job is
 * cancelled or was over before.
 */
export async function printOperation(
  call: OperationCall,
  view: OperationView,
  options: OutputOptions,
): Promise<void> {
  const notableCount = attention.reduce((sum, name) => sum + countOf(view, name), 0);
  const request = { operation_id: view.id, outcome: attention.join(','), limit: mostShown };
  const isShown = !options.json && process.stdout.isTTY && notableCount > 0;
  const found = isShown
    ? await call.gateway.listOutcomes(request, anotherRequest(afterInterrupt(call)))
    : undefined;
  const notable = found?.ok === true ? found.value.outcomes : [];
  print(view, options, (terminal) =>
    operationReport(view, { notable, notableCount, ...operationInTerminal(view, call.isRemote) }, terminal),
  );
  const isDone =
    notableCount === 0 &&
    view.pending === 0 &&
    view.confirmation === undefined &&
    !notStarted.has(view.state);
  process.exitCode ??= isDone ? exitCodes.done : exitCodes.notDone;
}

const notStarted: ReadonlySet<OperationState> = new Set(['draft', 'listing', 'waiting_for_confirmation']);

function countOf({ counts, came_back }: OperationView, name: string): number {
  if (name === 'came_back') return came_back;
  return new Map(Object.entries(counts)).get(name) ?? 0;
}
