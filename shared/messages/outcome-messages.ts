import type { Code } from '../contract/outcome.ts';
import { capitalized } from '../lib/text.ts';
import { whyUnreached } from './cause.ts';
import { noKeyClause } from './key.ts';
import { type CodelessOutcome, keyedBy, type MessageContext, type Sentence } from './message-context.ts';

const maybeSent = 'calloff was interrupted while it was sending cancels, and may have sent one for this job.';

/** Of a provider whose "no such job" may mean that the job is over. */
const forgets = 'It forgets jobs some time after they end';

/** What each outcome says of its job. */
export const outcomeMessages: Record<CodelessOutcome, Sentence> = {
  cancelled: ({ provider, inAir }) =>
    inAir
      ? `${provider} reports the job as cancelled. ${maybeSent}`
      : `${provider} reports the job as cancelled, after calloff sent a cancel.`,
  cancelling: ({ provider, state, accepted, gone, absence }) => {
    if (gone) {
      const what = `${provider} accepted the cancel, and now says that it has no such job.`;
      return absence === 'may_be_over'
        ? `${what} ${forgets}, so the job may be over, cancelled or not.`
        : what;
    }
    if (state === 'cancelling') {
      return `${provider} is cancelling the job. The job has not ended yet, and may still finish first.`;
    }
    return accepted
      ? `${provider} accepted the cancel, but has not yet shown the job as cancelled. It may still finish first.`
      : `${provider} was already cancelling the job, but its latest status does not show it. It may still finish first.`;
  },
  already_cancelled: ({ provider, raced, blind }) =>
    blind
      ? `The job is cancelled, but ${provider} did not accept calloff's cancel. calloff sent it without knowing the state of the job.`
      : raced
        ? `The job is cancelled, but ${provider} did not accept calloff's cancel. It was not cancelled yet when calloff checked first.`
        : 'The job was already cancelled. Nothing was sent.',
  already_finished: ({ provider, raced, blind, inAir, state }) => {
    if (state === 'unknown') {
      const what = `${provider} says that the job is over, in a word that calloff does not know.`;
      if (inAir) return `${what} ${maybeSent}`;
      if (blind)
        return `${what} calloff sent a cancel, and the job may be cancelled or may have ended without it.`;
      return `${what} ${raced ? `${provider} did not accept calloff's cancel.` : 'Nothing was sent.'}`;
    }
    const how = state === 'failed' ? 'failed' : 'completed';
    if (inAir) return `The job has ${how}. ${maybeSent}`;
    if (blind)
      return `The job has ${how}. calloff sent its cancel without knowing the state of the job, so the job may have ${how} before or after it.`;
    return raced
      ? `The job ${how} although a cancel was sent.`
      : `The job had already ${how}. Nothing was sent.`;
  },
  not_found: ({ provider, absence }) => {
    const what = `${provider} says that it has no such job.`;
    return absence === 'may_be_over'
      ? `${what} ${forgets}, so the job may be over, or may never have existed.`
      : what;
  },
  unknown: ({ provider, inAir }) =>
    inAir
      ? `${maybeSent} No status check since then showed that the job has ended. The job may or may not be cancelled.`
      : `A cancel was sent, but ${provider} did not answer it clearly, and no later status check showed whether the cancel took effect. The job may or may not be cancelled.`,
  not_attempted: () =>
    'calloff ran out of time or was interrupted before it was done with this job. Nothing was sent.',
  would_cancel: ({ state }) => `Dry run: the job is ${state} and would be cancelled. Nothing was sent.`,
};

/** What `refused` and `failed` say of their job, by the code. */
export const codeMessages: Record<Code, Sentence> = {
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
  provider_not_configured: (words) => `${capitalized(noKeyClause(keyedBy(words)))}. Nothing was sent.`,
  credentials_rejected: (words) => `${words.provider} did not accept the API key. ${effectOf(words)}`,
  rate_limited: (words) => `${words.provider} limits the number of requests. ${effectOf(words)}`,
  provider_unavailable: ({ provider, cause }) => {
    const why = whyUnreached(cause);
    const what = why === undefined ? ' or did not give a usable answer' : `: ${why}`;
    return `${provider} could not be reached${what}. This call cancelled nothing.`;
  },
  unexpected_response: ({ provider }) =>
    `${provider} answered in a way its documentation does not allow. This call cancelled nothing.`,
  internal: () => 'An internal error occurred in calloff. This call cancelled nothing.',
};

/** The effect of a cancel that was rejected because of the key or a limit. Only a later status check can show it. */
function effectOf({ turnedAway, seenAfter, state }: MessageContext): string {
  if (!turnedAway) return 'This call cancelled nothing.';
  return seenAfter
    ? `After that the job was ${state}.`
    : 'A cancel was sent, and no status check after it shows what the job is doing.';
}
