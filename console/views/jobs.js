/** @import { PageState, Row, RowsInSight } from '../types.d.ts' */

import { mayCancel, tickable } from '../actions/select.js';
import { ordered } from '../model/ordered.js';
import { overview } from '../model/overview.js';
import { everyState, liveStates } from '../model/place.js';
import { drawn } from '../model/rows.js';
import { counted } from '../model/words.js';
import { html, live, nothing, repeat } from '../vendor/lit-html.js';
import { jobFilters } from './filters.js';
import { freshness, jobRow } from './job-row.js';
import { operationBar } from './operation-bar.js';
import { emptyState, gaps, problemNote, skeleton } from './parts.js';

/**
 * @typedef {object} JobHandlers
 * @property {(filters: Record<string, string>) => void} setFilters
 * @property {(sort: string) => void} setSort
 * @property {(row: Row) => void} tick
 * @property {() => void} tickAll
 * @property {() => void} tickNone
 * @property {() => void} tickEveryMatch
 * @property {(row: Row) => void} open
 * @property {(row: Row) => void} stop
 * @property {() => void} stopTicked
 * @property {(row: Row) => void} focus
 * @property {() => void} refresh
 * @property {() => void} toggleFilters
 * @property {() => void} scrolled
 * @property {(id: string) => void} openOperation
 * @property {(id: string, step: 'pause' | 'resume') => void} operate
 * @property {(id: string) => void} dismiss
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
 * @param {PageState} state
 * @param {RowsInSight} sight
 * @param {JobHandlers} handlers
 */
export function jobsView(state, sight, handlers) {
  const { list, now, isFiltering, place, followed } = state;
  const filterCount = Object.keys(place.filters).length;
  const told = overview(state);
  const isEmpty = list.rows.length === 0;
  return html`<h1 class="unseen">Jobs</h1>
    ${jobFilters(state, handlers.setFilters)}
    <div class="status">
      <span>${summaryOf(list.rows.length, told)}</span>
      <span class="fresh-line">${freshness(told.readAt, now)}${told.reading.map((name) => html`<span class="fresh">${name}, reading …</span>`)}</span>
      <button class="quiet narrow-only" type="button" aria-expanded=${isFiltering} @click=${handlers.toggleFilters}>Filters${filterCount > 0 ? ` (${filterCount})` : ''}</button>
      <button class="quiet" type="button" @click=${handlers.refresh}>Refresh</button>
    </div>
    ${gaps(told.unavailable)} ${told.problems.map(problemNote)}
    ${isEmpty ? nothing : jobTable(state, sight, handlers)}
    ${isEmpty && told.reading.length === 0 ? nothingToShow(state, told, handlers) : nothing}
    ${isEmpty && told.reading.length > 0 ? skeleton('Reading the jobs …') : nothing}
    <footer class="bars">
      ${[...followed.values()].map((operation) => operationBar(operation, handlers))} ${selectionBar(state, told.hasMore, handlers)}
    </footer>`;
}

/** @typedef {ReturnType<typeof overview>} Overview */

/**
 * @param {number} count
 * @param {Overview} told
 */
function summaryOf(count, { hasMore, inOtherStates }) {
  const more = hasMore ? ' shown, more match' : '';
  const others = inOtherStates > 0 ? `, ${inOtherStates.toLocaleString('en')} in other states` : '';
  return `${counted(count)}${more}${others}`;
}

/**
 * @param {PageState} state
 * @param {RowsInSight} sight
 * @param {JobHandlers} handlers
 */
function jobTable(state, sight, handlers) {
  const rows = ordered(state);
  const { ticked, pressed, cursor, now, place } = state;
  const all = tickable(state);
  const isAll = all.length > 0 && all.every(({ key }) => ticked.has(key));
  const focused = rows.findIndex(({ key }) => key === cursor);
  const may = mayCancel(state);
  const parts = drawn(rows.length, sight, focused);
  return html`<div class="scroller" tabindex="-1" @scroll=${handlers.scrolled}>
    <table class="jobs" role="table" aria-rowcount=${rows.length + 1} ?data-selecting=${ticked.size > 0}>
      <thead role="rowgroup"><tr role="row">
        <th role="columnheader" class="c-tick" scope="col"><label><input type="checkbox" aria-label="Tick all ${all.length.toLocaleString('en')} shown" .checked=${live(isAll)} .indeterminate=${live(ticked.size > 0 && !isAll)} ?disabled=${all.length === 0} @change=${handlers.tickAll} /></label></th>
        ${columns.map(([name, title]) => heading(name, title, place.sort, handlers.setSort))}
        <th role="columnheader" class="c-stop" scope="col"><span class="unseen">Stop</span></th>
      </tr></thead>
      <tbody role="rowgroup">${repeat(parts, partKey, (part) => {
        if ('gap' in part)
          return html`<tr class="gap" aria-hidden="true"><td colspan="9" .style=${`height:${part.gap * sight.rowHeight}px`}></td></tr>`;
        const row = rows[part.index];
        if (row === undefined) return nothing;
        const { key } = row;
        return jobRow(row, {
          ...{ now, mayCancel: may, index: part.index, pressed: pressed.get(key) },
          isSelecting: ticked.size > 0,
          ...{ isTicked: ticked.has(key), isCursor: key === cursor || (focused < 0 && part.index === 0) },
          ...{ tick: handlers.tick, open: handlers.open, stop: handlers.stop, focus: handlers.focus },
        });
      })}</tbody>
    </table>
  </div>`;

  /** @param {(typeof parts)[number]} part */
  function partKey(part) {
    return 'gap' in part ? `gap ${part.at === 0 ? 'above' : part.at}` : rows[part.index]?.key;
  }
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
  return html`<th role="columnheader" class="c-${name}" scope="col" aria-sort=${isBy ? direction : nothing}>
    <button class="sort" type="button" @click=${() => setSort(sort === name ? `-${name}` : name)}>${title}<i aria-hidden="true">${isBy ? (direction === 'ascending' ? '↑' : '↓') : ''}</i></button>
  </th>`;
}

/**
 * @param {PageState} state
 * @param {Overview} told
 * @param {JobHandlers} handlers
 */
function nothingToShow(
  { place, providers, providersProblem },
  { unavailable, problems, isRefused, inOtherStates },
  handlers,
) {
  if (providers.length === 0 && providersProblem !== undefined)
    return emptyState('calloff did not say which providers are connected', providersProblem);
  if (providers.every(({ configured }) => !configured))
    return emptyState('No provider is connected', 'Give calloff the key of one, and start it again.');
  const wanted = place.filters.provider;
  if (wanted !== undefined && !providers.some(({ provider }) => provider === wanted))
    return emptyState(
      `No connection is called ${wanted}`,
      html`calloff asked no provider. <button class="quiet" type="button" @click=${() => handlers.setFilters({})}>Clear the filters</button>`,
    );
  if (isRefused)
    return emptyState(
      'calloff cannot use these filters',
      html`It asked no provider. Correct them, or <button class="quiet" type="button" @click=${() => handlers.setFilters({})}>clear the filters</button>`,
    );
  if (unavailable.length > 0 || problems.length > 0)
    return emptyState(
      'No job to show',
      `${unavailable.length > 0 ? 'Some providers did not answer or cannot list.' : 'calloff did not list the jobs.'} That there is nothing to show does not mean that nothing runs.`,
    );
  if (Object.keys(place.filters).length > 0)
    return emptyState(
      'No job matches',
      html`<button class="quiet" type="button" @click=${() => handlers.setFilters({})}>Clear the filters</button>`,
    );
  const over =
    inOtherStates > 0
      ? html`<button class="quiet" type="button" @click=${() => handlers.setFilters({ state: everyState })}>Show the ${inOtherStates.toLocaleString('en')} that are over</button>`
      : 'Every provider answered.';
  return emptyState('Nothing runs', over);
}

/**
 * What is ticked, and the one button for it, where a thumb is.
 * @param {PageState} state
 * @param {boolean} hasMore
 * @param {JobHandlers} handlers
 */
function selectionBar(state, hasMore, handlers) {
  const { ticked, everyMatch, place } = state;
  if (ticked.size === 0) return nothing;
  const shown = tickable(state).length;
  const what = everyMatch ? 'all that match' : counted(ticked.size);
  const isFiltered = (place.filters.state ?? liveStates) !== everyState;
  return html`<section class="bar" aria-label="Ticked jobs">
    <p><b>${everyMatch ? 'All that match, also those not shown' : `${ticked.size.toLocaleString('en')} ticked`}</b>
      <button class="quiet" type="button" @click=${handlers.tickNone}>Clear</button>
      ${ticked.size < shown ? html`<button class="quiet" type="button" @click=${handlers.tickAll}>Tick the ${shown.toLocaleString('en')} shown</button>` : nothing}
      ${hasMore && !everyMatch && isFiltered ? html`<button class="quiet" type="button" @click=${handlers.tickEveryMatch}>All that match, also those not shown</button>` : nothing}
    </p>
    <button class="stop big" type="button" @click=${handlers.stopTicked}><i aria-hidden="true"></i>Stop ${what}</button>
  </section>`;
}
