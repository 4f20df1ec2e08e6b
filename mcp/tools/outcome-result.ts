import * as z from 'zod';
import type { Outcome } from '../../shared/contract/answers/outcome-schema.ts';
import type { BulkResult, OneResult } from '../../shared/contract/answers/responses.ts';
import { outcomeNames, states } from '../../shared/contract/outcome.ts';
import { toolStepOf } from './next-step.ts';
import type { ToolResult } from './tool.ts';

/** The part of an offered confirmation that a model needs. */
export const offerSchema = z.lazy(() =>
  z.strictObject({
    id: z.string(),
    expires_at: z.string(),
    confirmation_token: z.string().optional(),
  }),
);

/**
 * The outcome of a job as a model sees it: the usual outcome, whose `next_step` names a tool. The schemas of the tools
 * are looser than `outcomeSchema` and list no words twice, because every host pays for definitions in tokens.
 */
export const toolOutcome = z.lazy(() =>
  z.strictObject({
    provider: z.string(),
    job_id: z.string(),
    name: z.string().optional(),
    outcome: z.enum(outcomeNames),
    state: z.enum(states),
    code: z.string().optional(),
    cause: z.string().optional(),
    retryable: z.boolean(),
    raced: z.boolean().optional(),
    gone: z.boolean().optional(),
    retry_after_seconds: z.number().optional(),
    evidence: z.strictObject({
      source: z.enum(['status', 'reply', 'none']),
      provider_status: z.union([z.string(), z.null()]),
      observed_at: z.union([z.string(), z.null()]),
    }),
    details: z
      .object({})
      .catchall(z.union([z.string(), z.number(), z.boolean()]))
      .optional(),
    billing_note: z.string().optional(),
    message: z.string(),
    next_step: z.string().optional(),
    confirmation: offerSchema.optional(),
    operation_id: z.string().optional(),
  }),
);

/** One outcome, as a model sees it. */
export function outcomeResult({
  confirmation: offer,
  operation,
  // Its schema would cost every host tokens; list_jobs shows it.
  owner: _,
  ...outcome
}: OneResult): ToolResult {
  const step = offer ? offer.next_step : (toolStepOf([outcome]) ?? outcome.next_step);
  const structured = {
    ...outcome,
    ...(step === undefined ? {} : { next_step: step }),
    ...shownOffer(offer),
    ...(operation && { operation_id: operation.id }),
  };
  const { retry_after_seconds: seconds, details = {}, billing_note } = outcome;
  const detailed = Object.entries(details).map(([name, value]) => `${name} ${value}`);
  const text = [
    `${titleOf(outcome)}: ${outcome.message}`,
    evidenceInWords(outcome),
    seconds === undefined ? undefined : `retry_after_seconds: ${seconds}`,
    detailed.length === 0 ? undefined : `Details: ${detailed.join(', ')}.`,
    billing_note,
    step === undefined ? undefined : `Next: ${step}`,
    operation?.next_step,
  ];
  return { structured, text: distinct(text).join('\n'), failed: outcome.outcome === 'failed' };
}

/** The evidence in words. A reply says nothing about the state, so the state is then older than the reply. */
function evidenceInWords({
  state,
  evidence: { source, provider_status: word, observed_at: at },
}: Outcome): string {
  if (source === 'none') return 'No status was read.';
  const said = word === null ? '' : ` ("${word}")`;
  if (source === 'status') return `State: ${state}${said}, read at ${at}.`;
  return `The provider replied${said} at ${at}. The last state read before that: ${state}.`;
}

/** The part of an offered confirmation that a model needs; the next step says the rest. */
export function shownOffer(offer: BulkResult['confirmation']) {
  if (offer === undefined) return {};
  const { id, expires_at, confirmation_token: token } = offer;
  return { confirmation: { id, expires_at, ...(token && { confirmation_token: token }) } };
}

/** An outcome and its job, in the words of the structured half. */
export function titleOf({
  outcome,
  code,
  provider,
  job_id,
}: {
  readonly outcome: string;
  readonly code?: string | undefined;
  readonly provider: string;
  readonly job_id: string;
}): string {
  return `${outcome}${code === undefined ? '' : ` (${code})`}: ${provider} ${job_id}`;
}

/** Each text once, in order. */
export function distinct(texts: readonly (string | undefined)[]): string[] {
  return [...new Set(texts.filter((text) => text !== undefined))];
}
