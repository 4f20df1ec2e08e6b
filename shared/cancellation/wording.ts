import type { Action } from '../access/caller.ts';
import type { ConfirmationFault } from '../access/confirmation.ts';
import type { Code, Outcome, OutcomeName, State } from '../outcome.ts';
import type { ProviderId } from '../providers/provider-adapter.ts';

/** What a sentence is about. `provider` is the provider's display name, `connection` what the caller calls it. */
export interface Words {
  readonly outcome: OutcomeName;
  readonly code?: Code | undefined;
  readonly state: State;
  readonly raced?: true | undefined;
  readonly provider: string;
  readonly connection: string;
  /** Whether the provider accepted a cancel of ours. */
  readonly accepted?: boolean;
  /** Whether a look after the cancel showed the job. */
  readonly seenAfter?: boolean;
}

type Sentence = (words: Words) => string;

const outcomeMessages: Record<Exclude<OutcomeName, 'refused' | 'failed'>, Sentence> = {
  cancelled: ({ provider }) => `${provider} reports the job as cancelled, after our cancel.`,
  cancelling: ({ provider, state, accepted }) => {
    if (state === 'cancelling') {
      return `${provider} is cancelling the job. It is not over yet, and may still finish first.`;
    }
    return accepted
      ? `${provider} accepted the cancel, but has not yet shown the job as cancelled. It may still finish first.`
      : `${provider} was already cancelling the job, but its latest status does not show it. It may still finish first.`;
  },
  already_cancelled: ({ provider, raced }) =>
    raced
      ? `The job was cancelled while our cancel was under way, and ${provider} turned ours down.`
      : 'The job was already cancelled. Nothing was sent.',
  already_finished: ({ raced, state }) => {
    const how = state === 'failed' ? 'failed' : 'completed';
    return raced
      ? `The job ${how} although a cancel was sent.`
      : `The job had already ${how}. Nothing was sent.`;
  },
  not_found: ({ provider }) => `${provider} says that it has no such job.`,
  unknown: ({ provider }) =>
    `A cancel was sent, but ${provider} did not answer it clearly and no later look settled it. The job may or may not be cancelled.`,
  not_attempted: () =>
    'The time was up, or the caller had gone, before the turn of this job. Nothing was sent.',
  would_cancel: ({ state }) => `Dry run: the job is ${state} and would be cancelled. Nothing was sent.`,
};

const codeMessages: Record<Code, Sentence> = {
  denied_by_policy: () =>
    'The policy of this installation does not allow you to cancel this job. Nothing was sent.',
  protected_job: () => 'The job is protected. Nothing was sent.',
  confirmation_required: () => 'So many cancels need a confirmation first. Nothing was sent.',
  not_cancellable: ({ provider, state, seenAfter }) =>
    seenAfter
      ? `${provider} turned the cancel down, and the job is still ${state}.`
      : `${provider} turned the cancel down. What the job is doing since then is not known.`,
  caller_rate_limited: () => 'You have asked for too many cancels in a short time. Nothing was sent.',
  provider_not_configured: ({ connection }) =>
    `There is no usable API key for ${connection}. Nothing was sent.`,
  credentials_rejected: ({ provider }) =>
    `${provider} did not accept the API key. This call cancelled nothing.`,
  rate_limited: ({ provider }) => `${provider} asks to be asked less often. This call cancelled nothing.`,
  provider_unavailable: ({ provider }) =>
    `${provider} could not be reached or did not answer. This call cancelled nothing.`,
  unexpected_response: ({ provider }) =>
    `${provider} answered in a way its documentation does not allow. This call cancelled nothing.`,
  internal: () => 'Something went wrong inside calloff. Nothing more is known of this job.',
};

const outcomeSteps: Record<Exclude<OutcomeName, 'refused' | 'failed'>, Sentence | undefined> = {
  cancelled: undefined,
  cancelling: () => 'Look at the job again in a few seconds. Asking for the cancel again is harmless.',
  already_cancelled: undefined,
  already_finished: undefined,
  not_found: () => 'Check the job id and the provider.',
  unknown: () => 'Look at the job before anything else; if it still runs, ask again.',
  not_attempted: () => 'Ask again for this job.',
  would_cancel: () => 'Ask again without dry_run to cancel it.',
};

const codeSteps: Record<Code, Sentence | undefined> = {
  denied_by_policy: () => 'Ask an administrator of this installation for the right to do this.',
  protected_job: () => 'Ask an administrator of this installation if it really has to stop.',
  confirmation_required: () => 'Confirm the request, or let a person who may confirm it do so.',
  not_cancellable: () =>
    'Look at the job again: it may be about to end. If it runs on, turn to the provider.',
  caller_rate_limited: () => 'Wait, then ask again.',
  provider_not_configured: ({ connection }) =>
    `Set ${keyVariable(connection)}, or in AWS the secret of the connection, and ask again.`,
  credentials_rejected: ({ connection }) =>
    `Check ${keyVariable(connection)}, or in AWS the secret of the connection.`,
  rate_limited: () => 'Wait as long as retry_after_seconds says, or a minute, then ask again.',
  provider_unavailable: () => 'Look at the status page of the provider, then ask again.',
  unexpected_response: ({ connection }) => `Check the base URL of ${connection} with "calloff doctor".`,
  internal: () => 'Look at the job before asking again.',
};

/** What became of the job, in a sentence or two of our own. */
export function messageOf(words: Words): string {
  return pick(words, outcomeMessages, codeMessages)?.(words) ?? '';
}

/** What the caller can do next, where there is anything to do. */
export function nextStepOf(words: Words): string | undefined {
  return pick(words, outcomeSteps, codeSteps)?.(words);
}

function pick<T>(
  { outcome, code }: Words,
  byOutcome: Record<Exclude<OutcomeName, 'refused' | 'failed'>, T>,
  byCode: Record<Code, T>,
): T {
  if (outcome === 'refused' || outcome === 'failed') return byCode[code ?? 'internal'];
  return byOutcome[outcome];
}

/** The most jobs that a question names, or a step at one provider. */
const mostNamed = 20;
/** The most characters of ids in a step, over all providers and as they are quoted: a model pays for them twice. */
const mostIdCharacters = 400;

/** What a model can do about jobs whose end is not seen yet: look again, by the tool that looks. */
export function toolStepOf(outcomes: readonly Outcome[]): string | undefined {
  const open = outcomes.filter(({ outcome }) => outcome === 'cancelling' || outcome === 'unknown');
  const byProvider = [...Map.groupBy(open, ({ provider }) => provider)];
  const steps = byProvider.map(([provider, jobs]) => {
    const named = idsWithin(jobs, mostIdCharacters / byProvider.length);
    const left = jobs.length - named.length;
    const ids = named.length === 0 ? `the ids you gave (${left} jobs)` : `ids [${named.join(', ')}]`;
    const more = named.length === 0 || left === 0 ? '' : ` (and ${left} more)`;
    return `call list_jobs with provider "${provider}" and ${ids}${more} in 30 s`;
  });
  return steps.length === 0 ? undefined : `${steps.join('; ')}.`;
}

/** The first ids, in quotes, as many as have room. */
function idsWithin(jobs: readonly Outcome[], characters: number): string[] {
  const quoted = jobs.slice(0, mostNamed).map(({ job_id }) => `"${job_id}"`);
  let left = characters;
  const tooFar = quoted.findIndex((id) => {
    left -= id.length + ', '.length;
    return left < 0;
  });
  return tooFar === -1 ? quoted : quoted.slice(0, tooFar);
}

/** Asks a person whether these jobs are really to be cancelled. */
export function consentQuestion(outcomes: readonly Outcome[]): string {
  const named = outcomes
    .slice(0, mostNamed)
    .map(({ provider, job_id, state }) => `- ${provider} ${job_id} (${state})`);
  const more = outcomes.length > named.length ? [`- and ${outcomes.length - named.length} more`] : [];
  const count = outcomes.length === 1 ? '1 job' : `${outcomes.length} jobs`;
  return [`An assistant wants to cancel ${count}. This cannot be undone.`, ...named, ...more].join('\n');
}

/** Why jobs were not cancelled: the person said no, or there was no way to ask one. */
export const consentRefusals = {
  declined: 'A person was asked and did not agree. Nothing was sent.',
  no_answer: 'A person was asked and did not answer. Nothing was sent.',
  nobody:
    'So many cancels need the consent of a person, and this client has no way to ask one. Nothing was sent.',
} as const;

/** Why a confirmation does not serve. Nothing is sent then. */
export const confirmationMessages: Record<ConfirmationFault, string> = {
  unknown: 'There is no such confirmation of yours, or its five minutes are over. Nothing was sent.',
  not_confirmed: 'Nobody has confirmed this yet. Nothing was sent.',
  used: 'This confirmation was used or closed already; each serves once. Nothing was sent.',
  other_jobs: 'The confirmation is for other jobs than these. Nothing was sent.',
  not_allowed: 'You have no right to confirm this.',
};

/** How a request that needs a confirmation gets one. */
export function confirmationStep({ id, token }: { readonly id: string; readonly token?: string }): string {
  return token === undefined
    ? `A person who may confirm does so with "calloff confirm ${id}", with POST /v1/confirmations/${id} or in Slack. Then ask again with confirmation_id "${id}".`
    : 'Ask again with confirmation_token, within five minutes, to cancel exactly these jobs.';
}

/** The same, for a model: whose argument it is, and until when. */
export function confirmationToolStep(offer: {
  readonly id: string;
  readonly expires_at: string;
  readonly confirmation_token?: string | undefined;
}): string {
  const { id, expires_at, confirmation_token: token } = offer;
  return token === undefined
    ? `ask the user to confirm with "calloff confirm ${id}" (or POST /v1/confirmations/${id}, or in Slack) before ${expires_at}, then call this tool again with the same jobs, or with confirmation "${id}" in their place.`
    : `call this tool again with confirmation "${token}" before ${expires_at}.`;
}

const deeds: Record<Action, string> = {
  list: 'look at jobs',
  cancel: 'cancel jobs',
  confirm: 'confirm what others ask for',
  audit: 'read the audit',
};

/** That a caller may not do something, here or at all. */
export function deniedMessage(action: Action): string {
  return `The policy of this installation does not allow you to ${deeds[action]} here.`;
}

/** That a call names more jobs than the caller may. */
export function tooManyJobsMessage(most: number): string {
  return `You may name at most ${most} jobs in one call. Nothing was sent.`;
}

/** That nothing may be sent because it could not be written down first. */
export const unauditedMessage =
  'The store of this installation could not be used, and nothing is sent that cannot be written down first. Nothing was sent.';

/** That there is nothing to read, because nothing is written down. */
export const noAuditMessage =
  'This installation has no store, so nothing is written down. On AWS, CALLOFF_TABLE names it.';

/** That a caller asks too often. */
export const tooOftenMessage = 'You have asked too often within a minute.';

const listFailures: Partial<Record<Code, string>> = {
  provider_not_configured: 'there is no usable API key for it',
  credentials_rejected: 'its API key was not accepted',
  rate_limited: 'it asks to be asked less often',
  provider_unavailable: 'it could not be reached or did not answer in time',
};

/** Why a job could not be seen. */
export function lookFailureMessage(code: Code, provider: string): string {
  const why = listFailures[code] ?? 'the provider answered in a way its documentation does not allow';
  return `The job at ${provider} could not be looked at: ${why}. Nothing was sent.`;
}

/** Why the jobs of a provider are missing from a list. */
export function listFailureMessage(code: Code, provider: string): string {
  const why = listFailures[code] ?? 'it answered in a way its documentation does not allow';
  return `The jobs at ${provider} could not all be listed: ${why}.`;
}

/** The environment variable that holds the key of a connection which no configuration file names. */
function keyVariable(connection: string): string {
  return `${connection.toUpperCase().replaceAll('-', '_')}_API_KEY`;
}

/** Where a note is always true it is always there; else only where something ran that may cost money. */
const billingNotes: Record<ProviderId, { readonly always: boolean; readonly note: string }> = {
  ionq: {
    always: true,
    note: 'IonQ may bill what ran before the cancel. A job that ends just as the cancel arrives may read as cancelled.',
  },
  promptloop: {
    always: true,
    note: 'PromptLoop removes the rows that wait; rows already in progress finish, and may be billed.',
  },
  ionworks: {
    always: false,
    note: 'Ionworks does not say whether compute time used before the cancel is billed.',
  },
  sutro: {
    always: false,
    note: 'Sutro does not say whether work done before the cancel is billed; see job_cost.',
  },
};

const stopped: ReadonlySet<OutcomeName> = new Set([
  'cancelled',
  'cancelling',
  'already_cancelled',
  'unknown',
  'would_cancel',
]);

/** What may still run, or still be billed, at this provider. */
export function billingNote(provider: ProviderId, outcome: OutcomeName): string | undefined {
  const { always, note } = billingNotes[provider];
  return always || stopped.has(outcome) ? note : undefined;
}
