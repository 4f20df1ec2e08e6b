import type { Cause, Code, OutcomeName, State } from '../contract/outcome.ts';
import type { ProviderAdapter } from '../providers/adapter.ts';
import { stepAfter, whyUnreached } from './cause.ts';
import { capital } from './confirmation.ts';
import { checkKeyStep, type Keyed, noKeyClause, setKeyStep } from './key.ts';

/** What a sentence is about. `provider` is the provider's display name, `connection` the name that requests use. */
export interface MessageContext {
  readonly outcome: OutcomeName;
  readonly code?: Code | undefined;
  readonly cause?: Cause | undefined;
  readonly state: State;
  readonly raced?: true | undefined;
  /** Whether a cancel was sent although the state of the job was unknown. */
  readonly blind?: true | undefined;
  readonly gone?: true | undefined;
  readonly provider: string;
  readonly connection: string;
  /** Where the key of the connection is kept. */
  readonly credentials?: Keyed['credentials'];
  /** Which id of a job the provider needs, if a job has several. */
  readonly idHint?: string | undefined;
  /** Whether the provider accepted calloff's cancel. */
  readonly accepted?: boolean;
  /** Whether the provider answered a cancel with a rate limit or rejected the key. The cancel may have acted even so. */
  readonly turnedAway?: boolean;
  /** Whether a status check after the cancel showed the job. */
  readonly seenAfter?: boolean;
}

type Sentence = (words: MessageContext) => string;

const outcomeMessages: Record<Exclude<OutcomeName, 'refused' | 'failed'>, Sentence> = {
  cancelled: ({ provider }) => `${provider} reports the job as cancelled, after calloff sent a cancel.`,
  cancelling: ({ provider, state, accepted, gone }) => {
    if (gone) return `${provider} accepted the cancel, and now says that it has no such job.`;
    if (state === 'cancelling') {
      return `${provider} is cancelling the job. The job has not ended yet, and may still finish first.`;
    }
    return accepted
      ? `${provider} accepted the cancel, but has not yet shown the job as cancelled. It may still finish first.`
      : `${provider} was already cancelling the job, but its latest status does not show it. It may still finish first.`;
  },
  already_cancelled: ({ provider, raced, blind }) =>
    blind
      ? `The job is cancelled, but ${provider} did not accept calloff's cancel. It was sent while the state of the job was unknown.`
      : raced
        ? `Something else cancelled the job while calloff's cancel was under way, and ${provider} refused calloff's cancel.`
        : 'The job was already cancelled. Nothing was sent.',
  already_finished: ({ raced, blind, state }) => {
    const how = state === 'failed' ? 'failed' : 'completed';
    if (blind)
      return `The job has ${how}. A cancel was sent while the state of the job was unknown, so the job may have ${how} before or after it.`;
    return raced
      ? `The job ${how} although a cancel was sent.`
      : `The job had already ${how}. Nothing was sent.`;
  },
  not_found: ({ provider }) => `${provider} says that it has no such job.`,
  unknown: ({ provider }) =>
    `A cancel was sent, but ${provider} did not answer it clearly, and no later status check showed the result. The job may or may not be cancelled.`,
  not_attempted: () =>
    'The time ran out or the caller disconnected before calloff reached this job. Nothing was sent.',
  would_cancel: ({ state }) => `Dry run: the job is ${state} and would be cancelled. Nothing was sent.`,
};

const codeMessages: Record<Code, Sentence> = {
  denied_by_policy: () =>
    'The policy of this installation does not allow you to cancel this job. Nothing was sent.',
  protected_job: () => 'The job is protected. Nothing was sent.',
  confirmation_required: () => 'This cancel needs a confirmation first. Nothing was sent.',
  not_cancellable: ({ provider, state, seenAfter }) =>
    seenAfter
      ? `${provider} refused the cancel, and the job is still ${state}.`
      : `${provider} refused the cancel. No status check since then shows what the job is doing.`,
  denied_by_provider: (words) =>
    `${words.provider} does not let this API key ${words.turnedAway ? 'cancel' : 'see'} this job. ${effectOf(words)}`,
  caller_rate_limited: () => 'You have requested too many cancels in a short time. Nothing was sent.',
  provider_not_configured: (words) => `${capital(noKeyClause(keyedBy(words)))}. Nothing was sent.`,
  credentials_rejected: (words) => `${words.provider} did not accept the API key. ${effectOf(words)}`,
  rate_limited: (words) => `${words.provider} limits the number of requests. ${effectOf(words)}`,
  provider_unavailable: ({ provider, cause }) => {
    const why = whyUnreached(cause);
    const what = why === undefined ? ' or did not answer' : `: ${why}`;
    return `${provider} could not be reached${what}. This call cancelled nothing.`;
  },
  unexpected_response: ({ provider }) =>
    `${provider} answered in a way its documentation does not allow. This call cancelled nothing.`,
  internal: () => 'An internal error occurred in calloff. It is not known what happened to this job.',
};

const outcomeSteps: Record<Exclude<OutcomeName, 'refused' | 'failed'>, Sentence | undefined> = {
  cancelled: undefined,
  cancelling: ({ gone, provider }) =>
    gone
      ? `If this matters, check at ${provider} that the job is gone.`
      : 'Check the status of the job again in a few seconds. Sending the cancel again is harmless.',
  already_cancelled: undefined,
  already_finished: undefined,
  not_found: ({ idHint }) => ['Check the job id and the provider.', idHint].filter(Boolean).join(' '),
  unknown: () => 'Check the status of the job first. If it is still running, send the cancel again.',
  not_attempted: () => 'Send the request again. Jobs that have ended by then are left alone.',
  would_cancel: () => 'Send the request without dry_run to cancel it.',
};

const codeSteps: Record<Code, Sentence | undefined> = {
  denied_by_policy: () => 'Ask an administrator of this installation for the right to do this.',
  protected_job: () => 'If it really has to stop, ask an administrator of this installation.',
  confirmation_required: () => 'Follow the next_step of "confirmation" to get it confirmed.',
  not_cancellable: () =>
    'Check the status of the job again: it may be about to end. If it keeps running, contact the provider.',
  denied_by_provider: ({ provider }) =>
    `Ask the owner of the job at ${provider} to cancel it, or use an API key that is allowed to.`,
  caller_rate_limited: () => 'Wait for retry_after_seconds, then try again.',
  provider_not_configured: (words) => setKeyStep(keyedBy(words)),
  credentials_rejected: (words) => checkKeyStep(keyedBy(words)),
  rate_limited: () => 'Wait for retry_after_seconds, or for a minute if it is absent, then try again.',
  provider_unavailable: ({ cause }) =>
    stepAfter(cause) ?? "Check the provider's status page, then try again.",
  unexpected_response: ({ connection }) => `Check the base URL of ${connection} with "calloff doctor".`,
  internal: () => 'Check the status of the job before you try again.',
};

/** The effect of a cancel that was rejected because of the key or a limit. Only a later status check can show it. */
function effectOf({ turnedAway, seenAfter, state }: MessageContext): string {
  if (!turnedAway) return 'This call cancelled nothing.';
  return seenAfter
    ? `After that the job was ${state}.`
    : 'A cancel was sent, and no status check after it shows what the job is doing.';
}

function keyedBy({ connection: name, credentials }: MessageContext): Keyed {
  return credentials === undefined ? { name } : { name, credentials };
}

/** The outcome of the job in one or two sentences. Text from the provider is never quoted. */
export function messageOf(words: MessageContext): string {
  return pick(words, outcomeMessages, codeMessages)?.(words) ?? '';
}

/** What the caller can do next; `undefined` if nothing is left to do. */
export function nextStepOf(words: MessageContext): string | undefined {
  return pick(words, outcomeSteps, codeSteps)?.(words);
}

function pick<T>(
  { outcome, code }: MessageContext,
  byOutcome: Record<Exclude<OutcomeName, 'refused' | 'failed'>, T>,
  byCode: Record<Code, T>,
): T {
  if (outcome === 'refused' || outcome === 'failed') return byCode[code ?? 'internal'];
  return byOutcome[outcome];
}

const stopped: ReadonlySet<OutcomeName> = new Set([
  'cancelled',
  'cancelling',
  'already_cancelled',
  'unknown',
  'would_cancel',
]);

/** What may still run or be billed at this provider. */
export function billingNote(
  { billing: { always, note } }: Pick<ProviderAdapter, 'billing'>,
  outcome: OutcomeName,
): string | undefined {
  return always || stopped.has(outcome) ? note : undefined;
}
