/** @import { Store } from './model/state.js' */
/** @import { RowsInSight } from './types.d.ts' */
import { overview } from './model/overview.js';

/** More jobs are read once fewer rows than this stand below those in sight. */
const leastBelow = 50;
/** The table is drawn anew once it has moved by so many rows. */
const leastMoved = 5;

/**
 * Follows which rows of the table are in sight, since only those and some around them are drawn.
 * @param {Store} store
 * @param {() => Promise<void>} readMore reads the next page of the list
 */
export function makeScrollWindow(store, readMore) {
  /** @type {RowsInSight} */
  let sight = { first: 0, last: 40, rowHeight: 40 };
  let isReadingMore = false;

  const more = async () => {
    if (isReadingMore) return;
    isReadingMore = true;
    await readMore();
    isReadingMore = false;
  };
  const scrolled = () => {
    const next = rowsInSight(sight.rowHeight);
    if (next === undefined) return;
    if (overview(store.state).hasMore && next.last + leastBelow > store.state.list.rows.length) void more();
    const isClose = Math.abs(next.first - sight.first) < leastMoved;
    if (isClose && next.rowHeight === sight.rowHeight && next.last === sight.last) return;
    sight = next;
    store.change({});
  };
  // Below this width rows are cards, which are higher.
  matchMedia('(max-width: 700px)').addEventListener('change', scrolled);
  window.addEventListener('resize', scrolled);
  return { rowsInSight: () => sight, scrolled };
}

/**
 * @param {number} knownHeight of a row, for one that has none yet
 * @returns {RowsInSight | undefined} `undefined` if no table is shown
 */
function rowsInSight(knownHeight) {
  const box = document.querySelector('.scroller');
  const row = document.querySelector('tr[data-key]');
  if (!(box instanceof HTMLElement) || !(row instanceof HTMLElement)) return undefined;
  const rowHeight = row.offsetHeight || knownHeight;
  const first = Math.floor(box.scrollTop / rowHeight);
  const last = Math.ceil((box.scrollTop + box.clientHeight) / rowHeight);
  return { first, last, rowHeight };
}
