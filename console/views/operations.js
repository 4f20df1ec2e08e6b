/** @import { OperationView, PageState } from '../types.d.ts' */
import { counted, outcomeSign } from '../model/words.js';
import { html, nothing } from '../vendor/lit-html.js';
import { textField } from './filters.js';
import { toDoAgain } from './operation-bar.js';
import { outcomeCounts } from './outcome-counts.js';
import { badge, copyButton, emptyState, moment, problemNote } from './parts.js';

/**
 * @typedef {object} OperationDoings
 * @property {(id: string | undefined) => void} open
 * @property {(filters: Record<string, string>) => void} setFilters
 * @property {(id: string, step: 'pause' | 'resume', body?: object) => void} operate
 * @property {(operation: string) => void} openAudit
 */

/** @type {Readonly<Record<OperationView['state'], import('../model/words.js').Sign>>} */
const states = {
  draft: { mark: '○', tone: 'calm', word: 'draft' },
  listing: { mark: '◐', tone: 'wait', word: 'listing' },
  waiting_for_confirmation: { mark: '?', tone: 'odd', word: 'waits for a yes' },
  running: { mark: '●', tone: 'live', word: 'running' },
  paused: { mark: '‖', tone: 'wait', word: 'paused' },
  following: { mark: '◐', tone: 'wait', word: 'following' },
  finished: { mark: '■', tone: 'over', word: 'finished' },
};

/**
 * @param {PageState} state
 * @param {OperationDoings} doings
 */
export function operationsView(state, doings) {
  const { operations, place, now } = state;
  if (place.operation !== undefined) return operationView(state, doings);
  const list = operations.value?.operations ?? [];
  return html`<h1>Operations</h1>
    ${problemNote(operations.problem)}
    ${operations.phase === 'ready' && list.length === 0 ? emptyState('No operation yet', 'A stop of several jobs becomes one: it goes on in the background, and survives restarts.') : nothing}
    ${
      list.length === 0
        ? nothing
        : html`<div class="scroller plain" tabindex="0" role="region" aria-label="Operations"><table>
      <thead><tr><th scope="col">State</th><th scope="col">Operation</th><th scope="col">By</th><th scope="col">Reason</th><th scope="col">Jobs</th><th scope="col">Outcomes</th><th scope="col">Age</th></tr></thead>
      <tbody>${list.map(
        (each) => html`<tr>
        <td>${badge(states[each.state])}</td>
        <td><button class="link id" type="button" @click=${() => doings.open(each.id)}>${each.id}</button></td>
        <td>${each.caller}</td><td>${each.reason ?? '–'}</td><td>${each.jobs.toLocaleString('en')}</td>
        <td>${outcomeCounts(each)}</td><td>${moment(each.created_at, now)}</td>
      </tr>`,
      )}</tbody></table></div>`
    }`;
}

/**
 * @param {PageState} state
 * @param {OperationDoings} doings
 */
function operationView({ place, operation: { value, problem }, outcomes, signedIn, now }, doings) {
  const back = html`<p><button class="quiet" type="button" @click=${() => doings.open(undefined)}>← All operations</button></p>`;
  if (value === undefined) return html`${back}<h1 class="id">${place.operation}</h1>${problemNote(problem)}`;
  const may = signedIn?.actions.includes('cancel') ?? false;
  const isGoing = value.state === 'running' || value.state === 'listing';
  const again = toDoAgain(value);
  const done = value.jobs - value.pending;
  return html`${back}
    <div class="title"><h1>${badge(states[value.state])} <span class="id">${value.id}</span> ${copyButton(value.id)}</h1>
      ${may && isGoing ? html`<button class="main" type="button" @click=${() => doings.operate(value.id, 'pause')}>Pause the rest</button>` : nothing}
      ${may && value.state === 'paused' ? html`<button class="main" type="button" @click=${() => doings.operate(value.id, 'resume')}>Resume</button>` : nothing}
      ${may && !isGoing && value.state !== 'paused' && again > 0 ? html`<button class="main" type="button" @click=${() => doings.operate(value.id, 'resume')}>Try ${counted(again)} again</button>` : nothing}
    </div>
    ${problemNote(problem)}
    <p>${value.message}</p>${value.next_step ? html`<p class="hint">${value.next_step}</p>` : nothing}
    <progress max=${Math.max(1, value.jobs)} .value=${done} aria-label="Jobs with an outcome"></progress>
    <p>${done.toLocaleString('en')} of ${counted(value.jobs)} have an outcome ${outcomeCounts(value)}</p>
    <p class="hint">Asked by ${value.caller} ${moment(value.created_at, now)} ago${value.reason ? html`: <q>${value.reason}</q>` : '.'} <button class="quiet" type="button" @click=${() => doings.openAudit(value.id)}>Open in the audit</button></p>
    ${
      value.providers.length === 0
        ? nothing
        : html`<table><thead><tr><th scope="col">Provider</th><th scope="col">Jobs</th><th scope="col">To come</th><th scope="col">Outcomes</th><th scope="col">Held up</th></tr></thead>
      <tbody>${value.providers.map((share) => html`<tr><td>${share.provider}</td><td>${share.jobs.toLocaleString('en')}</td><td>${share.pending.toLocaleString('en')}</td><td>${outcomeCounts({ ...share, pending: 0 })}</td><td>${share.held_up ?? '–'}</td></tr>`)}</tbody></table>`
    }
    ${outcomeTable(outcomes, place.filters, doings)}`;
}

/**
 * @param {PageState['outcomes']} outcomes
 * @param {Readonly<Record<string, string>>} filters
 * @param {OperationDoings} doings
 */
function outcomeTable({ value, problem }, filters, doings) {
  const list = value?.outcomes ?? [];
  return html`<h2>Outcomes</h2>
    <form class="filters" @submit=${(/** @type {Event} */ event) => event.preventDefault()}>
      ${textField('outcome', 'Outcome', filters.outcome ?? '', (outcome) => doings.setFilters({ ...filters, outcome }), 'failed,unknown')}
    </form>
    ${problemNote(problem)}
    ${
      list.length === 0
        ? html`<p class="hint">No outcome yet.</p>`
        : html`<div class="scroller plain" tabindex="0" role="region" aria-label="Outcomes"><table>
      <thead><tr><th scope="col">Outcome</th><th scope="col">Job</th><th scope="col">Provider</th><th scope="col">What it means</th></tr></thead>
      <tbody>${list.map(
        (
          each,
        ) => html`<tr><td>${each.pending ? html`<span class="none">to come</span>` : badge(outcomeSign(each.outcome))}${each.came_back ? html` <small class="was">came back</small>` : nothing}</td>
        <td><span class="id">${each.job_id}</span></td><td>${each.provider}</td><td>${each.message}</td></tr>`,
      )}</tbody></table></div>
    ${value?.next_cursor === null ? nothing : html`<p class="hint">These are the first ${list.length.toLocaleString('en')}. Filter by outcome to see others.</p>`}`
    }`;
}
