import type { ProviderAdapter } from '../adapter/adapter.ts';
import type { Cause, Code } from '../contract/outcome.ts';
import { callersStepAfter, operatorStep, whyUnreached } from './cause.ts';
import { countOf, countOfJobs } from './counts.ts';
import type { Keyed } from './key.ts';
import { checkKeyStep, noKeyClause, setKeyStep } from './key.ts';

/** How far a list was read; `undefined` if none of it was. */
export function readSoFar({ read, oldest }: ListProgress): string | undefined {
  if (read === 0) return undefined;
  const back = oldest === undefined ? '' : `, back to ${oldest}`;
  return `calloff read ${countOf(read, 'job')}${back}; it did not read the others.`;
}

/** Says that calloff stopped before the end of a list, because its time or its limit of pages was used up. */
export function unfinishedMessage(progress: ListProgress, provider: string): string {
  const far = readSoFar(progress) ?? 'calloff had no time to read any of it.';
  return `The list of ${provider} was not read to its end. ${far} Ask for one provider and one state to read further.`;
}

/** Says that a cursor cannot hold the rest of a list, because the provider's own cursor is too long. */
export function uncarriedMessage({ read }: ListProgress, provider: string): string {
  return `The list of ${provider} continues after ${countOf(read, 'job')}, but the position is too long for a cursor. Ask for this provider alone, with a higher limit or narrower filters.`;
}

/** Says that entries moved while the list was read. */
export function shiftedMessage(repeated: number, provider: string): string {
  const how = repeated === 0 ? '' : ` (${countOf(repeated, 'job')} appeared twice)`;
  return `The list of ${provider} changed while it was read${how}, so some jobs may be missing. Try again.`;
}

/** Says that the provider repeated a page, so that the rest of its list cannot be read. */
export function stuckMessage({ read }: ListProgress, provider: string): string {
  return `The list of ${provider} repeated a page instead of giving the next one. calloff read ${countOf(read, 'job')}, and cannot read any after them.`;
}

/** Says that calloff stopped reading a list that went on without a new job. */
export function endlessMessage({ read }: ListProgress, provider: string): string {
  return `The list of ${provider} gave page after page without a new job. calloff stopped after ${countOf(read, 'job')}; if there are others, it did not read them.`;
}

/** Says that the provider counts more jobs than its list shows. */
export function missingMessage(missing: number, provider: string): string {
  return `${provider} says that it has ${countOf(missing, 'job')} more than its list showed.`;
}

/** Says that entries of a list are not shaped as documented. */
export function unreadMessage(unread: number, provider: string): string {
  return `The jobs at ${provider} could not all be listed: ${countOf(unread, 'entry', 'entries')} of its list could not be understood.`;
}

/** The filters that a provider may leave without an answer. */
export const unansweredFilters = ['name', 'owner', 'target', 'label', 'age'] as const;
export type UnansweredFilter = (typeof unansweredFilters)[number];

/** What a sentence about a filter needs to know of an adapter. */
type Filtered = Pick<ProviderAdapter, 'displayName' | 'list'>;

const hidden: Record<UnansweredFilter, (adapter: Filtered, jobs: string) => string> = {
  name: ({ displayName, list }) =>
    list?.hidesNames
      ? `${displayName} does not show the names of jobs`
      : `The list of ${displayName} does not show every name in full`,
  owner: ({ displayName }, jobs) => `The list of ${displayName} does not show who owns ${jobs}`,
  target: ({ displayName }, jobs) => `The list of ${displayName} does not show what ${jobs} run on`,
  label: ({ displayName }, jobs) => `The list of ${displayName} does not show all labels of ${jobs}`,
  age: ({ displayName }, jobs) =>
    `${displayName} does not show the creation time of ${jobs} in a form that calloff can read`,
};

/** Says that a filter cannot be applied to some jobs. */
export function unansweredMessage(filter: UnansweredFilter, count: number, adapter: Filtered): string {
  const jobs = countOf(count, 'job');
  const why = hidden[filter](adapter, jobs);
  const which = filter === 'name' ? jobs : 'they';
  return `${why}, so calloff cannot tell whether ${which} match the filter by ${filter}. They are left out. Remove that filter to see them.`;
}

/** What an empty answer means if some jobs could not be read. */
export const perhapsRunning = 'Jobs that calloff could not read may be running.';

/** How far a list was read: jobs, and when the oldest of them was created. */
export interface ListProgress {
  readonly read: number;
  readonly oldest?: string | undefined;
}

const listFailures: Partial<Record<Code, string>> = {
  provider_not_configured: 'there is no usable API key for it',
  credentials_rejected: 'its API key was not accepted',
  denied_by_provider: 'the provider does not let this API key see it',
  rate_limited: 'it limits the number of requests, and calloff keeps some of them for cancels',
  provider_unavailable: 'it could not be reached or did not give a usable answer',
  internal: 'an internal error occurred in calloff',
};

/** A code, and its cause if that is known. */
export interface Failing {
  readonly code: Code;
  readonly cause?: Cause | undefined;
}

/** What a sentence about a connection whose jobs cannot be read needs to know about it. */
export interface Unseen extends Keyed {
  readonly adapter: { readonly displayName: string };
}

function whyFailed({ code, cause }: Failing, connection: Keyed): string | undefined {
  if (code === 'provider_not_configured') return noKeyClause(connection);
  return (code === 'provider_unavailable' ? whyUnreached(cause) : undefined) ?? listFailures[code];
}

/** Why the status of a job could not be read. */
export function statusFailureMessage(failing: Failing, connection: Unseen): string {
  const why =
    whyFailed(failing, connection) ?? 'the provider answered in a way its documentation does not allow';
  return `The job at ${connection.adapter.displayName} could not be checked: ${why}. Nothing was sent.`;
}

/** What the reader can do about a list that could not be read. */
const listSteps: Partial<Record<Code, (connection: Keyed) => string>> = {
  provider_not_configured: setKeyStep,
  credentials_rejected: checkKeyStep,
  unexpected_response: ({ name }) => operatorStep(`Check the base URL of ${name} with "calloff doctor".`),
};

/** Why the jobs of a provider are missing from a list, and what to do if that is known. */
export function listFailureMessage(failing: Failing, connection: Unseen): string {
  const why = whyFailed(failing, connection) ?? 'it answered in a way its documentation does not allow';
  const step = listSteps[failing.code]?.(connection) ?? callersStepAfter(failing.cause);
  const what = `The jobs at ${connection.adapter.displayName} could not all be listed: ${why}.`;
  return step === undefined ? what : `${what} ${step}`;
}

/** Says that neither the list nor single status checks showed the state of some jobs, and why. */
export function unlistedStatesMessage(
  code: Code,
  count: number,
  { displayName, list }: Pick<ProviderAdapter, 'displayName' | 'list'>,
): string {
  const { unlistedStates = [] } = list ?? {};
  const states = unlistedStates.join(', ').replace(/, (\w+)$/, ' or $1');
  const why = listFailures[code] ?? 'its answer could not be understood';
  return `The list of ${displayName} does not show which jobs are ${states}. The state of ${countOfJobs(count)} could not be read: ${why}. Add "unknown" to the states to include them.`;
}
