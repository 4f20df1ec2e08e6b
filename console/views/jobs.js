/** @import { PageState, RowsInSight } from '../types.d.ts' */
/** @import { TableHandlers } from './job-table.js' */
/** @import { BarHandlers } from './operation-bar.js' */

import { overview } from '../model/overview.js';
import { everyState, keyOf, liveStates } from '../model/place.js';
import { mostTicked, tickable } from '../model/tickable.js';
import { age, counted } from '../model/words.js';
import { html, nothing } from '../vendor/lit-html.js';
import { clearFilters, filtersToggle, jobFilters } from './filters.js';
import { jobTable } from './job-table.js';
import { operationBars } from './operation-bar.js';
import { emptyState, gaps, problemNote, skeleton } from './parts.js';

/**
 * What the view needs besides its table and the bars below it.
 * @typedef {object} OwnHandlers
 * @property {(filters: Record<string, string>, isContinued?: boolean) => void} setFilters
 * @property {() => void} toggleFilters
 * @property {() => void} refresh
 * @property {() => void} tickNone
 * @property {() => void} tickEveryMatch
 * @property {() => void} stopTicked
 * @property {(key: string) => void} openKey opens a job, whether a list shows it or not
 */

/** @typedef {OwnHandlers & TableHandlers & BarHandlers} JobHandlers */

/**
 * The jobs of all connections, and what is known of how they were read.
 * @param {PageState} state
 * @param {RowsInSight} sight
 * @param {JobHandlers} handlers
 */
export function jobsView(state, sight, handlers) {
  const told = overview(state);
  const isEmpty = state.list.rows.length === 0;
  const isReading = !state.isProvidersRead || told.reading.length > 0;
  return html`<h1 class="unseen" tabindex="-1">Jobs</h1>
    ${jobFilters(state, handlers.setFilters)}
    ${statusLine(state, told, handlers, isReading)}
    ${gaps(told.unavailable, (provider) => openById(provider, handlers))}
    ${told.problems.map(problemNote)}
    ${isEmpty ? nothing : jobTable(state, sight, handlers)}
    ${isEmpty && !isReading ? nothingToShow(state, told, handlers) : nothing}
    ${isEmpty && isReading ? skeleton('Reading the jobs …') : nothing}
    <footer class="bars">
      ${operationBars(state.followed, handlers)}
      ${selectionBar(state, told.hasMore, handlers)}
    </footer>`;
}

/** @typedef {ReturnType<typeof overview>} Overview */

/**
 * The way to a job that no list shows: by its id.
 * @param {string} provider
 * @param {JobHandlers} handlers
 */
function openById(provider, { openKey }) {
  const submit = (/** @type {SubmitEvent} */ event) => {
    event.preventDefault();
    const field = event.target instanceof HTMLFormElement ? event.target.elements.namedItem('id') : null;
    const id = field instanceof HTMLInputElement ? field.value.trim() : '';
    if (id !== '') openKey(keyOf({ provider, job_id: id }));
  };
  return html`<form class="by-id" @submit=${submit}>
    <input
      class="job-id"
      name="id"
      type="search"
      aria-label="Id of a job at ${provider}"
      placeholder="id of a job"
      spellcheck="false"
      autocomplete="off"
    />
    <button class="quiet" type="submit">Open</button>
  </form>`;
}

/**
 * How many jobs are shown, and how old is what each connection said: `ionq, 12 s ago`.
 * @param {PageState} state
 * @param {Overview} told
 * @param {JobHandlers} handlers
 * @param {boolean} isReading whether a connection was not read yet
 */
function statusLine(state, told, { toggleFilters, refresh }, isReading) {
  const { now } = state;
  return html`<div class="status">
    <span class="summary">${summaryOf(state, told, isReading)}</span>
    ${freshness(told, now)}
    ${filtersToggle(state, toggleFilters)}
    <button class="quiet" type="button" @click=${refresh}>Refresh</button>
  </div>`;
}

/**
 * How old is what each connection said. A phone has room for two; of more it tells the oldest.
 * @param {Overview} told
 * @param {number} now
 */
function freshness({ readAt, reading }, now) {
  const isMany = readAt.length + reading.length > 2;
  const [oldest] = readAt.toSorted(([, one], [, other]) => one - other);
  const line = html`<span class="fresh-line ${isMany ? 'wide-only' : ''}">
    ${readAt.map(([name, at]) => html`<span class="fresh">${name}, ${age(at, now)} ago</span>`)}
    ${reading.map((name) => html`<span class="fresh">${name}, reading …</span>`)}
  </span>`;
  if (!isMany) return line;
  const first = oldest === undefined ? [] : [`oldest: ${age(oldest[1], now)} ago, ${oldest[0]}`];
  const rest = reading.length === 0 ? [] : [`${counted(reading.length, 'provider')} not read yet`];
  return html`${line}<span class="fresh-line narrow-only">${[...first, ...rest].join('; ')}</span>`;
}

/** @param {number} count */
const overCount = (count) => `${count.toLocaleString('en')} that ${count === 1 ? 'is' : 'are'} over`;

/**
 * How many jobs are shown: as a count of those that there are only if every connection has told all of its own.
 * @param {PageState} state
 * @param {Overview} told
 * @param {boolean} isReading
 */
function summaryOf({ list, place }, { hasMore, inOtherStates, unavailable, problems }, isReading) {
  const isPart = isReading || unavailable.length > 0 || problems.length > 0;
  const more = hasMore ? ' shown, more match' : isPart ? ' shown' : '';
  const isLive = (place.filters.state ?? liveStates) === liveStates;
  const others = `, ${inOtherStates.toLocaleString('en')} in other states`;
  const rest = isLive ? `, not counting ${overCount(inOtherStates)}` : others;
  return html`<b>${counted(list.rows.length)}</b>${more}${inOtherStates > 0 ? rest : ''}`;
}

/**
 * Why the table is empty, and the next step: that nothing runs is only one of the reasons.
 * @param {PageState} state
 * @param {Overview} told
 * @param {JobHandlers} handlers
 */
function nothingToShow({ place, providers, providersProblem }, told, { setFilters }) {
  const { provider } = place.filters;
  if (providers.length === 0 && providersProblem !== undefined)
    return emptyState('calloff did not say which providers are connected', providersProblem);
  if (providers.every(({ configured }) => !configured))
    return emptyState(
      'No provider is connected',
      'Set the API key of a provider, such as IONQ_API_KEY, and restart calloff.',
    );
  if (provider !== undefined && !providers.some((each) => each.provider === provider))
    return emptyState(
      `No connection is called ${provider}`,
      'calloff asked no provider.',
      clearFilters(setFilters),
    );
  if (told.isRefused)
    return emptyState(
      'calloff cannot use these filters',
      'It asked no provider. Correct them, or clear them.',
      clearFilters(setFilters),
    );
  if (told.unavailable.length > 0 || told.problems.length > 0)
    return emptyState('No job to show', whyUnknown(told));
  const answered = `${provider ?? 'Every provider'} answered.`;
  const isOfProvider = Object.keys(place.filters).every((name) => name === 'provider');
  if (!isOfProvider) return emptyState('No job matches', answered, clearFilters(setFilters));
  const title = provider === undefined ? 'Nothing runs' : `Nothing runs at ${provider}`;
  return emptyState(title, answered, showOver(told.inOtherStates, place.filters, setFilters));
}

/** @param {Overview} told */
function whyUnknown({ unavailable }) {
  const why =
    unavailable.length > 0
      ? 'Some providers did not answer or cannot list.'
      : 'calloff did not list the jobs.';
  return `${why} That there is nothing to show does not mean that nothing runs.`;
}

/**
 * @param {number} count how many jobs are over
 * @param {PageState['place']['filters']} filters
 * @param {JobHandlers['setFilters']} setFilters
 */
function showOver(count, filters, setFilters) {
  if (count === 0) return nothing;
  return html`<button class="quiet" type="button" @click=${() => setFilters({ ...filters, state: everyState })}>
    Show the ${overCount(count)}
  </button>`;
}

/**
 * What is ticked, and the one button for it, where a thumb is.
 * @param {PageState} state
 * @param {boolean} hasMore
 * @param {JobHandlers} handlers
 */
function selectionBar(state, hasMore, { tickNone, tickAll, tickEveryMatch, stopTicked }) {
  const { ticked, everyMatch, place } = state;
  if (ticked.size === 0) return nothing;
  const shown = tickable(state).length;
  const isFiltered = (place.filters.state ?? liveStates) !== everyState;
  const mayTakeAll = (hasMore || ticked.size > mostTicked) && isFiltered;
  const everyMatchText = 'All that match, also those not shown';
  const button = (/** @type {string} */ word, /** @type {() => void} */ does) =>
    html`<button class="quiet" type="button" @click=${does}>${word}</button>`;
  return html`<section class="bar" aria-label="Ticked jobs">
    <p>
      <b>${everyMatch ? everyMatchText : `${ticked.size.toLocaleString('en')} ticked`}</b>
      ${button('Clear', tickNone)}
      ${ticked.size < shown ? button(`Tick the ${shown.toLocaleString('en')} shown`, tickAll) : nothing}
      ${mayTakeAll && !everyMatch ? button(everyMatchText, tickEveryMatch) : nothing}
    </p>
    <button class="stop big" type="button" data-aim="stop the ticked" @click=${stopTicked}>
      <i aria-hidden="true"></i>Stop ${everyMatch ? 'all that match' : counted(ticked.size)}
    </button>
  </section>`;
}
