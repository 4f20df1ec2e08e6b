import type { ProviderAdapter } from '../adapter/adapter.ts';
import type { OperationOutcome } from '../contract/answers/operation-schema.ts';
import type { Evidence } from '../contract/answers/outcome-schema.ts';
import { codes, isPassing, outcomes } from '../contract/outcome.ts';
import { timestamp } from '../lib/clock.ts';
import { omitUndefined } from '../lib/collections.ts';
import { type MessageContext, providerWords, type Worded } from '../messages/message-context.ts';
import { cameBackMessage, cameBackStep, pendingMessage } from '../messages/operation.ts';
import { billingNote, messageOf, nextStepOf } from '../messages/outcome.ts';
import type { JobResult } from './job-result.ts';

/** The connection of a job. `adapter` is missing if the connection is not configured any more. */
export interface OutcomePlace {
  readonly name: string;
  readonly adapter?: (Worded & Pick<ProviderAdapter, 'billing'>) | undefined;
  readonly credentials?: MessageContext['credentials'];
}

/** The outcome of a job from what is kept of it, with the sentences that a cancel in one call would have. */
export function outcomeOf(result: JobResult, id: string, place: OutcomePlace): OperationOutcome {
  const { outcome, state, code, cause, raced, gone, details, came_back, sent } = result;
  const words = wordsOf(result, place);
  const traits = code === undefined ? outcomes[outcome] : codes[code];
  const note = place.adapter && billingNote(place.adapter, outcome);
  return {
    ...{ provider: place.name, job_id: id, outcome, state },
    ...omitUndefined({ code, cause, raced, gone }),
    retryable: traits.retryable || isPassing(cause),
    evidence: evidenceOf(result),
    ...omitUndefined({ details, billing_note: note }),
    message: came_back ? cameBackMessage(words.provider) : messageOf(words),
    ...omitUndefined({ next_step: came_back ? cameBackStep : nextStepOf(words), came_back, sent }),
  };
}

/** A job without an outcome. `maybeSent`: a worker was about to send a cancel of it when it was last heard of. */
export function pendingOutcome(id: string, { name }: OutcomePlace, maybeSent: boolean): OperationOutcome {
  return {
    ...{ provider: name, job_id: id, outcome: maybeSent ? 'unknown' : 'not_attempted', state: 'unknown' },
    retryable: true,
    evidence: { source: 'none', provider_status: null, observed_at: null },
    message: pendingMessage(maybeSent),
    pending: true,
    ...(maybeSent && { sent: true }),
  };
}

function wordsOf(result: JobResult, { name, adapter, credentials }: OutcomePlace): MessageContext {
  const { outcome, state, code, cause, raced, blind, gone, in_air, accepted, turned_away, seen_after } =
    result;
  return {
    ...{ outcome, code, cause, state, raced, blind, gone, connection: name },
    ...(adapter === undefined ? { provider: name } : providerWords(adapter)),
    ...(credentials && { credentials }),
    ...{ inAir: in_air === true, accepted: accepted === true, turnedAway: turned_away === true },
    seenAfter: seen_after === true,
  };
}

function evidenceOf({ source, word, at }: JobResult): Evidence {
  const observed_at = at === undefined ? null : timestamp(at);
  return { source: source ?? 'none', provider_status: word ?? null, observed_at };
}
