/** @import { PageState, Place } from '../types.d.ts' */
/** @import { TemplateResult } from '../vendor/lit-html.js' */
import { waitingCount } from '../model/waiting-pages.js';
import { html, nothing } from '../vendor/lit-html.js';

/** @type {readonly (readonly [Place['view'], unknown])[]} */
const views = [
  ['jobs', 'Jobs'],
  ['operations', 'Operations'],
  ['audit', 'Audit'],
  // A phone shows its first word.
  ['waiting', html`Waiting<span class="wide-only"> for you</span>`],
];

/**
 * @typedef {object} FrameHandlers
 * @property {(place: Place) => void} go
 * @property {() => void} signOut
 * @property {() => void} toggleHelp
 */

/**
 * What stands around every view.
 * @param {PageState} state
 * @param {FrameHandlers} handlers
 * @param {TemplateResult | typeof nothing} content
 */
export function frame(state, { go, signOut, toggleHelp }, content) {
  return html`<header class="top">
      <a class="brand" href="./" aria-label="calloff, jobs"><i aria-hidden="true"></i>calloff</a>
      <nav aria-label="Views">${views.map(([view, title]) => tab(view, title, state, go))}</nav>
      <span class="who" title="Who is signed in">${state.signedIn?.caller}</span>
      <button
        class="quiet"
        type="button"
        aria-label="Keyboard shortcuts"
        title="Keyboard shortcuts (?)"
        @click=${toggleHelp}
      >?</button>
      <button class="quiet" type="button" @click=${signOut}>Sign out</button>
    </header>
    <main>${content}</main>
    ${state.isHelpOpen ? shortcuts(toggleHelp) : nothing}`;
}

/**
 * @param {Place['view']} view
 * @param {unknown} title
 * @param {PageState} state
 * @param {(place: Place) => void} go
 */
function tab(view, title, { place, waiting }, go) {
  const count = view === 'waiting' ? waitingCount(waiting.value) : '';
  const open = (/** @type {MouseEvent} */ event) => {
    if (event.metaKey || event.ctrlKey || event.shiftKey) return;
    event.preventDefault();
    go({ view, filters: {}, sort: 'age' });
  };
  return html`<a
    href=${view === 'jobs' ? './' : `?view=${view}`}
    aria-current=${place.view === view ? 'page' : nothing}
    @click=${open}
  >${title}${count !== '' ? html`<b class="count">${count}</b>` : nothing}</a>`;
}

/** @type {readonly (readonly [string, string])[]} */
const keys = [
  ['j / k', 'next and previous job'],
  ['x', 'tick the job, or take the tick away'],
  ['Enter', 'open the job'],
  ['s', 'stop the ticked jobs, or the one you are on'],
  ['/', 'filter by name'],
  ['Esc', 'close what is open, then take all ticks away'],
  ['?', 'show or hide these keys'],
];

/** @param {() => void} close */
function shortcuts(close) {
  return html`<aside class="keys" aria-label="Keyboard shortcuts">
    <h2>Keys</h2>
    <dl>
      ${keys.map(
        ([key, does]) => html`<dt><kbd>${key}</kbd></dt>
          <dd>${does}</dd>`,
      )}
    </dl>
    <button class="quiet" type="button" @click=${close}>Close</button>
  </aside>`;
}
