import type { ProviderAdapter } from '../providers/provider-adapter.ts';
import type { Progress } from './gaps.ts';
import { countOfJobs } from './wording.ts';

/** How far a list was read: nothing where nothing was. */
export function readSoFar({ read, oldest }: Progress): string | undefined {
  if (read === 0) return undefined;
  const back = oldest === undefined ? '' : `, back to ${oldest}`;
  return `calloff read ${countIn(read)}${back}; it did not see the others.`;
}

/** That time or patience was up before the list was. */
export function unfinishedMessage(progress: Progress, provider: string): string {
  const far = readSoFar(progress) ?? 'calloff had no time to read any of it.';
  return `The list of ${provider} was not read to its end. ${far} Ask for one provider and one state to see further.`;
}

/** That the rest of a list cannot be asked for, because its provider's own cursor is too long. */
export function uncarriedMessage({ read }: Progress, provider: string): string {
  return `The list of ${provider} goes on after ${countIn(read)}, but its place is too long for a cursor. Ask for this provider alone, with a higher limit or narrower filters.`;
}

/** That entries moved while the list was read. */
export function shiftedMessage(repeated: number, provider: string): string {
  const how = repeated === 0 ? '' : ` (${countIn(repeated)} came twice)`;
  return `The list of ${provider} changed while it was read${how}, so some jobs may have been passed over. Ask again.`;
}

/** That the list cannot be read on, because the next page is the same again. */
export function stuckMessage({ read }: Progress, provider: string): string {
  return `The list of ${provider} gave a page a second time instead of the next. calloff read ${countIn(read)}, and cannot see any after them.`;
}

/** That the list was given up, because it went on without a new job. */
export function endlessMessage({ read }: Progress, provider: string): string {
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
