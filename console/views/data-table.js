/** @import { Place } from '../types.d.ts' */
import { html, nothing } from '../vendor/lit-html.js';

/**
 * A column: its title, what a row shows in it, and its kind. On a phone `lead` and `full` take a line of their own, and `lead`
 * needs no title there.
 * @template Item
 * @typedef {readonly [title: string, cell: (item: Item) => unknown, kind?: 'lead' | 'full' | 'bare']} Column
 */

/**
 * A table in a box of its own, whose rows are cards on a phone. The roles are said, because a row that is drawn as a card may
 * lose them.
 * @template Item
 * @param {string} label
 * @param {readonly Column<Item>[]} columns
 * @param {readonly Item[]} items
 */
export function dataTable(label, columns, items) {
  return html`<div class="scroller plain" tabindex="0" role="region" aria-label=${label}>
    <table class="cards" role="table">
      <thead role="rowgroup">
        <tr role="row">
          ${columns.map(([title]) => html`<th role="columnheader" scope="col">${title}</th>`)}
        </tr>
      </thead>
      <tbody role="rowgroup">
        ${items.map((item) => html`<tr role="row">${columns.map((column) => cellOf(column, item))}</tr>`)}
      </tbody>
    </table>
  </div>`;
}

/**
 * @template Item
 * @param {Column<Item>} column
 * @param {Item} item
 */
function cellOf([title, cell, kind], item) {
  const shown = cell(item);
  // A card says what is known, and leaves out what is not.
  const kinds = shown === '–' ? `${kind ?? ''} dash` : (kind ?? nothing);
  return html`<td role="cell" class=${kinds} data-label=${title}>${shown}</td>`;
}

/**
 * The way to the next page and back to the first. Where a page begins stands in the address.
 * @param {Place['filters']} filters
 * @param {string | null | undefined} nextCursor
 * @param {(filters: Record<string, string>) => void} setFilters
 * @param {readonly [next: string, first: string]} words
 */
export function pageButtons(filters, nextCursor, setFilters, [next, first]) {
  const { cursor, ...others } = filters;
  const button = (/** @type {string} */ word, /** @type {() => void} */ does) =>
    html`<button class="quiet" type="button" @click=${does}>${word}</button>`;
  if (!cursor && !nextCursor) return nothing;
  return html`<p class="pages">
    ${cursor ? button(first, () => setFilters(others)) : nothing}
    ${nextCursor ? button(next, () => setFilters({ ...others, cursor: nextCursor })) : nothing}
  </p>`;
}
