/** @import { PageState } from '../types.d.ts' */
import { wallTime } from '../time.js';
import { placeOf } from './place.js';

/** @type {{ readonly phase: 'loading' }} */
const loading = { phase: 'loading' };

/**
 * The page before anything is known.
 * @param {string} search
 * @returns {PageState}
 */
export function initialState(search) {
  return {
    signedIn: undefined,
    signInProblem: undefined,
    place: placeOf(search),
    providers: [],
    isProvidersRead: false,
    providersProblem: undefined,
    list: { rows: [], readings: new Map() },
    ticked: new Map(),
    everyMatch: false,
    cursor: undefined,
    pressed: new Map(),
    dialog: undefined,
    job: loading,
    jobAudit: loading,
    operations: loading,
    operation: loading,
    outcomes: loading,
    audit: loading,
    waiting: loading,
    laterWaiting: loading,
    looked: new Map(),
    answered: undefined,
    followed: new Map(),
    isHelpOpen: false,
    isFiltering: false,
    now: wallTime(),
  };
}

/**
 * The state of the page, and one drawing of it after any number of changes.
 * @param {PageState} state
 * @param {(state: PageState) => void} draw
 */
export function makeStore(state, draw) {
  let isAsked = false;
  const store = {
    state,
    /** @param {Partial<PageState>} changes */
    change(changes) {
      Object.assign(state, changes);
      if (isAsked) return;
      isAsked = true;
      queueMicrotask(() => {
        isAsked = false;
        draw(state);
      });
    },
  };
  return store;
}

/** @typedef {ReturnType<typeof makeStore>} Store */
