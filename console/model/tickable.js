/** @import { PageState, Row } from '../types.d.ts' */
import { whyNot } from './rows.js';

/** The most jobs that one request may name. */
export const mostTicked = 5_000;

/**
 * Whether the caller has the right to cancel.
 * @param {Pick<PageState, 'signedIn'>} state
 */
export const mayCancel = ({ signedIn }) => signedIn?.actions.includes('cancel') ?? false;

/** The rows that can be ticked. Kept until one of the things changes that decide it, because a tick changes none of them. */
export const tickable = (() => {
  /** @type {{ rows?: readonly Row[], pressed?: PageState['pressed'], may?: boolean, result: readonly Row[] }} */
  let last = { result: [] };
  return (/** @type {PageState} */ state) => {
    const { pressed } = state;
    const { rows } = state.list;
    const may = mayCancel(state);
    if (last.rows !== rows || last.pressed !== pressed || last.may !== may) {
      const result = rows.filter((row) => whyNot(row, pressed.get(row.key), may) === undefined);
      last = { rows, pressed, may, result };
    }
    return last.result;
  };
})();
