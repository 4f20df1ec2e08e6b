/** @import { PageState, Row, RowsInSight } from '../types.d.ts' */

import { cursorPlace, ordered } from '../model/ordered.js';
import { drawn } from '../model/rows.js';
import { mayCancel, tickable } from '../model/tickable.js';
import { html, live, nothing, repeat } from '../vendor/lit-html.js';
import { jobRow } from './job-row.js';

/**
 * @typedef {object} TableHandlers
 * @property {(sort: string) => void} setSort
 * @property {(row: Row) => void} tick
 * @property {() => void} tickAll
 * @property {(row: Row) => void} open
 * @property {(row: Row) => void} stop
 * @property {(row: Row) => void} focus
 * @property {() => void} scrolled
 */

/** @type {readonly (readonly [string, string])[]} */
const columns = [
  ['state', 'State'],
  ['name', 'Job'],
  ['provider', 'Provider'],
  ['owner', 'Owner'],
  ['age', 'Age'],
  ['running', 'Running for'],
  ['cost', 'Cost'],
];

/**
 * The jobs, each in a row, of which those in sight and some around them are drawn.
 * @param {PageState} state
 * @param {RowsInSight} sight
 * @param {TableHandlers} handlers
 */
export function jobTable(state, sight, handlers) {
  const rows = ordered(state);
  const { index: cursorIndex } = cursorPlace(state);
  const parts = drawn(rows.length, sight, cursorIndex);
  const row = rowMaker(state, cursorIndex, handlers);
  return html`<div class="scroller" tabindex="-1" @scroll=${handlers.scrolled}>
    <table
      class="jobs"
      role="table"
      aria-rowcount=${rows.length + 1}
      ?data-selecting=${state.ticked.size > 0}
    >
      <thead role="rowgroup">
        <tr role="row">
          <th role="columnheader" class="c-tick" scope="col">${boxForAll(state, handlers.tickAll)}</th>
          ${columns.map(([name, title]) => heading(name, title, state.place.sort, handlers.setSort))}
          <th role="columnheader" class="c-stop" scope="col"><span class="unseen">Stop</span></th>
        </tr>
      </thead>
      <tbody role="rowgroup">
        ${repeat(
          parts,
          (part) => ('gap' in part ? `gap ${part.at === 0 ? 'above' : part.at}` : rows[part.index]?.key),
          (part) => ('gap' in part ? gapRow(part.gap * sight.rowHeight) : row(rows[part.index], part.index)),
        )}
      </tbody>
    </table>
  </div>`;
}

/**
 * @param {PageState} state
 * @param {number} cursorIndex the index of the row at the cursor; -1 if there is none
 * @param {TableHandlers} handlers
 */
function rowMaker(state, cursorIndex, { tick, open, stop, focus }) {
  const { ticked, pressed, now } = state;
  const shared = {
    ...{ now, tick, open, stop, focus },
    isSelecting: ticked.size > 0,
    mayCancel: mayCancel(state),
  };
  return (/** @type {Row | undefined} */ row, /** @type {number} */ index) => {
    if (row === undefined) return nothing;
    const { key } = row;
    const isCursor = index === Math.max(0, cursorIndex);
    return jobRow(row, { ...shared, index, pressed: pressed.get(key), isTicked: ticked.has(key), isCursor });
  };
}

/**
 * Stands for rows out of sight, so that the table is as high as with them.
 * @param {number} height in pixels
 */
function gapRow(height) {
  return html`<tr class="gap" aria-hidden="true">
    <td .style=${`height:${height}px`}></td>
  </tr>`;
}

/**
 * @param {PageState} state
 * @param {() => void} tickAll
 */
function boxForAll(state, tickAll) {
  const { ticked } = state;
  const all = tickable(state);
  const isAll = all.length > 0 && all.every(({ key }) => ticked.has(key));
  return html`<label>
    <input
      type="checkbox"
      aria-label="Tick all ${all.length.toLocaleString('en')} shown"
      .checked=${live(isAll)}
      .indeterminate=${live(ticked.size > 0 && !isAll)}
      ?disabled=${all.length === 0}
      @change=${tickAll}
    />
  </label>`;
}

/**
 * @param {string} name
 * @param {string} title
 * @param {string} sort
 * @param {(sort: string) => void} setSort
 */
function heading(name, title, sort, setSort) {
  const isBy = sort.replace(/^-/, '') === name;
  const direction = sort.startsWith('-') ? 'descending' : 'ascending';
  const arrow = direction === 'ascending' ? '↑' : '↓';
  return html`<th
    role="columnheader"
    class="c-${name}"
    scope="col"
    aria-sort=${isBy ? direction : nothing}
  >
    <button class="sort" type="button" @click=${() => setSort(sort === name ? `-${name}` : name)}>
      ${title}<i aria-hidden="true">${isBy ? arrow : ''}</i>
    </button>
  </th>`;
}
