/** @import { Unavailable } from '../types.d.ts' */
/** @import { Sign } from '../model/words.js' */
import { showNotice } from '../announce.js';
import { age } from '../model/words.js';
import { html, nothing } from '../vendor/lit-html.js';

/**
 * A state or an outcome: mark, word and colour.
 * @param {Sign} sign
 * @param {string} [title]
 */
export function badge({ mark, tone, word }, title) {
  return html`<span class="sign ${tone}" title=${title ?? nothing}>
    <i aria-hidden="true">${mark}</i>${word}
  </span>`;
}

/**
 * A time as its age; the exact one on hover and to copy.
 * @param {string | undefined} at RFC 3339
 * @param {number} now
 */
export function moment(at, now) {
  if (at === undefined) return html`<span class="none">–</span>`;
  return html`<time datetime=${at} title=${at}>${age(at, now)}</time>`;
}

/** @param {string} text */
export function copyButton(text) {
  const copy = () => copyText(text, text);
  return html`<button class="quiet copy" type="button" aria-label="Copy ${text}" @click=${copy}>
    Copy
  </button>`;
}

/**
 * Copies a text, and tells whether the browser allowed it.
 * @param {string} text
 * @param {string} name what the person calls it
 */
export async function copyText(text, name) {
  await navigator.clipboard.writeText(text).then(
    () => showNotice(`Copied ${name}.`),
    () => showNotice('The browser did not allow to copy. Select the text instead.'),
  );
}

/**
 * A state of a view in which there is nothing to read: what is so, why, and what to do.
 * @param {string} title
 * @param {string} why
 * @param {unknown} [step]
 */
export function emptyState(title, why, step = nothing) {
  return html`<div class="empty">
    <h2>${title}</h2>
    <p>${why}</p>
    ${step}
  </div>`;
}

/**
 * Who did not answer, or answered in part, and why.
 * @param {readonly Unavailable[]} unavailable
 * @param {(provider: string) => unknown} [step] what can be done about it
 */
export function gaps(unavailable, step = () => nothing) {
  if (unavailable.length === 0) return nothing;
  return html`<ul class="gaps" aria-label="Jobs may be missing">
    ${unavailable.map(
      ({ provider, message }) => html`<li>
        <i aria-hidden="true">!</i>
        <span><b>${provider}</b> ${message}</span>
        ${step(provider)}
      </li>`,
    )}
  </ul>`;
}

/** @param {string | undefined} text */
export function problemNote(text) {
  if (!text) return nothing;
  return html`<p class="problem" role="alert">
    <i aria-hidden="true">!</i>
    <span>${text}</span>
  </p>`;
}

/**
 * What stands where a list will be, until it is read.
 * @param {string} label
 */
export function skeleton(label) {
  return html`<div class="skeleton" role="status" aria-label=${label}>
    ${Array.from({ length: 8 }, () => html`<i></i>`)}
  </div>`;
}
