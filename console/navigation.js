/** @import { Store } from './model/state.js' */
/** @import { PageState, Place } from './types.d.ts' */
import { closeDialog } from './actions/ask-first.js';
import { readOpenJob } from './actions/read-open-job.js';
import { noteFocus, returnFocus } from './focus.js';
import { isOpenEnded } from './model/outcomes.js';
import { placeOf, searchOf } from './model/place.js';

/** @type {{ readonly phase: 'loading' }} */
const loading = { phase: 'loading' };

/**
 * The ways from one place of the page to another.
 * @param {Store} store
 * @param {() => void} readNow reads what the new place shows
 */
export function makeNavigation(store, readNow) {
  const show = (/** @type {Place} */ place) => {
    const before = store.state.place;
    store.change(stateAt(place, store.state));
    if (place.job !== before.job) void readOpenJob(store);
    if (isOtherList(before, place) || place.operation !== before.operation) readNow();
  };
  /**
   * Shows another place, and puts it into the address, so that back works and a link can be sent.
   * @param {Place} place
   * @param {boolean} [isContinued] whether it takes the step of the history before it, of which it is the continuation
   */
  const go = (place, isContinued = false) => {
    const address = location.pathname + searchOf(place);
    if (address === location.pathname + location.search) return show(place);
    if (isContinued) history.replaceState(null, '', address);
    else history.pushState(null, '', address);
    show(place);
  };
  window.addEventListener('popstate', () => {
    // The way back leads out of a question, too, as on a phone.
    closeDialog(store);
    show(placeOf(location.search));
  });
  return {
    go,
    /**
     * @param {Readonly<Record<string, string>>} filters of the view; an empty one is none
     * @param {boolean} [isContinued] whether a person types on in the field of the step before
     */
    setFilters(filters, isContinued) {
      const set = Object.entries(filters).filter(([, value]) => value !== '');
      go({ ...store.state.place, filters: Object.fromEntries(set) }, isContinued);
    },
    /** @param {string} key of a job */
    openJob(key) {
      noteFocus();
      go({ ...store.state.place, job: key });
    },
    closeJob() {
      const { job: _, ...place } = store.state.place;
      go(place);
      returnFocus();
    },
    /** @param {string} [operation] `undefined`: all of them */
    openOperations(operation) {
      go({ view: 'operations', filters: {}, sort: 'age', ...(operation !== undefined && { operation }) });
    },
    /** @param {Readonly<Record<string, string>>} filters */
    openAudit(filters) {
      go({ view: 'audit', filters, sort: 'age' });
    },
  };
}

/** @typedef {ReturnType<typeof makeNavigation>} Navigation */

/**
 * Whether two places show other things, and not only the same in another order.
 * @param {Place} one
 * @param {Place} other
 */
function isOtherList(one, other) {
  return one.view !== other.view || JSON.stringify(one.filters) !== JSON.stringify(other.filters);
}

/**
 * What the page knows at a place: what was read for the one before does not count there.
 * @param {Place} place
 * @param {PageState} state at the place before
 * @returns {Partial<PageState>}
 */
function stateAt(place, { place: before, operation, list, pressed }) {
  const isOther = isOtherList(before, place);
  const isSameOperation = before.operation === place.operation;
  // Until a list shows them, or although none does, they are looked at.
  const rows = list.rows.filter((row) => isOpenEnded(row, pressed)).map((row) => ({ ...row, isKept: true }));
  return {
    place,
    operation: isSameOperation ? { ...operation, etag: '' } : loading,
    ...((isOther || !isSameOperation) && { outcomes: loading }),
    ...(isOther && { audit: loading, operations: loading, laterWaiting: loading, answered: undefined }),
    ...(isOther &&
      place.view === 'jobs' && {
        ...{ list: { rows, readings: new Map() }, ticked: new Map(), everyMatch: false },
      }),
  };
}
