import type { OperationState } from './operations.ts';
import type { OutcomeName, State } from './outcome.ts';

/** How something stands: `good` is done, `wait` is not over yet, `bad` did not happen, `odd` is not known. */
export type Tone = 'good' | 'live' | 'wait' | 'bad' | 'odd' | 'calm' | 'over';

/** A mark, a tone and a word, the same on every surface that shows them: never the colour alone. */
export interface Sign {
  readonly mark: string;
  readonly tone: Tone;
  readonly word: string;
}

/** The states of a job. */
export const stateSigns = {
  queued: { mark: '○', tone: 'calm', word: 'queued' },
  running: { mark: '●', tone: 'live', word: 'running' },
  cancelling: { mark: '◐', tone: 'wait', word: 'being cancelled' },
  cancelled: { mark: '■', tone: 'over', word: 'cancelled' },
  completed: { mark: '✓', tone: 'over', word: 'completed' },
  failed: { mark: '✕', tone: 'bad', word: 'failed' },
  unknown: { mark: '?', tone: 'odd', word: 'state unknown' },
} as const satisfies Record<State, Sign>;

/** The outcomes of a cancel. */
export const outcomeSigns = {
  cancelled: { mark: '■', tone: 'good', word: 'cancelled' },
  cancelling: { mark: '◐', tone: 'wait', word: 'stopping' },
  already_cancelled: { mark: '□', tone: 'good', word: 'already cancelled' },
  already_finished: { mark: '✓', tone: 'good', word: 'already finished' },
  not_found: { mark: '∅', tone: 'wait', word: 'not found' },
  refused: { mark: '⊘', tone: 'bad', word: 'refused' },
  failed: { mark: '✕', tone: 'bad', word: 'not cancelled' },
  unknown: { mark: '?', tone: 'odd', word: 'may or may not be cancelled' },
  not_attempted: { mark: '–', tone: 'wait', word: 'not attempted' },
  would_cancel: { mark: '▷', tone: 'calm', word: 'would be cancelled' },
} as const satisfies Record<OutcomeName, Sign>;

/** The states of an operation. */
export const operationSigns = {
  draft: { mark: '○', tone: 'calm', word: 'draft' },
  listing: { mark: '◐', tone: 'wait', word: 'listing' },
  waiting_for_confirmation: { mark: '?', tone: 'odd', word: 'waits for a yes' },
  running: { mark: '●', tone: 'live', word: 'running' },
  paused: { mark: '‖', tone: 'wait', word: 'paused' },
  following: { mark: '◐', tone: 'wait', word: 'following' },
  finished: { mark: '■', tone: 'over', word: 'finished' },
} as const satisfies Record<OperationState, Sign>;
