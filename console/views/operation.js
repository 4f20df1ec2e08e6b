/** @import { OperationOutcome, OperationView, PageState } from '../types.d.ts' */
/** @import { Column } from './data-table.js' */
import { keyOf } from '../model/place.js';
import { nameIn } from '../model/rows.js';
import { progressShares, progressText, toDoAgain } from '../model/stop-progress.js';
import { mayCancel } from '../model/tickable.js';
import { counted, operationSign, outcomeOrder, outcomeSign } from '../model/words.js';
import { html, nothing, repeat } from '../vendor/lit-html.js';
import { dataTable, pageButtons } from './data-table.js';
import { choice, stay } from './filters.js';
import { outcomeCounts } from './outcome-counts.js';
import { badge, copyButton, moment, problemNote, skeleton } from './parts.js';

/**
 * @typedef {object} OperationHandlers
 * @property {(id: string | undefined) => void} open
 * @property {(filters: Record<string, string>) => void} setFilters
 * @property {(id: string, step: 'pause' | 'resume', body?: object) => void} operate
 * @property {(operation: string) => void} openAudit
 */

/**
 * One operation: how far it is, what can be done about it, and the outcome of every job.
 * @param {PageState} state
 * @param {OperationHandlers} handlers
 */
export function operationView(state, handlers) {
  const { place, operation, now } = state;
  const { value, problem } = operation;
  const back = html`<p>
    <button class="quiet bare" type="button" @click=${() => handlers.open(undefined)}>← All operations</button>
  </p>`;
  if (value === undefined)
    return html`${back}
      <h1 class="id">${place.operation}</h1>
      ${problem ? problemNote(problem) : skeleton('Reading the operation …')}`;
  return html`${back}
    <div class="title">
      <h1 tabindex="-1">Stop of ${counted(value.jobs)}</h1>
      ${stepButton(value, state, handlers)}
    </div>
    ${problemNote(problem)}
    <section class="panel" aria-label="How it goes">
      ${progressOf(value, state)} ${askedFor(value, now, handlers)}
    </section>
    ${value.providers.length === 0 ? nothing : dataTable('Providers', shareColumns, value.providers)}
    ${outcomeList(state, handlers)}`;
}

/**
 * The one step that makes sense now.
 * @param {OperationView} operation
 * @param {Pick<PageState, 'signedIn'>} page
 * @param {OperationHandlers} handlers
 */
function stepButton(operation, page, { operate }) {
  const { id, state } = operation;
  if (!mayCancel(page)) return nothing;
  // Another step is another button, so that a key that presses the one twice does not press the other.
  const button = (/** @type {string} */ word, /** @type {'pause' | 'resume'} */ step) =>
    repeat(
      [word],
      () => word,
      () => html`<button class="main" type="button" data-aim="${word} ${id}" @click=${() => operate(id, step)}>
        ${word}
      </button>`,
    );
  if (state === 'running' || state === 'listing') return button('Pause the rest', 'pause');
  if (state === 'paused') return button('Resume', 'resume');
  const again = toDoAgain(operation);
  const isOpen = state === 'following' || state === 'finished';
  return isOpen && again > 0 ? button(`Try ${counted(again)} again`, 'resume') : nothing;
}

/**
 * @param {OperationView} operation
 * @param {PageState} page
 */
function progressOf(operation, page) {
  const { id, state, message } = operation;
  return html`<p class="about">
      ${badge(operationSign(state))} <span>${message}</span>
      ${nextStepOf(operation, page)}
    </p>
    ${progressBar(operation)}
    <p class="tally"><span>${progressText(operation)}</span> ${outcomeCounts(operation)}</p>
    <p class="about hint"><span class="id">${id}</span> ${copyButton(id)}</p>`;
}

/**
 * What the caller can do, in the words of the API: it names commands, so it stands only where the page has no button for it.
 * @param {OperationView} operation
 * @param {PageState} page
 */
function nextStepOf(operation, page) {
  const { next_step, came_back } = operation;
  const isOpen = operation.state === 'following' || operation.state === 'finished';
  const hasButton = isOpen && toDoAgain(operation) > 0 && mayCancel(page);
  if (!next_step || (hasButton && came_back === 0)) return nothing;
  return html`<span class="hint">${next_step}</span>`;
}

/**
 * How many jobs are over, and how many were not stopped, as parts of a bar; what has no outcome yet is empty.
 * @param {OperationView} operation
 */
function progressBar(operation) {
  const shares = progressShares(operation);
  const rest = operation.jobs - shares.reduce((sum, [, count]) => sum + count, 0);
  return html`<div class="progress" role="img" aria-label=${progressText(operation)}>
    ${shares.map(([share, count]) => html`<i class=${share} .style=${`flex-grow:${count}`}></i>`)}
    ${rest > 0 ? html`<i .style=${`flex-grow:${rest}`}></i>` : nothing}
  </div>`;
}

/**
 * @param {OperationView} operation
 * @param {number} now
 * @param {OperationHandlers} handlers
 */
function askedFor({ id, caller, created_at, reason, selector }, now, { openAudit }) {
  const filters = Object.entries(selector ?? {});
  const picked = html`Picked by ${filters.map(([key, value]) => html`<code>${key}=${value}</code> `)}`;
  return html`<p class="about hint">
    <span>
      Asked by ${caller} ${moment(created_at, now)} ago${reason ? html`: <q>${reason}</q>` : '.'}
      ${filters.length === 0 ? nothing : picked}
    </span>
    <button class="quiet copy" type="button" @click=${() => openAudit(id)}>Open in the audit</button>
  </p>`;
}

/** @type {readonly Column<OperationView['providers'][number]>[]} */
const shareColumns = [
  ['Provider', ({ provider }) => provider, 'lead'],
  ['Jobs', ({ jobs }) => jobs.toLocaleString('en')],
  ['No outcome yet', ({ pending }) => pending.toLocaleString('en')],
  ['Outcomes', ({ counts }) => outcomeCounts({ counts, pending: 0 }), 'bare'],
  ['Why it waits', ({ held_up }) => held_up ?? '–'],
];

/**
 * @param {PageState['list']['rows']} rows that know the names of jobs
 * @returns {readonly Column<OperationOutcome>[]}
 */
function outcomeColumns(rows) {
  const jobOf = (/** @type {OperationOutcome} */ outcome) =>
    html`${outcome.name ?? nameIn(rows, keyOf(outcome)) ?? nothing} <small class="id">${outcome.job_id}</small>`;
  return [
    ['Outcome', outcomeOf, 'bare'],
    ['Job', jobOf, 'lead'],
    ['Provider', ({ provider }) => provider, 'bare'],
    ['What it means', ({ message }) => message, 'lead'],
  ];
}

/** @param {OperationOutcome} outcome */
function outcomeOf({ pending, outcome, came_back }) {
  if (pending) return html`<span class="none">no outcome yet</span>`;
  return html`${badge(outcomeSign(outcome))}${came_back ? html` <small class="was">came back</small>` : nothing}`;
}

/** @type {readonly (readonly [string, string])[]} */
const choices = [
  ['', 'any'],
  ['not_attempted,refused,failed,unknown', 'not stopped, or not known'],
  ['pending', 'no outcome yet'],
  ...outcomeOrder
    .filter((name) => name !== 'would_cancel')
    .map((name) => /** @type {const} */ ([name, outcomeSign(name).word])),
  ['came_back', 'came back'],
];

/**
 * @param {PageState} state
 * @param {OperationHandlers} handlers
 */
function outcomeList(
  { outcomes: { value, problem, phase }, place: { filters }, list: { rows } },
  { setFilters },
) {
  const list = value?.outcomes ?? [];
  const { outcome = '' } = filters;
  const empty = outcome === '' ? 'No outcome yet.' : 'No job of this operation has such an outcome.';
  return html`<div class="title">
      <h2>Outcomes</h2>
      <form class="filters" @submit=${stay}>
        ${choice('outcome', 'Outcome', outcome, choices, (chosen) => setFilters({ outcome: chosen }))}
      </form>
    </div>
    ${problemNote(problem)} ${phase === 'loading' ? skeleton('Reading the outcomes …') : nothing}
    ${phase === 'ready' && list.length === 0 ? html`<p class="hint">${empty}</p>` : nothing}
    ${list.length === 0 ? nothing : dataTable('Outcomes', outcomeColumns(rows), list)}
    ${pageButtons(filters, value?.next_cursor, setFilters, ['More outcomes', 'First outcomes'])}`;
}
