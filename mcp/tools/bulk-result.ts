import * as z from 'zod';
import type { Outcome } from '../../shared/contract/answers/outcome-schema.ts';
import type { BulkResult } from '../../shared/contract/answers/responses.ts';
import { countOfJobs } from '../../shared/messages/counts.ts';
import { perhapsRunning } from '../../shared/messages/list.ts';
import { toolStepOf } from './next-step.ts';
import { distinct, offerSchema, shownOffer, titleOf } from './outcome-result.ts';
import type { ToolResult } from './tool.ts';

/** An outcome in a digest. */
const shownOutcome = z.lazy(() =>
  z.strictObject({
    provider: z.string(),
    job_id: z.string(),
    outcome: z.string(),
    state: z.string(),
    code: z.string().optional(),
    retry_after_seconds: z.number().optional(),
  }),
);

/** The outcomes of a bulk in short form. */
export const digestSchema = z.lazy(() =>
  z.strictObject({
    request_id: z.string(),
    counts: z.object({}).catchall(z.number()),
    duplicates: z.number(),
    outcomes: z.array(shownOutcome),
    omitted: z.number().describe('Outcomes not shown'),
    notes: z.array(z.string()),
    next_steps: z.array(z.string()),
    confirmation: offerSchema.optional(),
    operation_id: z.string().optional(),
    operation_state: z.string().optional(),
  }),
);

const mostShown = 25;
/** The most characters of ids in a digest: an answer about 1,000 jobs stays below 4,000 tokens, and ids can have 200. */
const mostIdCharacters = 900;
const mostMessages = 8;
const mostSteps = 5;
/** The order in which outcomes are shown: those furthest from the request first. */
const order = [
  'unknown',
  'failed',
  'refused',
  'not_attempted',
  'cancelling',
  'not_found',
  'already_finished',
  'already_cancelled',
  'would_cancel',
  'cancelled',
] as const satisfies readonly Outcome['outcome'][];

/** Many outcomes, as a model sees them. */
export function digestResult({
  request_id,
  outcomes,
  counts,
  duplicates,
  confirmation: offer,
  operation,
  unavailable = [],
}: BulkResult): ToolResult {
  const sorted = [...outcomes].sort(
    (one, other) => order.indexOf(one.outcome) - order.indexOf(other.outcome),
  );
  const shown = fitting(sorted);
  const messages = distinct(shown.map(({ message }) => message)).slice(0, mostMessages);
  const isOffered = ({ code }: Outcome) => offer !== undefined && code === 'confirmation_required';
  const steps = [
    offer?.next_step,
    operation?.next_step,
    toolStepOf(sorted),
    ...shown
      .filter((outcome) => isResolved(outcome) && !isOffered(outcome))
      .map(({ next_step }) => next_step),
  ];
  const structured = {
    request_id,
    counts,
    duplicates,
    outcomes: shown.map(rowOf),
    omitted: outcomes.length - shown.length,
    notes: [
      ...messages,
      ...unavailable.map(({ message }) => message),
      ...distinct(outcomes.map(({ billing_note }) => billing_note)),
    ],
    next_steps: distinct(steps).slice(0, mostSteps),
    ...shownOffer(offer),
    ...(operation && { operation_id: operation.id }),
  };
  const found = { jobs: outcomes.length, whole: unavailable.length === 0 };
  return {
    structured,
    text: digestText(structured, found),
    failed: outcomes.length === 0 ? isForWantOfKeys(unavailable) : outcomes.every(hasFailed),
  };
}

function hasFailed({ outcome }: Outcome): boolean {
  return outcome === 'failed';
}

/** Whether no job could be read because none of the providers has a key. */
export function isForWantOfKeys(unavailable: readonly { readonly code: string }[]): boolean {
  return unavailable.length > 0 && unavailable.every(({ code }) => code === 'provider_not_configured');
}

type Row = z.infer<typeof shownOutcome>;
type Digest = Omit<z.infer<typeof digestSchema>, 'counts'> & {
  readonly counts: Readonly<Record<string, number>>;
};

function rowOf({ provider, job_id, outcome, state, code, retry_after_seconds }: Outcome): Row {
  return {
    provider,
    job_id,
    outcome,
    state,
    ...(code === undefined ? {} : { code }),
    ...(retry_after_seconds === undefined ? {} : { retry_after_seconds }),
  };
}

function digestText(
  { request_id, counts, duplicates, outcomes, omitted, notes, next_steps }: Digest,
  { jobs, whole }: { readonly jobs: number; readonly whole: boolean },
) {
  const counted = Object.entries(counts).filter(([, count]) => count > 0);
  const sums = counted.map(([name, count]) => `${count} ${name}`).join(', ');
  const nothing = whole ? ': nothing to cancel.' : `. ${perhapsRunning}`;
  const lines = [
    `${countOfJobs(jobs)}${sums ? `: ${sums}.` : nothing} Request ${request_id}.`,
    ...(duplicates > 0 ? [`${duplicates} duplicates were left out.`] : []),
    ...outcomes.map((row) => {
      const seconds = row.retry_after_seconds;
      return `${titleOf(row)} (${row.state}${seconds === undefined ? '' : `, retry_after_seconds ${seconds}`})`;
    }),
    ...(omitted > 0 ? [`… and ${omitted} more.`] : []),
    ...notes,
    ...next_steps.map((step) => `Next: ${step}`),
  ];
  return lines.join('\n');
}

/** As many outcomes as fit with their full ids; at least one. */
function fitting(outcomes: readonly Outcome[]): Outcome[] {
  let characters = 0;
  const most = outcomes.slice(0, mostShown);
  const tooFar = most.findIndex(({ job_id }, index) => {
    characters += job_id.length;
    return index > 0 && characters > mostIdCharacters;
  });
  return tooFar === -1 ? most : most.slice(0, tooFar);
}

/** Whether another status check cannot help, so that the next step is a different one. */
function isResolved({ outcome }: Outcome): boolean {
  return outcome !== 'cancelling' && outcome !== 'unknown';
}
