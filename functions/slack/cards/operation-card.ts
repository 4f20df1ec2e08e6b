import type { Button } from '@slack/types';
import type { OperationView } from '../../../shared/contract/answers/operation-schema.ts';
import { resumable } from '../../../shared/contract/operations.ts';
import { pageLink } from '../../../shared/contract/page-link.ts';
import { ageInWords } from '../../../shared/messages/age.ts';
import { actionIds } from '../inbound/actions.ts';
import { operationCounts, operationSentences, operationTitle, operationWord } from '../wording/operations.ts';
import { jobsInWords } from '../wording/outcomes.ts';
import { sentences } from '../wording/sentences.ts';
import { button, context, header, layOut, section } from './blocks.ts';
import { inCode, inProse } from './escape.ts';
import { joined } from './job-line.ts';
import { message, type Showing, type SlackMessage } from './message.ts';

/** What a card about operations needs besides them. `mayResume`: whether the person may cancel all jobs of an operation. */
export interface OperationTold {
  /** Milliseconds since the epoch. */
  readonly now: number;
  mayResume(operation: OperationView): boolean;
  /** Where the page for people is, if it is known. */
  readonly publicUrl?: URL | undefined;
}

/** A person's latest operations, each with a button to pause, start or resume it. */
export function operationsCard(
  operations: readonly OperationView[],
  hasOlder: boolean,
  told: OperationTold,
): SlackMessage {
  const title = operations.length === 0 ? operationSentences.none : operationSentences.title;
  const blocks = layOut({
    head: [header(title)],
    rows: operations.map((each) => ({
      markup: operationLine(each, told.now),
      button: operationButton(each, told),
    })),
    more: operationSentences.more,
    tail: hasOlder ? [context(operationSentences.older)] : [],
  });
  return message(`calloff: ${title}`, blocks);
}

/** One operation: its counts, what calloff does about it, and a button. */
export function operationCard(
  view: OperationView,
  told: OperationTold & Showing & { readonly lead?: string; readonly isWatched?: boolean },
): SlackMessage {
  const { message: said, next_step, providers, state, reason } = view;
  const held = providers.flatMap(({ provider, held_up }) =>
    held_up === undefined ? [] : [inProse(`${provider}: ${held_up}`)],
  );
  const isUnder = state === 'running' || state === 'listing' || state === 'following';
  const goesOn = told.isWatched ? operationSentences.goesOnWatched : operationSentences.goesOn;
  const parts = [inProse(said), isUnder ? goesOn : next_step && inProse(next_step)];
  const blocks = [
    section(operationLine(view, told.now), operationButton(view, told)),
    section([told.lead, ...parts].filter(Boolean).join(' ')),
    ...held.slice(0, mostHeld).map(context),
    ...(reason === undefined ? [] : [context(sentences.because(reason))]),
    ...(told.publicUrl === undefined ? [] : [context(linkTo(view, told.publicUrl))]),
  ];
  return message(`calloff: ${operationWord(state)}`, blocks, told);
}

const mostHeld = 6;

function linkTo({ id }: OperationView, publicUrl: URL): string {
  return operationSentences.onPage(pageLink(publicUrl, { view: 'operations', op: id }));
}

/** One operation in one line. */
function operationLine(view: OperationView, now: number): string {
  const counts = operationCounts(view);
  return joined([
    operationTitle(view.state),
    jobsInWords(view.jobs),
    counts === '' ? undefined : counts,
    ageInWords(view.created_at, now),
    inCode(view.id),
  ]);
}

function operationButton(view: OperationView, told: OperationTold): Button | undefined {
  const { id: value, state } = view;
  if (state === 'running' || state === 'listing')
    return button({ text: operationSentences.pause, action: actionIds.pause, value });
  const text = beginning(view);
  return text === undefined || !told.mayResume(view)
    ? undefined
    : button({ text, action: actionIds.resume, value });
}

/** What the button that begins a round says; nothing if there is nothing to do. */
function beginning({ state, counts, pending, jobs, selector }: OperationView): string | undefined {
  const { start, resume, again } = operationSentences;
  const isNew = state === 'draft' || state === 'waiting_for_confirmation';
  if (isNew) return jobs > 0 || selector !== undefined ? start : undefined;
  if (state === 'paused') return resume;
  const left = resumable.reduce((sum, name) => sum + (counts[name] ?? 0), pending);
  return state === 'finished' && left > 0 ? again : undefined;
}
