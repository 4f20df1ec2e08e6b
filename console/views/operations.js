/** @import { OperationView, PageState } from '../types.d.ts' */
/** @import { Column } from './data-table.js' */
import { counted, operationSign, operationStates } from '../model/words.js';
import { html, nothing } from '../vendor/lit-html.js';
import { dataTable, pageButtons } from './data-table.js';
import { choice, clearFilters, stay, textField } from './filters.js';
import { operationView } from './operation.js';
import { outcomeCounts } from './outcome-counts.js';
import { badge, emptyState, moment, problemNote, skeleton } from './parts.js';

/** @typedef {import('./operation.js').OperationHandlers} OperationHandlers */

/** @type {readonly (readonly [string, string])[]} */
const choices = [
  ['', 'any'],
  [operationStates.filter((state) => state !== 'finished').join(), 'not finished'],
  ...operationStates.map((state) => /** @type {const} */ ([state, operationSign(state).word])),
];

/**
 * @param {PageState} state
 * @param {OperationHandlers} handlers
 */
export function operationsView(state, handlers) {
  const { operations, place, now } = state;
  if (place.operation !== undefined) return operationView(state, handlers);
  const list = operations.value?.operations ?? [];
  const next = operations.value?.next_cursor;
  return html`<h1 tabindex="-1">Operations</h1>
    ${operationFilters(state, handlers)} ${problemNote(operations.problem)}
    ${operations.phase === 'loading' ? skeleton('Reading the operations …') : nothing}
    ${operations.phase === 'ready' && list.length === 0 ? nothingFound(place.filters, handlers) : nothing}
    ${list.length === 0 ? nothing : dataTable('Operations', columnsAt(now, handlers), list)}
    ${pageButtons(place.filters, next, handlers.setFilters, ['Older operations', 'Newest operations'])}`;
}

/**
 * @param {PageState} state
 * @param {OperationHandlers} handlers
 */
function operationFilters({ place, signedIn }, { setFilters }) {
  const { cursor: _, ...filters } = place.filters;
  const set = (/** @type {string} */ name) => (/** @type {string} */ value) =>
    setFilters({ ...filters, [name]: value });
  const seesOthers = signedIn?.actions.includes('audit') ?? false;
  return html`<form class="filters" role="search" aria-label="Filter the operations" @submit=${stay}>
    ${choice('state', 'State', filters.state ?? '', choices, set('state'))}
    ${seesOthers ? textField('caller', 'By', filters.caller ?? '', set('caller'), 'you; * for all') : nothing}
  </form>`;
}

/**
 * @param {PageState['place']['filters']} filters
 * @param {OperationHandlers} handlers
 */
function nothingFound(filters, { setFilters }) {
  if (Object.keys(filters).length > 0)
    return emptyState('No operation matches', 'Other filters may show some.', clearFilters(setFilters));
  return emptyState(
    'No operation yet',
    'Tick several jobs and stop them: that is an operation. It goes on in the background, and survives restarts.',
  );
}

/** @param {OperationView} operation */
function stateOf({ state }) {
  const sign = badge(operationSign(state));
  return state === 'following' ? html`${sign} <small>until each job has ended</small>` : sign;
}

/**
 * @param {number} now
 * @param {OperationHandlers} handlers
 * @returns {readonly Column<OperationView>[]}
 */
function columnsAt(now, { open }) {
  const link = (/** @type {OperationView} */ { id, jobs }) =>
    html`<button class="link" type="button" @click=${() => open(id)}>Stop of ${counted(jobs)}</button>
      <small class="id">${id}</small>`;
  return [
    ['Operation', link, 'lead'],
    ['State', stateOf, 'bare'],
    ['Outcomes', outcomeCounts, 'bare'],
    ['By', ({ caller }) => caller],
    ['Age', ({ created_at }) => moment(created_at, now)],
    ['Reason', ({ reason }) => reason ?? '–', 'full'],
  ];
}
