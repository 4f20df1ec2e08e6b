/** @import { Store } from '../model/state.js' */
/** @import { PageState, Row } from '../types.d.ts' */
import { whyNot } from '../model/rows.js';
import { without } from '../model/without.js';

/** @param {PageState} state */
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

/**
 * Ticks a row, or takes its tick away. What is remembered is the state in which the person saw it.
 * @param {Store} store
 * @param {Row} row
 */
export function tick({ state, change }, row) {
  if (state.ticked.has(row.key)) return change({ ticked: without(state.ticked, row.key), everyMatch: false });
  if (whyNot(row, state.pressed.get(row.key), mayCancel(state)) !== undefined) return;
  change({ ticked: new Map([...state.ticked, [row.key, row.job.state]]) });
}

/**
 * Ticks all rows that can be ticked; if they are ticked already, none.
 * @param {Store} store
 */
export function tickAll({ state, change }) {
  const all = tickable(state);
  const isAll = all.length > 0 && all.every(({ key }) => state.ticked.has(key));
  change({
    ticked: isAll ? new Map() : new Map(all.map(({ key, job }) => [key, job.state])),
    everyMatch: false,
  });
}

/** @param {Store} store */
export function tickNone({ change }) {
  change({ ticked: new Map(), everyMatch: false });
}

/**
 * Makes the stop one for all jobs that match, which the server picks: also those that the page has not loaded.
 * @param {Store} store
 */
export function tickEveryMatch(store) {
  const { state, change } = store;
  change({ ticked: new Map(tickable(state).map(({ key, job }) => [key, job.state])), everyMatch: true });
}
