import type { Code } from '../contract/outcome.ts';
import { callersStepAfter, operatorStep } from './cause.ts';
import { checkKeyStep, setKeyStep } from './key.ts';
import { type CodelessOutcome, keyedBy, type MessageContext, type Sentence } from './message-context.ts';

/** What to do after each outcome. */
export const outcomeSteps: Record<
  CodelessOutcome,
  ((words: MessageContext) => string | undefined) | undefined
> = {
  cancelled: undefined,
  cancelling: ({ gone, provider }) =>
    gone
      ? `If this matters, check at ${provider} that the job is gone.`
      : 'Check the status of the job again in a few seconds. Sending the cancel again is harmless.',
  already_cancelled: undefined,
  already_finished: ({ provider, state }) =>
    state === 'unknown' ? `If this matters, check at ${provider} how the job ended.` : undefined,
  not_found: ({ idHint, absence }) =>
    [
      'Check the job id and the provider.',
      absence === 'may_be_over' && 'If both are right, the provider does not keep the job any more.',
      idHint,
    ]
      .filter(Boolean)
      .join(' '),
  unknown: () => 'Check the status of the job first. If it is still running, send the cancel again.',
  not_attempted: () => 'Send the request again. Jobs that have ended by then are left alone.',
  would_cancel: () => 'Send the request without dry_run to cancel it.',
};

/** What to do after `refused` and `failed`, by the code. */
export const codeSteps: Record<Code, Sentence | undefined> = {
  denied_by_policy: () => 'Ask an administrator of this installation for the right to do this.',
  protected_job: () => 'If it really has to stop, ask an administrator of this installation.',
  confirmation_required: () => 'Do what the next_step of "confirmation" says.',
  not_cancellable: () =>
    'Check the status of the job again: it may be about to end. If it keeps running, contact the provider.',
  denied_by_provider: ({ provider }) =>
    `Ask the owner of the job at ${provider} to cancel it, or use an API key that is allowed to.`,
  caller_rate_limited: () => 'Wait for retry_after_seconds, then try again.',
  provider_not_configured: (words) => setKeyStep(keyedBy(words)),
  credentials_rejected: (words) => checkKeyStep(keyedBy(words)),
  rate_limited: () => 'Wait for retry_after_seconds, or for a minute if it is absent, then try again.',
  provider_unavailable: ({ cause }) =>
    callersStepAfter(cause) ?? "Check the provider's status page, then try again.",
  unexpected_response: ({ connection, place = [] }) =>
    operatorStep(`Check ${['the base URL', ...place].join(' and ')} of ${connection} with "calloff doctor".`),
  internal: () => 'Check the status of the job before you try again.',
};
