import type { OperationView } from '../../../shared/contract/answers/operation-schema.ts';
import type { OperationState } from '../../../shared/contract/operations.ts';
import { operationSigns, outcomeSigns } from '../../../shared/contract/signs.ts';
import { capitalized } from '../../../shared/lib/text.ts';
import { escapeText, mention } from '../cards/escape.ts';
import { outcomesFurthestFirst, signInBold } from './outcomes.ts';

/** The state of an operation, as the beginning of a line. */
export function operationTitle(state: OperationState): string {
  return signInBold(operationSigns[state]);
}

/** The state of an operation in plain text. */
export function operationWord(state: OperationState): string {
  return capitalized(operationSigns[state].word);
}

/** How many jobs of an operation have each outcome: `3 cancelled, 1 refused, 2 without an outcome`. */
export function operationCounts({
  counts,
  came_back,
  pending,
}: Pick<OperationView, 'counts' | 'came_back' | 'pending'>): string {
  const known = outcomesFurthestFirst.toReversed().map((name): [number, string] => {
    return [counts[name] ?? 0, outcomeSigns[name].word];
  });
  const all: [number, string][] = [
    ...known,
    [came_back, 'came back to life'],
    [pending, 'without an outcome'],
  ];
  return all
    .filter(([count]) => count > 0)
    .map(([count, words]) => `${count.toLocaleString('en')} ${words}`)
    .join(', ');
}

/** Slack takes messages for 30 minutes. */
const ifSoon = 'if that is within 25 minutes.';

/** The sentences about operations. */
export const operationSentences = {
  title: 'Your latest operations',
  none: 'You have no operations.',
  older: 'There are older ones. The command line and the API list them all.',
  start: 'Start',
  pause: 'Pause',
  resume: 'Resume',
  again: 'Try again',
  more: (omitted: number) => `… and ${omitted.toLocaleString('en')} more.`,
  goesOn: 'calloff goes on. `/calloff operations` shows how far it is.',
  goesOnWatched: `calloff goes on, and tells you here how it ended ${ifSoon} \`/calloff operations\` shows how far it is.`,
  followed: (isWatched: boolean) =>
    isWatched
      ? `calloff keeps checking the jobs that have not ended, and tells you here how they ended ${ifSoon} \`/calloff operations\` shows them at any time.`
      : 'calloff keeps checking the jobs that have not ended. `/calloff operations` shows how they ended.',
  onPage: (url: string) => `<${escapeText(url)}|On the page>`,
  left: (user: string) =>
    `${mention(user)} left the operation as it is. Nothing was sent because of this question.`,
} as const;
