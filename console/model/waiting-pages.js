/** @import { PageState, WaitingList } from '../types.d.ts' */

/**
 * The part of the state that the view of what waits shows: the first page, or a later one that the address names.
 * @param {Pick<PageState, 'place'>} state
 */
export function waitingPart({ place: { view, filters } }) {
  return view === 'waiting' && filters.cursor ? 'laterWaiting' : 'waiting';
}

/**
 * How many requests wait, by the first page: `20+` if there may be more, and nothing if there are none.
 * @param {WaitingList | undefined} firstPage
 */
export function waitingCount({ confirmations, next_cursor } = { confirmations: [], next_cursor: null }) {
  const count = confirmations.length;
  if (next_cursor !== null) return `${count}+`;
  return count === 0 ? '' : String(count);
}
