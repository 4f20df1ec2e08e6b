/** @import { Place } from '../types.d.ts' */
import { html, nothing } from '../vendor/lit-html.js';

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
