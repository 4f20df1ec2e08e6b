import type { Surface } from '../access/audit.ts';
import type { Action, CallerKind } from '../access/caller.ts';
import type { ConfirmationFault, ConfirmedHow, JobShown, Offer } from '../access/confirmation.ts';
import { timestamp } from '../clock.ts';
import type { Cause, Code, Outcome, OutcomeName, State } from '../outcome.ts';
import { plainText } from '../plain-text.ts';
import type { ProviderAdapter, ProviderId } from '../providers/provider-adapter.ts';
import type { Phase, WaysToConfirm } from './call-context.ts';
import { stepAfter, whyUnreached } from './cause-wording.ts';
import { checkKeyStep, type Keyed, noKeyClause, setKeyStep } from './key-wording.ts';

/** What a sentence is about. `provider` is the provider's display name, `connection` what the caller calls it. */
export interface Words {
  readonly outcome: OutcomeName;
  readonly code?: Code | undefined;
  readonly cause?: Cause | undefined;
  readonly state: State;
  readonly raced?: true | undefined;
  /** Whether a cancel was sent although the state of the job was not known. */
  readonly blind?: true | undefined;
  readonly gone?: true | undefined;
  readonly provider: string;
  readonly connection: string;
  /** Where the key of the connection belongs. */
  readonly credentials?: Keyed['credentials'];
  /** Which id of a job is wanted, if it has several. */
  readonly idHint?: string | undefined;
  /** Whether the provider accepted a cancel of ours. */
  readonly accepted?: boolean;
  /** Whether a cancel was answered with a limit, or with a no to the key: it may have acted all the same. */
  readonly turnedAway?: boolean;
  /** Whether a look after the cancel showed the job. */
  readonly seenAfter?: boolean;
}

type Sentence = (words: Words) => string;

const outcomeMessages: Record<Exclude<OutcomeName, 'refused' | 'failed'>, Sentence> = {
  cancelled: ({ provider }) => `${provider} reports the job as cancelled, after our cancel.`,
  cancelling: ({ provider, state, accepted, gone }) => {
    if (gone) return `${provider} accepted the cancel, and now has no such job.`;
    if (state === 'cancelling') {
      return `${provider} is cancelling the job. It is not over yet, and may still finish first.`;
    }
    return accepted
      ? `${provider} accepted the cancel, but has not yet shown the job as cancelled. It may still finish first.`
      : `${provider} was already cancelling the job, but its latest status does not show it. It may still finish first.`;
  },
  already_cancelled: ({ provider, raced, blind }) =>
    blind
      ? `The job is cancelled, and ${provider} did not accept our cancel. Its state was not known before.`
      : raced
        ? `The job was cancelled while our cancel was under way, and ${provider} turned ours down.`
        : 'The job was already cancelled. Nothing was sent.',
  already_finished: ({ raced, blind, state }) => {
    const how = state === 'failed' ? 'failed' : 'completed';
    if (blind)
      return `The job has ${how}. A cancel was sent, because its state was not known before; whether it had ${how} by then is not known either.`;
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
  denied_by_provider: (words) =>
    `${words.provider} does not let this API key ${words.turnedAway ? 'cancel' : 'see'} this job. ${whatOfIt(words)}`,
  caller_rate_limited: () => 'You have asked for too many cancels in a short time. Nothing was sent.',
  provider_not_configured: (words) => `${capital(noKeyClause(keyedBy(words)))}. Nothing was sent.`,
  credentials_rejected: (words) => `${words.provider} did not accept the API key. ${whatOfIt(words)}`,
  rate_limited: (words) => `${words.provider} asks to be asked less often. ${whatOfIt(words)}`,
  provider_unavailable: ({ provider, cause }) => {
    const why = whyUnreached(cause);
    const what = why === undefined ? ' or did not answer' : `: ${why}`;
    return `${provider} could not be reached${what}. This call cancelled nothing.`;
  },
  unexpected_response: ({ provider }) =>
    `${provider} answered in a way its documentation does not allow. This call cancelled nothing.`,
  internal: () => 'Something went wrong inside calloff. Nothing more is known of this job.',
};

const outcomeSteps: Record<Exclude<OutcomeName, 'refused' | 'failed'>, Sentence | undefined> = {
  cancelled: undefined,
  cancelling: ({ gone, provider }) =>
    gone
      ? `There is nothing more to look at. If it matters, see at ${provider} that it is gone.`
      : 'Look at the job again in a few seconds. Asking for the cancel again is harmless.',
  already_cancelled: undefined,
  already_finished: undefined,
  not_found: ({ idHint }) => ['Check the job id and the provider.', idHint].filter(Boolean).join(' '),
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
  provider_not_configured: (words) => setKeyStep(keyedBy(words)),
  credentials_rejected: (words) => checkKeyStep(keyedBy(words)),
  rate_limited: () => 'Wait as long as retry_after_seconds says, or a minute, then ask again.',
  provider_unavailable: ({ cause }) =>
    stepAfter(cause) ?? 'Look at the status page of the provider, then ask again.',
  unexpected_response: ({ connection }) => `Check the base URL of ${connection} with "calloff doctor".`,
  internal: () => 'Look at the job before asking again.',
};

/** What a cancel did that was turned away for another reason than the job: unless a look shows it, nobody knows. */
function whatOfIt({ turnedAway, seenAfter, state }: Words): string {
  if (!turnedAway) return 'This call cancelled nothing.';
  return seenAfter
    ? `After that the job was ${state}.`
    : 'A cancel was sent, and no look after it shows what the job is doing.';
}

function keyedBy({ connection: name, credentials }: Words): Keyed {
  return credentials === undefined ? { name } : { name, credentials };
}

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
  const open = outcomes.filter(
    ({ outcome, gone }) => (outcome === 'cancelling' && !gone) || outcome === 'unknown',
  );
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

/** What a person is shown beside the jobs that they are to agree to. `now` is what ages are counted from. */
export interface ConsentDetails extends Omit<ConfirmedHow, 'waitSeconds'> {
  readonly now: number;
}

/**
 * Asks a person whether these jobs are really to be cancelled, on behalf of an agent or on their own. What others wrote is
 * in quotes: an agent may have written its reason to be agreed with.
 */
export function consentQuestion(
  outcomes: readonly Outcome[],
  asker: CallerKind,
  { reason, sendUnseen, selector, now }: ConsentDetails,
): string {
  const who = asker === 'agent' ? 'An assistant wants' : 'You are about';
  const whose = asker === 'agent' ? "The assistant's reason" : 'Why';
  const why = reason === undefined ? [] : [`${whose}: ${quoted(reason)}`];
  const jobs = outcomes.map(({ name, details, ...job }) => ({
    ...job,
    name,
    created_at: details?.created_at,
  }));
  return [
    `${who} to cancel ${countOfJobs(outcomes.length)}. This cannot be undone.`,
    ...why,
    ...howInWords({ sendUnseen, selector }),
    ...jobsInWords(jobs, now),
  ].join('\n');
}

/** How jobs were selected, and whether they are cancelled unseen: a line for each that is not as usual. */
export function howInWords({
  sendUnseen,
  selector,
}: Pick<ConfirmedHow, 'sendUnseen' | 'selector'>): string[] {
  const words = Object.entries(selector ?? {}).map(([key, word]) => `${key} ${quoted(word)}`);
  return [
    ...(words.length === 0 ? [] : [`Selected by: ${words.join(', ')}`]),
    ...(sendUnseen ? ['The cancel is sent even if the status of a job cannot be read before.'] : []),
  ];
}

/** How many jobs there are at each provider in each state, where there are several, and the first twenty. */
function jobsInWords(jobs: readonly JobShown[], now: number): string[] {
  const named = jobs.slice(0, mostNamed).map((job) => {
    const name = job.name === undefined ? [] : [quoted(job.name)];
    const age = ageInWords(job.created_at, now);
    const parts = [job.state ?? 'unknown', ...name, ...(age === undefined ? [] : [age])];
    return `- ${job.provider} ${job.job_id} (${parts.join(', ')})`;
  });
  const more = jobs.length > named.length ? [`- and ${jobs.length - named.length} more`] : [];
  return [...groupsInWords(jobs), ...named, ...more];
}

/** `ionq: 10 running, 2 queued` for each provider, where there is more than one group. */
export function groupsInWords(jobs: readonly JobShown[]): string[] {
  const lines = [...Map.groupBy(jobs, ({ provider }) => provider)].map(([provider, share]) => {
    const states = [...Map.groupBy(share, ({ state }) => state ?? 'unknown')];
    return {
      line: `${provider}: ${states.map(([state, { length }]) => `${length} ${state}`).join(', ')}`,
      groups: states.length,
    };
  });
  const groups = lines.reduce((sum, each) => sum + each.groups, 0);
  return groups < 2 ? [] : lines.map(({ line }) => line);
}

/** Foreign text, on one line and in quotes. */
function quoted(text: string): string {
  return JSON.stringify(plainText(text));
}

const ageUnits: readonly (readonly [string, number])[] = [
  ['d', 86_400_000],
  ['h', 3_600_000],
  ['min', 60_000],
  ['s', 1_000],
];

/** How old something is, in its largest unit: `3 h old`. `undefined` if the time cannot be read or is yet to come. */
export function ageInWords(at: string | undefined, now: number): string | undefined {
  const ms = now - Date.parse(at ?? '');
  if (!(ms >= 0)) return undefined;
  const [name, unit] = ageUnits.find(([, size]) => ms >= size) ?? ['s', 1_000];
  return `${Math.floor(ms / unit).toLocaleString('en')} ${name} old`;
}

/**
 * Why jobs were not cancelled although a person was to be asked. A client may answer by itself: what it said is not told as
 * a word of its person.
 */
export const consentRefusals = {
  declined: 'calloff asked through the client, and its answer was no. Nothing was sent.',
  no_answer: 'calloff asked through the client, and there is no answer yet. Nothing was sent.',
  failed: 'The client could not put the question to a person. Nothing was sent.',
  resting:
    'The client said no less than a minute ago, so calloff did not ask through it again. Nothing was sent.',
} as const;

/** What there is to do then, beside confirming it in another way. */
export const consentSteps = {
  declined: 'If the user said no, leave these jobs alone.',
  no_answer: 'If the user agrees at the client after all, that confirms it.',
  failed: undefined,
  resting: 'If the user said no, leave these jobs alone.',
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
  other_how:
    'The confirmation is for a cancel with another send_unseen than this request has. Nothing was sent.',
  not_allowed: 'You have no right to confirm this.',
};

/** What whoever asked can do then. */
export const confirmationSteps: Record<ConfirmationFault, string> = {
  unknown: 'Ask again without a confirmation to be offered a new one.',
  not_confirmed: 'Have a person confirm it, then ask again.',
  used: 'Ask again without a confirmation to be offered a new one.',
  other_jobs: 'Use it for exactly the jobs that it was offered for, or ask again without it.',
  other_how: 'Leave send_unseen out, or ask again without the confirmation to be offered another.',
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

/** Where a confirmation is asked for: in which way, and what other ways there are to give it. */
export interface StepTerms {
  readonly surface: Surface;
  readonly ways: WaysToConfirm;
  /** Whether the request was about one job, or about many. */
  readonly asked: 'one' | 'many';
}

/** How a request that needs a confirmation gets one, and until when, in the terms of the surface that it came through. */
export function confirmationStep(
  { id, token, expiresAt, lead }: Offer & { readonly lead?: string | undefined },
  terms: StepTerms,
): string {
  const until = timestamp(expiresAt);
  const again = repeatStep[terms.surface === 'mcp' || terms.surface === 'stdio' ? 'tool' : 'request'];
  const step =
    token === undefined
      ? `Before ${until} somebody with the right to confirm does so with ${waysInWords(id, terms)}. Then ${again(id, terms)}.`
      : `${capital(again(token, terms))} before ${until}, to cancel exactly these jobs.`;
  return lead === undefined ? step : `${lead} ${step}`;
}

type Repeat = (confirmation: string, terms: StepTerms) => string;

const repeatStep: Record<'tool' | 'request', Repeat> = {
  tool: (confirmation, { asked }) =>
    asked === 'one'
      ? `call this tool again for the same job with confirmation "${confirmation}"`
      : `call this tool again with confirmation "${confirmation}" in the place of jobs or selector`,
  request: (confirmation, { surface }) => {
    const argument = confirmation.includes('.') ? 'confirmation_token' : `confirmation_id "${confirmation}"`;
    return surface === 'cli'
      ? `ask again with --confirmation${confirmation.includes('.') ? '' : ` ${confirmation}`}`
      : `ask again with ${argument}`;
  },
};

/** Where a person can confirm: at the terminal if calloff runs on their machine, else by the API; in Slack if it is set up. */
function waysInWords(id: string, { surface, ways: { command, slack } }: StepTerms): string {
  const isLocal = surface === 'cli' || surface === 'stdio';
  const terminal = `"${command ?? 'calloff'} confirm ${id}"`;
  const ways = [
    ...(isLocal ? [`${terminal} in a terminal`] : [`POST /v1/confirmations/${id} at this server`]),
    ...(isLocal || command === undefined ? [] : [`${terminal} on its machine`]),
    ...(slack || surface === 'slack' ? [`"/calloff confirm ${id}" in Slack`] : []),
  ];
  return ways.join(', or ');
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
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

/** That a job was not looked at, for the haste of its caller. */
export const noReadLeftMessage =
  'You have looked at as many jobs as you may within a minute. This one was not looked at.';

/** That there is nothing to read, because nothing is written down. */
export const noAuditMessage =
  'This installation has no store, so nothing is written down. On AWS, CALLOFF_TABLE names it.';

/** How many faults there are beside those that are told. */
export function moreFaultsMessage(count: number): string {
  return `and ${count} more ${count === 1 ? 'fault' : 'faults'}`;
}

/** That a list has more entries than one request may. */
export function tooManyEntriesMessage(most: number): string {
  return `must name at most ${most} jobs: send them in several requests`;
}

/** That a document holds more values, or nests deeper, than any request needs. `most`: the jobs that one may name. */
export function tooMuchMessage(most: number): string {
  return `holds more, or nests deeper, than any request needs: name at most ${most} jobs in one`;
}

/** That two readers of a JSON text could read it differently. */
export const ambiguousKeyMessage = 'stands twice in its object, or is no name for a key: write each key once';

/** That two readers of a query could read it differently. */
export const ambiguousParameterMessage =
  'stands twice in the query, or is no name for a parameter: write it once';

/** That a caller asks too often. */
export function tooOftenMessage(retryAfterSeconds: number): string {
  return `You have asked too often within a minute. Ask again in ${retryAfterSeconds} s.`;
}

const listFailures: Partial<Record<Code, string>> = {
  provider_not_configured: 'there is no usable API key for it',
  credentials_rejected: 'its API key was not accepted',
  denied_by_provider: 'the provider does not let this API key see it',
  rate_limited: 'it limits how often it may be asked, and calloff keeps some of that for cancels',
  provider_unavailable: 'it could not be reached or did not answer in time',
};

/** A code, and the cause behind it where that is known. */
interface Failing {
  readonly code: Code;
  readonly cause?: Cause | undefined;
}

/** What a sentence about a connection that cannot be seen needs to know of it. */
export interface Unseen extends Keyed {
  readonly adapter: { readonly displayName: string };
}

function whyFailed({ code, cause }: Failing, connection: Keyed): string | undefined {
  if (code === 'provider_not_configured') return noKeyClause(connection);
  return (code === 'provider_unavailable' ? whyUnreached(cause) : undefined) ?? listFailures[code];
}

/** Why a job could not be seen. */
export function lookFailureMessage(failing: Failing, connection: Unseen): string {
  const why =
    whyFailed(failing, connection) ?? 'the provider answered in a way its documentation does not allow';
  return `The job at ${connection.adapter.displayName} could not be looked at: ${why}. Nothing was sent.`;
}

/** Why the jobs of a provider are missing from a list, and what to do where that is known. */
export function listFailureMessage(failing: Failing, connection: Unseen): string {
  const why = whyFailed(failing, connection) ?? 'it answered in a way its documentation does not allow';
  const isKeyless = failing.code === 'provider_not_configured';
  const step = isKeyless ? setKeyStep(connection) : stepAfter(failing.cause);
  const what = `The jobs at ${connection.adapter.displayName} could not all be listed: ${why}.`;
  return step === undefined ? what : `${what} ${step}`;
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

/** What it means that standard output cannot be written to, for a reason such as `ENOSPC`. */
export function unwritableMessage(code: string): string {
  return `Standard output cannot be written to (${code}), so the answer is lost.`;
}

/** Where to find what a command did whose answer is lost. `command` is how the command line is started. */
export const lostAnswers = {
  cancel: (command: string) => `What was sent, and what came of it, is in the audit: ${command} audit`,
  confirm: (command: string) => `What came of the confirmation is in the audit: ${command} audit`,
  create: (command: string) =>
    `The token that was made cannot be shown again. If it is in the configuration file, revoke it; its id: ${command} token list`,
  revoke: () => 'The token is revoked.',
} as const satisfies Record<string, (command: string) => string>;

/** That what a provider answered could not be written to a file, for a reason such as `ENOENT`. */
export function recordFault(file: string, code: string): string {
  return `The answers cannot be written to ${file} (${code}); name another file with --record.`;
}

/** What a call is at, in a few words for whoever waits for it. */
export function phaseMessage(phase: Phase): string {
  switch (phase.kind) {
    case 'finding':
      return 'looking for jobs';
    case 'looking':
      return `looking at ${countOfJobs(phase.jobs)}`;
    case 'sending':
      return `sent ${phase.sent} of ${phase.jobs} cancels`;
    case 'watching':
      return phase.jobs === 0
        ? 'writing down what came of it'
        : `waiting for the end of ${countOfJobs(phase.jobs)}`;
    case 'held':
      return `waiting for ${phase.provider}: asks to wait ${Math.ceil(phase.forMs / 1_000)} s`;
    case 'asking':
      return "waiting for the user's answer";
  }
}
