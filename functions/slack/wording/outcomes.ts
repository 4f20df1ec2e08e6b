import type { Outcome } from '../../../shared/contract/answers/outcome-schema.ts';
import { type OutcomeName, outcomeNames, type State } from '../../../shared/contract/outcome.ts';
import { outcomeSigns, type Sign, stateSigns } from '../../../shared/contract/signs.ts';
import { capitalized } from '../../../shared/lib/text.ts';
import { countOf } from '../../../shared/messages/counts.ts';

/** Every outcome, starting with those furthest from what the person asked for, and whether it is an exception. */
const exceptions: Record<OutcomeName, boolean> = {
  ...{ unknown: true, failed: true, refused: true, not_attempted: true, cancelling: true, not_found: true },
  ...{ already_finished: false, already_cancelled: false, would_cancel: false, cancelled: false },
};

/** Whether an outcome is not what the person asked for: a long answer names each such job. */
export function isException(name: OutcomeName): boolean {
  return exceptions[name];
}

/** A mark and its word in bold, as the beginning of a line: `■ *Cancelled*`. */
export function signInBold({ mark, word }: Sign): string {
  return `${mark} *${capitalized(word)}*`;
}

/** An outcome as the beginning of a line. */
export function outcomeTitle(name: OutcomeName): string {
  return signInBold(outcomeSigns[name]);
}

/** The outcomes, starting with those furthest from what the person asked for. */
export const outcomesFurthestFirst = outcomeNames.toSorted(
  (one, other) => distanceOf(one) - distanceOf(other),
);

/** The rank of an outcome: 0 is furthest from what the person asked for. */
export function distanceOf(name: OutcomeName): number {
  return Object.keys(exceptions).indexOf(name);
}

/** `1 job`, `1,200 jobs`. */
export function jobsInWords(count: number): string {
  return countOf(count, 'job');
}

/** The outcomes of several jobs in one line: `3 jobs: 2 cancelled, 1 refused.` */
export function countLine(outcomes: readonly Pick<Outcome, 'outcome'>[]): string {
  if (outcomes.length === 0) return 'No job was named.';
  const parts = outcomesFurthestFirst.toReversed().flatMap((name) => {
    const count = outcomes.filter(({ outcome }) => outcome === name).length;
    return count === 0 ? [] : [`${count.toLocaleString('en')} ${outcomeSigns[name].word}`];
  });
  return `${jobsInWords(outcomes.length)}: ${parts.join(', ')}.`;
}

/** A state: its mark and its word, on one line. */
export function stateInWords(state: State): string {
  const { mark, word } = stateSigns[state];
  return `${mark}\u00a0${word}`;
}

/** What the state was when a confirmation was asked for. */
export function stateBefore(was: State): string {
  return `was ${stateSigns[was].word}`;
}
