/** @import { Store } from '../model/state.js' */
/** @import { Row } from '../types.d.ts' */
import { whyNot } from '../model/rows.js';
import { mayCancel, tickable } from '../model/tickable.js';
import { without } from '../model/without.js';

/**
 * Ticks a row, or takes its tick away. What is remembered is the state in which the person saw it.
 * @param {Store} store
 * @param {Row} row
 */
export function tick({ state, change }, row) {
  if (state.ticked.has(row.key)) return change({ ticked: without(state.ticked, row.key), everyMatch: false });
  if (whyNot(row, state.pressed.get(row.key), mayCancel(state)) !== undefined) return;
  // What was for all that match is over once nothing is ticked any more, as when all have ended.
  const everyMatch = state.everyMatch && state.ticked.size > 0;
  change({ ticked: new Map([...state.ticked, [row.key, row.job.state]]), everyMatch });
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
