/** @import { PageState, Row } from '../types.d.ts' */
import { sorted } from './rows.js';

/** The rows in the order of the table. Kept until the list or the order changes, because a tick changes neither. */
export const ordered = (() => {
  /** @type {{ rows: readonly Row[], sort: string, result: readonly Row[] }} */
  let last = { rows: [], sort: '', result: [] };
  return (/** @type {PageState} */ { list: { rows }, place: { sort } }) => {
    if (last.rows !== rows || last.sort !== sort) last = { rows, sort, result: sorted(rows, sort) };
    return last.result;
  };
})();

/**
 * Where the cursor is among the rows, and where it was last: a row that has gone leaves its place to the next one.
 */
export const cursorPlace = (() => {
  let last = -1;
  return (/** @type {PageState} */ state) => {
    const index = ordered(state).findIndex(({ key }) => key === state.cursor);
    if (index !== -1) last = index;
    return { index, last: state.cursor === undefined ? -1 : last };
  };
})();
