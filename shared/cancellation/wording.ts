import type { Action, CallerKind } from '../access/caller.ts';
import type { ConfirmationFault, Offer } from '../access/confirmation.ts';
import { timestamp } from '../clock.ts';
import type { Code, Outcome, OutcomeName, State } from '../outcome.ts';
import { plainText } from '../plain-text.ts';
import type { ProviderAdapter, ProviderId } from '../providers/provider-adapter.ts';

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
  confirmation_required: () => 'This needs a confirmation first. Nothing was sent.',
  not_cancellable: ({ provider, state, seenAfter }) =>
    seenAfter
      ? `${provider} turned the cancel down, and the job is still ${state}.`
      : `${provider} turned the cancel down. What the job is doing since then is not known.`,
  denied_by_provider: ({ provider }) =>
    `${provider} does not let this API key cancel this job. The job was not cancelled.`,
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
  not_attempted: () => 'Ask again: what is over by then is left alone.',
  would_cancel: () => 'Ask again without dry_run to cancel it.',
};

const codeSteps: Record<Code, Sentence | undefined> = {
  denied_by_policy: () => 'Ask an administrator of this installation for the right to do this.',
  protected_job: () => 'Ask an administrator of this installation if it really has to stop.',
  confirmation_required: () => 'Confirm it, or have it confirmed, as the next_step of "confirmation" says.',
  not_cancellable: () =>
    'Look at the job again: it may be about to end. If it runs on, turn to the provider.',
  denied_by_provider: ({ provider }) =>
    `Ask whoever owns the job at ${provider} to cancel it, or use a key that may.`,
  caller_rate_limited: () => 'Wait as long as retry_after_seconds says, then ask again.',
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

/**
 * Asks a person whether these jobs are really to be cancelled, on behalf of an agent or on their own. The reason is in
 * quotes: an agent may have written it to be agreed with.
 */
export function consentQuestion(
  outcomes: readonly Outcome[],
  { kind: asker, reason }: { readonly kind: CallerKind; readonly reason?: string | undefined },
): string {
  const named = outcomes
    .slice(0, mostNamed)
    .map(({ provider, job_id, state }) => `- ${provider} ${job_id} (${state})`);
  const more = outcomes.length > named.length ? [`- and ${outcomes.length - named.length} more`] : [];
  const count = countOfJobs(outcomes.length);
  const who = asker === 'agent' ? 'An assistant wants' : 'You are about';
  const whose = asker === 'agent' ? "The assistant's reason" : 'Why';
  const why = reason === undefined ? [] : [`${whose}: ${JSON.stringify(plainText(reason))}`];
  const what = `${who} to cancel ${count}${shares(outcomes)}. This cannot be undone.`;
  return [what, ...why, ...named, ...more].join('\n');
}

/** How many at each provider, where there are several. */
function shares(outcomes: readonly Outcome[]): string {
  const byProvider = [...Map.groupBy(outcomes, ({ provider }) => provider)];
  if (byProvider.length < 2) return '';
  return ` (${byProvider.map(([provider, jobs]) => `${provider} ${jobs.length}`).join(', ')})`;
}

/** Why jobs were not cancelled: the person said no, or there was no way to ask one. */
export const consentRefusals = {
  declined: 'A person was asked and did not agree. Nothing was sent.',
  no_answer: 'A person was asked and did not answer. Nothing was sent.',
  resting: 'A person has just said no, and was not asked again so soon. Nothing was sent.',
} as const;

/** What there is to do then. */
export const consentSteps = {
  declined: 'Leave these jobs alone, unless the person asks for it anew.',
  no_answer: 'Ask again when there is somebody to answer.',
  resting: 'Leave alone what the person said no to; ask about anything else in a minute.',
} as const;

/** Why jobs are not cancelled before somebody has confirmed it: so many at once, or whatever their number. */
export function confirmationNeededMessage(confirmAbove: number | undefined): string {
  if (confirmAbove === undefined)
    return 'This cancel needs a confirmation first, however few jobs it is about. Nothing was sent.';
  return confirmAbove === 0
    ? 'Every cancel of yours needs a confirmation first. Nothing was sent.'
    : `More than ${confirmAbove} cancels within ten minutes need a confirmation first. Nothing was sent.`;
}

/** What there is to do where nothing can be confirmed, because there is nowhere to keep it or no secret to bind it by. */
export const unconfirmableStep =
  'Nothing can be confirmed here: this installation has no store, or no pepper. Turn to its administrator.';

/** Why a confirmation does not serve. Nothing is sent then. */
export const confirmationMessages: Record<ConfirmationFault, string> = {
  unknown: 'There is no such confirmation for you, or its five minutes are over. Nothing was sent.',
  not_confirmed: 'Nobody has confirmed this yet. Nothing was sent.',
  used: 'This confirmation was used or closed already; each serves once. Nothing was sent.',
  other_jobs: 'The confirmation is for other jobs than these. Nothing was sent.',
  not_allowed: 'You have no right to confirm this.',
};

/** What whoever asked can do then. */
export const confirmationSteps: Record<ConfirmationFault, string> = {
  unknown: 'Ask again without a confirmation to be offered a new one.',
  not_confirmed: 'Have a person confirm it, then ask again.',
  used: 'Ask again without a confirmation to be offered a new one.',
  other_jobs: 'Use it for exactly the jobs that it was offered for, or ask again without it.',
  not_allowed: 'Have a person confirm it who may, then ask again.',
};

/** Why whoever is to confirm cannot. */
export const approvalMessages: Record<ConfirmationFault, string> = {
  ...confirmationMessages,
  unknown:
    'There is no such confirmation, or its five minutes are over. Whoever asked for it can ask again and be given a new one.',
  used: 'This confirmation was used or closed already; each serves once.',
  not_allowed:
    'The policy of this installation does not allow you to confirm this: somebody else must, and never an agent.',
};

/** How a request that needs a confirmation gets one, and until when. */
export function confirmationStep({ id, token, expiresAt }: Offer): string {
  const until = timestamp(expiresAt);
  return token === undefined
    ? `Before ${until} a person who may confirm does so with "calloff confirm ${id}", with POST /v1/confirmations/${id} or in Slack. Then ask again with confirmation_id "${id}" (on the command line: --confirmation).`
    : `Ask again with confirmation_token (on the command line: --confirmation) before ${until} to cancel exactly these jobs.`;
}

/** The same, for a model: whose argument it is, and until when. */
export function confirmationToolStep(
  offer: {
    readonly id: string;
    readonly expires_at: string;
    readonly confirmation_token?: string | undefined;
  },
  tool: 'one' | 'many',
): string {
  const { id, expires_at, confirmation_token: token } = offer;
  const again = {
    one: 'with the same job',
    many: `with confirmation "${id}" in the place of jobs or selector`,
  }[tool];
  return token === undefined
    ? `ask the user to confirm with "npx calloff confirm ${id}" (or POST /v1/confirmations/${id}, or in Slack) before ${expires_at}, then call this tool again ${again}.`
    : `call this tool again ${tool === 'one' ? 'for the same job ' : ''}with confirmation "${token}" before ${expires_at}.`;
}

const deeds: Record<Action, string> = {
  list: 'look at jobs',
  cancel: 'cancel jobs',
  confirm: 'confirm what others ask for',
  audit: 'read the audit',
};

/** That a caller may not do something, here or at all. What there is to do then is a step of its own. */
export function deniedMessage(action: Action): string {
  return `The policy of this installation does not allow you to ${deeds[action]} here.`;
}

/** What there is to do then. */
export const deniedStep = 'Ask an administrator for the right to do so.';

/** That a call names more jobs than the caller may. */
export function tooManyJobsMessage(most: number): string {
  return `You may cancel at most ${countOfJobs(most)} in one call. Nothing was sent.`;
}

/** What there is to do then. */
export const tooManyJobsStep = 'Ask for fewer jobs at a time.';

/** `1 job`, `2 jobs`. */
export function countOfJobs(count: number): string {
  return count === 1 ? '1 job' : `${count} jobs`;
}

/** That nothing may be sent because it could not be written down first. */
export const unauditedMessage =
  'The store of this installation could not be used, and nothing is sent that cannot be written down first. Nothing was sent.';

/** That there is nothing to read, because nothing is written down. */
export const noAuditMessage =
  'This installation has no store, so nothing is written down. On AWS, CALLOFF_TABLE names it.';

/** That a caller asks too often. */
export function tooOftenMessage(retryAfterSeconds: number): string {
  return `You have asked too often within a minute. Ask again in ${retryAfterSeconds} s.`;
}

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

/** Why the jobs of a provider are missing from a list, and what to do where that is known. */
export function listFailureMessage(
  code: Code,
  {
    name,
    adapter: { displayName },
  }: { readonly name: string; readonly adapter: { readonly displayName: string } },
): string {
  const why = listFailures[code] ?? 'it answered in a way its documentation does not allow';
  const step =
    code === 'provider_not_configured'
      ? ` Set ${keyVariable(name)}, or in AWS the secret of the connection.`
      : '';
  return `The jobs at ${displayName} could not all be listed: ${why}.${step}`;
}

/** That neither a list nor looks at single jobs told the state of so many, and why. */
export function untoldMessage(
  code: Code,
  count: number,
  { displayName, list: { untold = [] } }: Pick<ProviderAdapter, 'displayName' | 'list'>,
): string {
  const states = untold.join(', ').replace(/, (\w+)$/, ' or $1');
  const why = listFailures[code] ?? 'its answer was not understood';
  return `The list of ${displayName} does not tell which jobs are ${states}, and of ${countOfJobs(count)} no look told it: ${why}. Where "unknown" is among the states, they are listed too.`;
}

/** That nothing can be found out about a connection without a key, and where to put one. */
export function noKeyFinding(connection: string): string {
  return `No key is configured: set ${keyVariable(connection)}, or name one in the configuration file.`;
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
