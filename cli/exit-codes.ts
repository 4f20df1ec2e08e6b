import type { Outcome } from '../shared/contract/answers/outcome-schema.ts';
import type { OutcomeName } from '../shared/contract/outcome.ts';

/** The exit codes of the command line. */
export const exitCodes = { done: 0, notDone: 1, usage: 2 } as const;

/** The outcomes after which nothing is left to do. */
export const settledOutcomes: ReadonlySet<OutcomeName> = new Set([
  'cancelled',
  'already_cancelled',
  'already_finished',
  'would_cancel',
]);

/** 0 if every job is cancelled or was over already, or would be cancelled in a dry run; else 1. */
export function exitCodeOf(outcomes: readonly Outcome[]): number {
  return outcomes.every(({ outcome }) => settledOutcomes.has(outcome)) ? exitCodes.done : exitCodes.notDone;
}
