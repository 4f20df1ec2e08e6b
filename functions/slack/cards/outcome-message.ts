import type { KnownBlock } from '@slack/types';
import type { Outcome } from '../../../shared/contract/answers/outcome-schema.ts';
import type { OutcomeName } from '../../../shared/contract/outcome.ts';
import { ageInWords } from '../../../shared/messages/age.ts';
import { countLine, distanceOf, isException, outcomeTitle, stateInWords } from '../wording/outcomes.ts';
import { sentences } from '../wording/sentences.ts';
import { context, layOut, type Row, section } from './blocks.ts';
import { inProse } from './escape.ts';
import { jobParts, joined } from './job-line.ts';
import { message, type Showing, type SlackMessage } from './message.ts';

/** The other parts of a message about outcomes. */
export interface OutcomeText extends Showing {
  /** The id of the person who asked, for a mention. */
  readonly by?: string;
  readonly reason?: string | undefined;
  /** The id under which the audit has all outcomes. */
  readonly requestId?: string;
  /** Says that jobs that have not ended are checked again, and where their end is told. */
  readonly follow?: string | undefined;
  /** Milliseconds since the epoch. */
  readonly now: number;
}

/** The most jobs that are all named; of more jobs, only the exceptions are named. */
const mostNamed = 20;
const mostNotes = 6;

/** The outcomes: each on its own line if they are few, otherwise the counts, the exceptions and where to find the rest. */
export function outcomeMessage(outcomes: readonly Outcome[], told: OutcomeText): SlackMessage {
  const [first] = outcomes;
  const text = `calloff: ${countLine(outcomes)}`;
  if (outcomes.length === 1 && first !== undefined) return message(text, oneOutcome(first, told), told);
  const long = outcomes.length > mostNamed;
  const named = long ? outcomes.filter(({ outcome }) => isException(outcome)) : outcomes;
  const sorted = named.toSorted((one, other) => distanceOf(one.outcome) - distanceOf(other.outcome));
  const parts = { outcomes, rows: rowsOf(long ? sorted : named, told), long };
  return message(text, manyOutcomes(parts, told), told);
}

function oneOutcome(outcome: Outcome, told: OutcomeText): KnownBlock[] {
  const line = rowsOf([outcome], told).map(({ markup }) => markup);
  return [
    section([...line, explanationOf(outcome)].join('\n')),
    ...(outcome.billing_note === undefined ? [] : [context(inProse(outcome.billing_note))]),
    ...followed(told),
    ...byline([outcome], told),
  ];
}

interface Many {
  readonly outcomes: readonly Outcome[];
  readonly rows: readonly Row[];
  readonly long: boolean;
}

function manyOutcomes({ outcomes, rows, long }: Many, told: OutcomeText): KnownBlock[] {
  const stuck = outcomes.filter(({ outcome }) => isException(outcome)).map(explanationOf);
  const notes = outcomes.flatMap(({ billing_note }) => (billing_note ? [inProse(billing_note)] : []));
  const distinct = [...new Set([...stuck, ...notes])];
  const pointer = long && told.requestId !== undefined ? [sentences.pointer(told.requestId)] : [];
  return layOut({
    head: [section(`*${countLine(outcomes)}*`)],
    rows,
    more: sentences.moreOutcomes,
    tail: [...distinct.slice(0, mostNotes), ...pointer]
      .map(context)
      .concat(followed(told), byline(outcomes, told)),
  });
}

/** Outcomes whose name already says the state of the job. */
const saysItsState: ReadonlySet<OutcomeName> = new Set(['cancelled', 'already_cancelled', 'not_found']);

/** One line per job: its outcome, provider, id, state and age. */
export function rowsOf(outcomes: readonly Outcome[], { now }: Pick<OutcomeText, 'now'>): Row[] {
  return outcomes.map((outcome) => {
    const state = saysItsState.has(outcome.outcome) ? undefined : stateInWords(outcome.state);
    const parts = [...jobParts(outcome), state, ageInWords(outcome.details?.created_at, now)];
    return { markup: joined([outcomeTitle(outcome.outcome), ...parts]) };
  });
}

/** calloff's sentences about an outcome. */
function explanationOf({ message: said, next_step, retry_after_seconds }: Outcome): string {
  const wait = retry_after_seconds === undefined ? undefined : sentences.retryAfter(retry_after_seconds);
  return [inProse(said), next_step && inProse(next_step), wait].filter(Boolean).join(' ');
}

function followed({ follow }: OutcomeText) {
  return follow === undefined ? [] : [context(follow)];
}

/** Who asked, and why, in small print. It says "called off" only if a job is cancelled by calloff's cancel. */
function byline(outcomes: readonly Outcome[], { by, reason }: OutcomeText) {
  const calledOff = outcomes.some(({ outcome }) => outcome === 'cancelled');
  const { calledOffBy, askedForBy, because } = sentences;
  const parts = [
    by === undefined ? undefined : (calledOff ? calledOffBy : askedForBy)(by),
    reason === undefined ? undefined : because(reason),
  ];
  return parts.every((part) => part === undefined) ? [] : [context(joined(parts))];
}
