import type { OutcomeName } from '../../shared/contract/outcome.ts';
import { outcomeSigns, stateSigns, type Tone } from '../../shared/contract/signs.ts';
import type { Style } from './terminal.ts';

const styles = {
  good: 'green',
  live: 'green',
  wait: 'yellow',
  bad: 'red',
  odd: 'magenta',
  calm: 'cyan',
  over: 'dim',
} as const satisfies Record<Tone, Style>;

const byState = new Map<string, Style>(
  Object.entries(stateSigns).map(([state, { tone }]) => [state, styles[tone]]),
);

/** The style of a state. */
export function styleOfState(state: string): Style | undefined {
  return byState.get(state);
}

/** The style of an outcome. */
export function styleOfOutcome(outcome: OutcomeName): Style {
  return styles[outcomeSigns[outcome].tone];
}
