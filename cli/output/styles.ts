import type { OutcomeName, State } from '../../shared/contract/outcome.ts';
import type { Style } from './terminal.ts';

const stateStyles = {
  running: 'green',
  queued: 'cyan',
  cancelling: 'yellow',
  unknown: 'magenta',
  failed: 'red',
  completed: 'dim',
  cancelled: 'dim',
} as const satisfies Record<State, Style>;

/** How a job stands: green is done, yellow is not over yet, red did not happen, magenta is not known. */
const outcomeColours = {
  cancelled: 'green',
  already_cancelled: 'green',
  already_finished: 'green',
  would_cancel: 'cyan',
  cancelling: 'yellow',
  not_attempted: 'yellow',
  not_found: 'yellow',
  refused: 'red',
  failed: 'red',
  unknown: 'magenta',
} as const satisfies Record<OutcomeName, Style>;

const byState = new Map<string, Style>(Object.entries(stateStyles));

/** The style of a state. */
export function styleOfState(state: string): Style | undefined {
  return byState.get(state);
}

/** The style of an outcome. */
export function styleOfOutcome(outcome: OutcomeName): Style {
  return outcomeColours[outcome];
}
