/** @import { PageState } from '../types.d.ts' */
import { everyState, liveStates } from '../model/place.js';
import { shownWhileTyping, whileTyping } from '../typing.js';
import { html, nothing } from '../vendor/lit-html.js';

/** @typedef {(filters: Record<string, string>, isContinued?: boolean) => void} SetFilters */
/** @typedef {readonly (readonly [value: string, word: string])[]} Choices */

/** @type {Choices} */
const stateChoices = [
  [liveStates, 'not over'],
  ['running', 'running'],
  ['queued', 'queued'],
  ['cancelling', 'being cancelled'],
  ['unknown', 'state unknown'],
  ['cancelled,completed,failed', 'over'],
  [everyState, 'any'],
];

/** @type {Choices} */
const ages = [
  ['', 'any age'],
  ['30m', 'older than 30 min'],
  ['2h', 'older than 2 h'],
  ['1d', 'older than 1 day'],
  ['7d', 'older than 7 days'],
];

/**
 * A field with choices. A value of the address that is none of them becomes one.
 * @param {string} name
 * @param {string} label
 * @param {string} value
 * @param {Choices} choices
 * @param {(value: string) => void} set
 */
export function choice(name, label, value, choices, set) {
  const isKnown = choices.some(([each]) => each === value);
  const all = isKnown ? choices : [...choices, /** @type {const} */ ([value, value])];
  const changed = (/** @type {Event & { target: HTMLSelectElement }} */ { target }) => set(target.value);
  return html`<label class="field">
    <span>${label}</span>
    <select name=${name} .value=${value} @change=${changed}>
      ${all.map(([each, word]) => html`<option value=${each} ?selected=${each === value}>${word}</option>`)}
    </select>
  </label>`;
}

/**
 * A field for text. It takes effect when the person leaves it or presses Enter, not with every key.
 * @param {string} name
 * @param {string} label
 * @param {string} value
 * @param {(value: string) => void} set
 * @param {string} [hint]
 */
export function textField(name, label, value, set, hint = '') {
  const change = (/** @type {Event & { target: HTMLInputElement }} */ { target }) => set(target.value.trim());
  return searchInput(name, label, value, hint, { change });
}

/**
 * A field for part of a name. It takes effect while the person types, after a pause.
 * @param {string} value
 * @param {(value: string, isContinued: boolean) => void} set
 */
function nameField(value, set) {
  return searchInput('name', 'Name', shownWhileTyping('name', value), 'part of a name', whileTyping(set));
}

/**
 * @param {string} name
 * @param {string} label
 * @param {string} value
 * @param {string} hint
 * @param {Partial<ReturnType<typeof whileTyping>>} does
 */
function searchInput(name, label, value, hint, { input, change }) {
  return html`<label class="field">
    <span>${label}</span>
    <input
      name=${name}
      type="search"
      .value=${value}
      placeholder=${hint}
      spellcheck="false"
      autocomplete="off"
      @input=${input}
      @change=${change}
    />
  </label>`;
}

/**
 * A field for a day, such as `2026-11-28`.
 * @param {string} name
 * @param {string} label
 * @param {string} value a day, or a time in it
 * @param {(value: string) => void} set
 */
export function dateField(name, label, value, set) {
  const changed = (/** @type {Event & { target: HTMLInputElement }} */ { target }) => set(target.value);
  return html`<label class="field">
    <span>${label}</span>
    <input name=${name} type="date" .value=${value.slice(0, 10)} @change=${changed} />
  </label>`;
}

/**
 * The choices of a field for connections.
 * @param {PageState['providers']} providers
 * @returns {Choices}
 */
export function connectionChoices(providers) {
  return [['', 'all'], ...providers.map(({ provider }) => /** @type {const} */ ([provider, provider]))];
}

/** @param {SetFilters} setFilters */
export function clearFilters(setFilters) {
  return html`<button class="quiet" type="button" @click=${() => setFilters({})}>Clear filters</button>`;
}

/**
 * A form of filters takes effect field by field: to submit it does nothing.
 * @param {Event} event
 */
export const stay = (event) => event.preventDefault();

/**
 * Opens and shuts the filters on a phone, and says how many are set.
 * @param {Pick<PageState, 'place' | 'isFiltering'>} state
 * @param {() => void} toggle
 */
export function filtersToggle({ place, isFiltering }, toggle) {
  const { cursor: _, ...filters } = place.filters;
  const count = Object.keys(filters).length;
  return html`<button class="quiet narrow-only" type="button" aria-expanded=${isFiltering} @click=${toggle}>
    Filters${count > 0 ? ` (${count})` : ''}
  </button>`;
}

/**
 * The filters of the jobs, as they stand in the address.
 * @param {PageState} state
 * @param {SetFilters} setFilters
 */
export function jobFilters({ place: { filters }, providers, isFiltering }, setFilters) {
  const set =
    (/** @type {string} */ name) =>
    (/** @type {string} */ value, /** @type {boolean | undefined} */ isContinued = false) =>
      setFilters({ ...filters, [name]: value }, isContinued);
  const of = (/** @type {string} */ name) => filters[name] ?? '';
  const kind = isFiltering ? 'filters' : 'filters shut';
  return html`<form class=${kind} role="search" aria-label="Filter the jobs" @submit=${stay}>
    ${nameField(of('name'), set('name'))}
    ${choice('state', 'State', filters.state ?? liveStates, stateChoices, set('state'))}
    ${choice('provider', 'Provider', of('provider'), connectionChoices(providers), set('provider'))}
    ${textField('owner', 'Owner', of('owner'), set('owner'), 'ada, team-*')}
    ${choice('older_than', 'Age', of('older_than'), ages, set('older_than'))}
    <details class="more" ?open=${of('target') !== '' || of('label') !== ''}>
      <summary>More filters</summary>
      ${textField('target', 'Runs on', of('target'), set('target'), 'queue, device, model')}
      ${textField('label', 'Label', of('label'), set('label'), 'team=ml')}
    </details>
    ${Object.keys(filters).length > 0 ? clearFilters(setFilters) : nothing}
  </form>`;
}
