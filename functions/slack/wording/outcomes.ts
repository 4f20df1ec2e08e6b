import {
  type Outcome,
  type OutcomeName,
  outcomeNames,
  type State,
} from '../../../shared/contract/outcome.ts';
import { stateSigns } from '../../../shared/contract/signs.ts';

/** How Slack shows an outcome. `exception`: not what the person asked for, so a long answer names each such job. */
interface OutcomeStyle {
  readonly emoji: string;
  readonly words: string;
  readonly exception: boolean;
}

/** Every outcome as Slack shows it, starting with those furthest from what the person asked for. */
export const outcomeStyles = {
  unknown: { emoji: ':warning:', words: 'May or may not be cancelled', exception: true },
  failed: { emoji: ':x:', words: 'Not cancelled', exception: true },
  refused: { emoji: ':no_entry:', words: 'Refused', exception: true },
  not_attempted: { emoji: ':grey_question:', words: 'Not attempted', exception: true },
  cancelling: { emoji: ':hourglass_flowing_sand:', words: 'Being cancelled', exception: true },
  not_found: { emoji: ':mag:', words: 'Not found', exception: true },
  already_finished: { emoji: ':checkered_flag:', words: 'Already finished', exception: false },
  already_cancelled: { emoji: ':ballot_box_with_check:', words: 'Already cancelled', exception: false },
  would_cancel: { emoji: ':eyes:', words: 'Would be cancelled', exception: false },
  cancelled: { emoji: ':white_check_mark:', words: 'Cancelled', exception: false },
} as const satisfies Record<OutcomeName, OutcomeStyle>;

/** The outcomes, starting with those furthest from what the person asked for. */
export const outcomesFurthestFirst = outcomeNames.toSorted(
  (one, other) => distanceOf(one) - distanceOf(other),
);

/** The rank of an outcome: 0 is furthest from what the person asked for. */
export function distanceOf(name: OutcomeName): number {
  return Object.keys(outcomeStyles).indexOf(name);
}

/** `1 job`, `1,200 jobs`. */
export function jobsInWords(count: number): string {
  return count === 1 ? '1 job' : `${count.toLocaleString('en')} jobs`;
}

/** The outcomes of several jobs in one line: `3 jobs: 2 cancelled, 1 refused.` */
export function countLine(outcomes: readonly Pick<Outcome, 'outcome'>[]): string {
  if (outcomes.length === 0) return 'No job was named.';
  const parts = outcomesFurthestFirst.toReversed().flatMap((name) => {
    const count = outcomes.filter(({ outcome }) => outcome === name).length;
    return count === 0 ? [] : [`${count.toLocaleString('en')} ${outcomeStyles[name].words.toLowerCase()}`];
  });
  return `${jobsInWords(outcomes.length)}: ${parts.join(', ')}.`;
}

/** A state, in words. */
export function stateInWords(state: State): string {
  return stateSigns[state].word;
}

/** What the state was when a confirmation was asked for. */
export function stateBefore(was: State): string {
  return `was ${stateInWords(was)}`;
}
