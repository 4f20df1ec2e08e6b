import type { Outcome } from '../../shared/contract/answers/outcome-schema.ts';
import type { BulkResult } from '../../shared/contract/answers/responses.ts';
import { countOfJobs } from '../../shared/messages/counts.ts';
import { shownOutcome, shownState } from './styles.ts';
import { table } from './table.ts';
import { paint, type Terminal } from './terminal.ts';
import { wrapAfter, wrapText } from './wrap.ts';

type Confirmation = BulkResult['confirmation'];

/**
 * Outcomes as a table, and below it what each means, what may still be billed and what to do next, each sentence once. A
 * confirmation that is offered has its token in a line of its own.
 */
export function outcomeReport(
  outcomes: readonly Outcome[],
  terminal: Terminal,
  confirmation?: Confirmation,
): string {
  const shown = (outcome: Outcome) => shownOutcome(outcome.outcome, terminal, wordOf(outcome));
  const styles = new Map(outcomes.map((outcome) => [wordOf(outcome), shown(outcome).style]));
  const columns = [
    { title: 'OUTCOME', kind: 'plain' },
    { title: 'STATE', kind: 'plain' },
    { title: 'JOB', kind: 'id' },
  ] as const;
  const rows = outcomes.map((outcome) => [
    shown(outcome),
    shownState(outcome.state, terminal),
    outcome.job_id,
  ]);
  const meanings = [...Map.groupBy(outcomes, wordOf)].flatMap(([word, alike]) =>
    meaningsOf(word, alike, terminal.width).map((text) =>
      text.replace(word, paint(word, styles.get(word), terminal)),
    ),
  );
  return [
    table(columns, rows, terminal),
    '',
    ...(outcomes.length > 1 ? wrapText(summaryOf(outcomes), terminal.width) : []),
    ...meanings,
    ...notesOf(outcomes, confirmation, terminal.width),
  ].join('\n');
}

function wordOf({ code, outcome }: Outcome): string {
  return code ?? outcome;
}

/** `3 jobs: 2 cancelled, 1 rate_limited.` */
function summaryOf(outcomes: readonly Outcome[]): string {
  const counts = [...Map.groupBy(outcomes, wordOf)].map(([word, { length }]) => `${length} ${word}`);
  return `${countOfJobs(outcomes.length)}: ${counts.join(', ')}.`;
}

/** What a word means for the jobs that have it. If that differs between them, each meaning names its jobs. */
function meaningsOf(word: string, alike: readonly Outcome[], width: number): string[] {
  const byMessage = [...Map.groupBy(alike, ({ message }) => message)];
  return byMessage.map(([message, [first, ...others]]) => {
    const more = others.length === 0 ? '' : ` and ${others.length} more`;
    const jobs = byMessage.length === 1 ? '' : `, ${first?.job_id}${more}`;
    return wrapAfter(`${word}${jobs}: `, withOptions(message), width);
  });
}

function notesOf(outcomes: readonly Outcome[], confirmation: Confirmation, width: number): string[] {
  // What to do about a confirmation is said once, with the confirmation.
  const isOffered = ({ code }: Outcome) => confirmation !== undefined && code === 'confirmation_required';
  const settled = outcomes.filter((outcome) => !isOffered(outcome));
  const { next_step: confirming, confirmation_token: token } = confirmation ?? {};
  const isTimed = ({ retry_after_seconds }: Outcome) => retry_after_seconds !== undefined;
  const steps = [settled.filter(isTimed), settled.filter((outcome) => !isTimed(outcome))].flatMap((share) =>
    [...Map.groupBy(share, ({ next_step }) => next_step)].map(([step, alike]) =>
      step === undefined ? undefined : stepAtTerminal(step, alike),
    ),
  );
  const once = (texts: readonly (string | undefined)[], lead: string) =>
    [...new Set(texts)].flatMap((text) => (text === undefined ? [] : [wrapAfter(lead, text, width)]));
  return [
    ...once(
      outcomes.map(({ billing_note }) => billing_note),
      'Note: ',
    ),
    ...once([...steps, confirming], 'Next step: '),
    ...(token === undefined ? [] : [`--confirmation ${token}`]),
  ];
}

/** A next step in the words of the command line. `alike`: the outcomes that have it, all with a time to wait or none. */
function stepAtTerminal(step: string, alike: readonly Outcome[]): string {
  const seconds = Math.max(...alike.map(({ retry_after_seconds = 0 }) => retry_after_seconds));
  const time = seconds === 0 ? 'a minute' : `${seconds} s`;
  return withOptions(step.replace(/retry_after_seconds(, or for a minute if it is absent)?/, time));
}

/** A sentence with the options of the command line, where a request has fields. */
function withOptions(sentence: string): string {
  return sentence.replace(
    /\b(dry_run|send_if_status_unknown)\b/g,
    (field) => `--${field.replaceAll('_', '-')}`,
  );
}
