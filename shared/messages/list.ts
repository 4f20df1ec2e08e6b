import type { Cause, Code } from '../contract/outcome.ts';
import type { ProviderAdapter } from '../providers/adapter.ts';
import { stepAfter, whyUnreached } from './cause.ts';
import { countOfJobs } from './counts.ts';
import type { Keyed } from './key.ts';
import { noKeyClause, setKeyStep } from './key.ts';

/** How far a list was read: nothing where nothing was. */
export function readSoFar({ read, oldest }: ListProgress): string | undefined {
  if (read === 0) return undefined;
  const back = oldest === undefined ? '' : `, back to ${oldest}`;
  return `calloff read ${countIn(read)}${back}; it did not see the others.`;
}

/** That time or patience was up before the list was. */
export function unfinishedMessage(progress: ListProgress, provider: string): string {
  const far = readSoFar(progress) ?? 'calloff had no time to read any of it.';
  return `The list of ${provider} was not read to its end. ${far} Ask for one provider and one state to see further.`;
}

/** That the rest of a list cannot be asked for, because its provider's own cursor is too long. */
export function uncarriedMessage({ read }: ListProgress, provider: string): string {
  return `The list of ${provider} goes on after ${countIn(read)}, but its place is too long for a cursor. Ask for this provider alone, with a higher limit or narrower filters.`;
}

/** That entries moved while the list was read. */
export function shiftedMessage(repeated: number, provider: string): string {
  const how = repeated === 0 ? '' : ` (${countIn(repeated)} came twice)`;
  return `The list of ${provider} changed while it was read${how}, so some jobs may have been passed over. Ask again.`;
}

/** That the list cannot be read on, because the next page is the same again. */
export function stuckMessage({ read }: ListProgress, provider: string): string {
  return `The list of ${provider} gave a page a second time instead of the next. calloff read ${countIn(read)}, and cannot see any after them.`;
}

/** That the list was given up, because it went on without a new job. */
export function endlessMessage({ read }: ListProgress, provider: string): string {
  return `The list of ${provider} went on for page after page without a new job. calloff stopped after ${countIn(read)}; if there are others, it did not see them.`;
}

/** That the provider counts more jobs than its list shows. */
export function missingMessage(missing: number, provider: string): string {
  return `${provider} says that it has ${countIn(missing)} more than its list showed.`;
}

/** That entries were not shaped as documented. */
export function unreadMessage(unread: number, provider: string): string {
  const entries = unread === 1 ? '1 entry' : `${unread.toLocaleString('en')} entries`;
  return `The jobs at ${provider} could not all be listed: ${entries} of its list could not be understood.`;
}

/** That a filter by name cannot be answered. */
export function unseenNamesMessage(
  count: number,
  { displayName, list }: Pick<ProviderAdapter, 'displayName' | 'list'>,
): string {
  const why = list.hidesNames
    ? `${displayName} does not show the names of jobs`
    : `The list of ${displayName} does not show every name in full`;
  return `${why}, so it is not known whether ${countIn(count)} fit the filter by name. They are left out; ask without that filter to see them.`;
}

/** That a filter by age cannot be answered. */
export function unseenAgesMessage(count: number, provider: string): string {
  return `${provider} does not show in a way that calloff can read when ${countIn(count)} began, so it is not known whether they fit the filter by age. They are left out; ask without that filter to see them.`;
}

/** What an empty answer means if something could not be seen. */
export const perhapsRunning = 'Jobs may be running that could not be seen.';

function countIn(count: number): string {
  return count < 1_000 ? countOfJobs(count) : `${count.toLocaleString('en')} jobs`;
}

/** How far a list was read: jobs, and when the oldest of them was created. */
export interface ListProgress {
  readonly read: number;
  readonly oldest?: string | undefined;
}

const listFailures: Partial<Record<Code, string>> = {
  provider_not_configured: 'there is no usable API key for it',
  credentials_rejected: 'its API key was not accepted',
  denied_by_provider: 'the provider does not let this API key see it',
  rate_limited: 'it limits how often it may be asked, and calloff keeps some of that for cancels',
  provider_unavailable: 'it could not be reached or did not answer in time',
};

/** A code, and the cause behind it where that is known. */
export interface Failing {
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
export function statusFailureMessage(failing: Failing, connection: Unseen): string {
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
export function unlistedStatesMessage(
  code: Code,
  count: number,
  { displayName, list: { unlistedStates = [] } }: Pick<ProviderAdapter, 'displayName' | 'list'>,
): string {
  const states = unlistedStates.join(', ').replace(/, (\w+)$/, ' or $1');
  const why = listFailures[code] ?? 'its answer was not understood';
  return `The list of ${displayName} does not tell which jobs are ${states}, and of ${countOfJobs(count)} no look told it: ${why}. Where "unknown" is among the states, they are listed too.`;
}
