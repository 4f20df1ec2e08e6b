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
