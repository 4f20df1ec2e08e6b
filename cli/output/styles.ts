import type { OperationState } from '../../shared/contract/operations.ts';
import type { OutcomeName, State } from '../../shared/contract/outcome.ts';
import {
  operationSigns,
  outcomeSigns,
  type Sign,
  stateSigns,
  type Tone,
} from '../../shared/contract/signs.ts';
import type { Style, Styled, Terminal } from './terminal.ts';

const styles = {
  good: 'green',
  live: 'green',
  wait: 'yellow',
  bad: 'red',
  odd: 'magenta',
  calm: 'cyan',
  over: 'dim',
} as const satisfies Record<Tone, Style>;

/** The state of a job, in the word of the options, with its mark and in its colour. */
export function shownState(state: State, terminal: Terminal, word: string = state): Styled {
  return shown(stateSigns[state], word, terminal);
}

/** An outcome with its mark and in its colour. `word`: its code, or more than its name. */
export function shownOutcome(outcome: OutcomeName, terminal: Terminal, word: string = outcome): Styled {
  return shown(outcomeSigns[outcome], word, terminal);
}

/** The state of an operation with its mark and in its colour. */
export function shownOperation(state: OperationState, terminal: Terminal, word: string = state): Styled {
  return shown(operationSigns[state], word, terminal);
}

function shown({ mark, tone }: Sign, word: string, { hasMarks = true }: Terminal): Styled {
  return { text: hasMarks ? `${mark} ${word}` : word, style: styles[tone] };
}
