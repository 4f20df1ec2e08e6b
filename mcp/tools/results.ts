import * as z from 'zod';
import type { BulkResult } from '../../shared/cancellation/cancel-jobs.ts';
import type { Fault } from '../../shared/cancellation/check.ts';
import { toolStepOf } from '../../shared/cancellation/wording.ts';
import { type Outcome, outcomeNames, outcomeSchema } from '../../shared/outcome.ts';
import type { ToolResult } from './tool.ts';

/** The outcome of a job as a model sees it: as everywhere, with the details left open and `next_step` naming a tool. */
export const toolOutcome = outcomeSchema.extend({
  evidence: z.strictObject({
    source: z.enum(['look', 'reply', 'none']),
    provider_status: z.union([z.string(), z.null()]).describe("The provider's own status word"),
    observed_at: z.union([z.string(), z.null()]),
  }),
  details: z.record(z.string(), z.union([z.string(), z.number(), z.boolean()])).optional(),
});

/** An outcome in a digest. Its vocabulary is spelled out once, in the schema of the single outcome: definitions cost tokens. */
const shownOutcome = z.strictObject({
  provider: z.string(),
  job_id: z.string(),
  outcome: z.enum(outcomeNames),
  state: z.string(),
  code: z.string().optional(),
});

/** A bulk, in few words. */
export const digestSchema = z.strictObject({
  request_id: z.string(),
  counts: z.record(z.string(), z.number()).describe('How many of each outcome'),
  duplicates: z.number(),
  outcomes: z.array(shownOutcome).describe('First those that did not go as asked'),
  omitted: z.number().describe('Outcomes not shown'),
  notes: z.array(z.string()).describe('What the outcomes shown mean, and what may still be billed'),
  next_steps: z.array(z.string()),
});

const mostShown = 25;
/** How far an outcome is from what was asked: the further, the earlier it is shown. */
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

/** What a model is told of one job. */
export function outcomeResult(outcome: Outcome): ToolResult {
  const step = toolStepOf([outcome]) ?? outcome.next_step;
  const { next_step: _, ...rest } = outcome;
  const structured = { ...rest, ...(step === undefined ? {} : { next_step: step }) };
  const { provider_status: word, observed_at: at } = outcome.evidence;
  const seen =
    at === null
      ? 'Nothing was seen.'
      : `State: ${outcome.state}${word === null ? '' : ` ("${word}")`}, seen ${at}.`;
  const text = [
    `${titleOf(outcome)}: ${outcome.message}`,
    seen,
    outcome.billing_note,
    step && `Next: ${step}`,
  ];
  return { structured, text: text.filter(Boolean).join('\n'), failed: outcome.outcome === 'failed' };
}

/** What a model is told of many. */
export function digestResult({ request_id, outcomes, counts, duplicates }: BulkResult): ToolResult {
  const sorted = [...outcomes].sort(
    (one, other) => order.indexOf(one.outcome) - order.indexOf(other.outcome),
  );
  const shown = sorted.slice(0, mostShown);
  const structured = {
    request_id,
    counts,
    duplicates,
    outcomes: shown.map(({ provider, job_id, outcome, state, code }) => ({
      provider,
      job_id,
      outcome,
      state,
      ...(code === undefined ? {} : { code }),
    })),
    omitted: outcomes.length - shown.length,
    notes: distinct(shown.flatMap(({ message, billing_note }) => [message, billing_note])),
    next_steps: distinct([toolStepOf(outcomes), ...shown.filter(isStuck).map(({ next_step }) => next_step)]),
  };
  const counted = Object.entries(counts).filter(([, count]) => count > 0);
  const text = [
    `${outcomes.length} jobs: ${counted.map(([name, count]) => `${count} ${name}`).join(', ')}.`,
    ...shown.map((outcome) => `${titleOf(outcome)} (${outcome.state})`),
    ...(structured.omitted > 0 ? [`… and ${structured.omitted} more.`] : []),
    ...structured.notes,
    ...structured.next_steps.map((step) => `Next: ${step}`),
  ];
  return { structured, text: text.join('\n'), failed: outcomes.every(({ outcome }) => outcome === 'failed') };
}

/** What a model is told when a call was not carried out because of its faults. */
export function faultsResult(faults: readonly Fault[]): ToolResult {
  const lines = faults.map(({ path, message }) => (path === '' ? message : `${path}: ${message}`));
  const shown = lines.slice(0, mostShown);
  if (lines.length > shown.length) shown.push(`… and ${lines.length - shown.length} more faults.`);
  return {
    structured: {},
    text: ['The call has faults; nothing was done.', ...shown].join('\n'),
    failed: true,
  };
}

function titleOf({ outcome, code, provider, job_id }: Outcome): string {
  return `${code ?? outcome}: ${provider} ${job_id}`;
}

/** Whether something other than another look has to be done. */
function isStuck({ outcome }: Outcome): boolean {
  return (
    outcome === 'failed' || outcome === 'refused' || outcome === 'not_attempted' || outcome === 'not_found'
  );
}

function distinct(texts: readonly (string | undefined)[]): string[] {
  return [...new Set(texts.filter((text) => text !== undefined))];
}
