/** @import { PageState, Place } from '../types.d.ts' */
/** @import { TemplateResult } from '../vendor/lit-html.js' */
import { waitingCount } from '../model/waiting-pages.js';
import { html, nothing } from '../vendor/lit-html.js';

/** @type {readonly (readonly [Place['view'], string])[]} */
const views = [
  ['jobs', 'Jobs'],
  ['operations', 'Operations'],
  ['audit', 'Audit'],
  ['waiting', 'Waiting for you'],
];

/**
 * @typedef {object} Handlers
 * @property {(place: Place) => void} go
 * @property {() => void} signOut
 * @property {() => void} toggleHelp
 */

/**
 * What stands around every view.
 * @param {PageState} state
 * @param {Handlers} handlers
 * @param {TemplateResult | typeof nothing} content
 */
export function frame({ place, signedIn, waiting, isHelpOpen }, { go, signOut, toggleHelp }, content) {
  const count = waitingCount(waiting.value);
  const tab = (/** @type {Place['view']} */ view, /** @type {string} */ title) => html`<a
    href=${view === 'jobs' ? './' : `?view=${view}`}
    aria-current=${place.view === view ? 'page' : nothing}
    @click=${(/** @type {MouseEvent} */ event) => {
      if (event.metaKey || event.ctrlKey || event.shiftKey) return;
      event.preventDefault();
      go({ view, filters: {}, sort: 'age' });
    }}
    >${title}${view === 'waiting' && count !== '' ? html`<b class="count">${count}</b>` : nothing}</a
  >`;
  return html`<header class="top">
      <a class="brand" href="./" aria-label="calloff, jobs"><i aria-hidden="true"></i>calloff</a>
      <nav aria-label="Views">${views.map(([view, title]) => tab(view, title))}</nav>
      <span class="who" title="Who is signed in">${signedIn?.caller}</span>
      <button class="quiet" type="button" aria-label="Keyboard shortcuts" title="Keyboard shortcuts (?)" @click=${toggleHelp}>?</button>
      <button class="quiet" type="button" @click=${signOut}>Sign out</button>
    </header>
    <main>${content}</main>
    ${isHelpOpen ? shortcuts(toggleHelp) : nothing}`;
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
    <dl>${keys.map(([key, does]) => html`<dt><kbd>${key}</kbd></dt><dd>${does}</dd>`)}</dl>
    <button class="quiet" type="button" @click=${close}>Close</button>
  </aside>`;
}
