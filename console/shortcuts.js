/** @import { KeyHandlers } from './keyboard.js' */
/** @import { Store } from './model/state.js' */
/** @import { Navigation } from './navigation.js' */
import { tick, tickNone } from './actions/select.js';
import { stopOne, stopTicked } from './actions/stop.js';
import { cursorPlace, ordered } from './model/ordered.js';
import { whyNot } from './model/rows.js';
import { mayCancel } from './model/tickable.js';

/**
 * What each key does, as the page stands.
 * @param {Store} store
 * @param {Navigation} navigation
 * @param {() => void} toggleHelp
 * @returns {KeyHandlers}
 */
export function makeShortcuts(store, navigation, toggleHelp) {
  return {
    move: (by) => moveCursor(store, by),
    tick() {
      const row = rowAtCursor(store);
      if (row) tick(store, row);
    },
    open() {
      const row = rowAtCursor(store);
      if (row) navigation.openJob(row.key);
    },
    stop: () => stopAtCursor(store),
    filter() {
      const field = document.querySelector('input[name="name"]');
      if (field instanceof HTMLInputElement) field.focus();
    },
    escape() {
      if (store.state.isHelpOpen) toggleHelp();
      else if (store.state.place.job !== undefined) navigation.closeJob();
      else if (!leaveSearch()) tickNone(store);
    },
    help: toggleHelp,
  };
}

/**
 * The row that the keys are about: none where no jobs are shown, and the open job before the one at the cursor.
 * @param {Store} store
 */
function rowAtCursor({ state }) {
  const key = state.place.job ?? state.cursor;
  return state.place.view === 'jobs' ? ordered(state).find((row) => row.key === key) : undefined;
}

/**
 * Moves the cursor to the next or previous row, and brings it into sight.
 * @param {Store} store
 * @param {1 | -1} by
 */
function moveCursor({ state, change }, by) {
  if (state.place.view !== 'jobs') return;
  const rows = ordered(state);
  const { index, last } = cursorPlace(state);
  const isGone = index === -1 && last !== -1;
  const to = isGone && by === 1 ? last : last + by;
  const next = rows[Math.max(0, Math.min(rows.length - 1, to))];
  if (next === undefined) return;
  change({ cursor: next.key });
  // After it is drawn.
  queueMicrotask(() => focusRow(next.key));
}

/** @param {string} key */
function focusRow(key) {
  const row = document.querySelector(`tr[data-key="${CSS.escape(key)}"]`);
  if (!(row instanceof HTMLElement)) return;
  row.focus({ preventScroll: true });
  row.scrollIntoView({ block: 'nearest' });
}

/**
 * Stops the ticked jobs, or the one at the cursor if none is ticked.
 * @param {Store} store
 */
function stopAtCursor(store) {
  const { state } = store;
  if (state.place.view !== 'jobs') return;
  const row = rowAtCursor(store);
  if (state.ticked.size > 0) void stopTicked(store);
  else if (row && whyNot(row, state.pressed.get(row.key), mayCancel(state)) === undefined)
    void stopOne(store, row.key);
}

/** Takes the focus out of a field for text; gives whether it was in one. */
function leaveSearch() {
  const field = document.activeElement;
  if (!(field instanceof HTMLInputElement) || field.type !== 'search') return false;
  field.blur();
  return true;
}
