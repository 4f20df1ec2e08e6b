/** @import { Place } from '../types.d.ts' */
import { html, nothing } from '../vendor/lit-html.js';

/**
 * The way to older entries and back to the newest. Where a page begins stands in the address.
 * @param {Place['filters']} filters
 * @param {string | null | undefined} next
 * @param {(filters: Record<string, string>) => void} setFilters
 * @param {readonly [older: string, newest: string]} words
 */
export function pageButtons(filters, next, setFilters, [older, newest]) {
  const { cursor, ...others } = filters;
  const button = (/** @type {string} */ word, /** @type {() => void} */ does) =>
    html`<button class="quiet" type="button" @click=${does}>${word}</button>`;
  if (!cursor && !next) return nothing;
  return html`<p class="pages">
    ${cursor ? button(newest, () => setFilters(others)) : nothing}
    ${next ? button(older, () => setFilters({ ...others, cursor: next })) : nothing}
  </p>`;
}
