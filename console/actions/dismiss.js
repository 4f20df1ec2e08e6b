/** @import { Store } from '../model/state.js' */

/** Under this name the tab remembers which stops the person has dismissed, also through a reload. */
const storedUnder = 'calloff dismissed';

/**
 * The ids of the operations whose bars the person has dismissed in this tab.
 * @returns {readonly string[]}
 */
function dismissed() {
  try {
    return (sessionStorage.getItem(storedUnder) ?? '').split(' ');
  } catch {
    // A browser may keep nothing: then a dismissal lasts until the page is loaded anew.
    return [];
  }
}

/** @param {string} id of an operation */
export const isDismissed = (id) => dismissed().includes(id);

/**
 * Takes away the bars of operations. They go on, and stand under Operations.
 * @param {Store} store
 * @param {readonly string[]} ids
 */
export function dismiss({ state, change }, ids) {
  const gone = new Set(ids);
  change({ followed: new Map([...state.followed].filter(([id]) => !gone.has(id))) });
  try {
    sessionStorage.setItem(storedUnder, [...dismissed(), ...ids].join(' '));
  } catch {
    // It is dismissed until the page is loaded anew.
  }
}
