/** @import { Outcome, PageState, StopDialog } from '../types.d.ts' */
import { counted, stateSign } from '../model/words.js';
import { html, nothing } from '../vendor/lit-html.js';
import { dataTable } from './data-table.js';
import { badge, copyText, gaps, moment, problemNote } from './parts.js';

/**
 * @typedef {object} DialogHandlers
 * @property {(reason: string) => void} stopShown
 * @property {(reason: string) => void} listMatching
 * @property {() => void} close
 * @property {(id: string) => void} openOperation
 */

/** @type {ReadonlySet<StopDialog['phase']>} */
const beforeYes = new Set(['checking', 'many', 'listing', 'ready']);

/** The most jobs that are listed one by one at once. */
const mostListed = 200;

/**
 * The question before a stop: exactly these jobs, and what is left out.
 * @param {PageState} state
 * @param {DialogHandlers} handlers
 */
export function stopDialog({ dialog, now }, handlers) {
  if (dialog === undefined) return nothing;
  const submit = (/** @type {SubmitEvent} */ event) => {
    event.preventDefault();
    const field = document.querySelector('#reason');
    const reason = field instanceof HTMLInputElement ? field.value : '';
    if (dialog.phase === 'many') handlers.listMatching(reason);
    else handlers.stopShown(reason);
  };
  return html`<dialog class="ask" aria-labelledby="ask-title" @cancel=${handlers.close} @close=${handlers.close}>
    <form @submit=${submit}>${dialogContent(dialog, now, handlers)}</form>
  </dialog>`;
}

/**
 * @param {StopDialog} dialog
 * @param {number} now
 * @param {DialogHandlers} handlers
 */
function dialogContent(dialog, now, handlers) {
  const { phase, willStop, skipped, problem, confirmation, operation, unavailable, listed } = dialog;
  const keep = html`<button class="quiet" type="button" @click=${handlers.close}>${beforeYes.has(phase) ? 'Keep running' : 'Close'}</button>`;
  if (phase === 'checking')
    return html`<h2 id="ask-title">Checking the jobs …</h2><p class="hint">calloff reads their status. Nothing is sent.</p><footer>${keep}</footer>`;
  if (phase === 'many')
    return html`<h2 id="ask-title">Very many jobs match</h2>
      <p>calloff lists them all first, and says how many they are. Nothing is sent before you agree.</p>
      ${reasonField()}
      <footer>${keep}<button class="main" type="submit">List them</button></footer>`;
  if (phase === 'listing')
    return html`<h2 id="ask-title">Listing the jobs that match …</h2><p class="hint">Nothing is sent.</p><footer>${keep}</footer>`;
  if (phase === 'failed')
    return html`<h2 id="ask-title">Nothing was stopped</h2>${problemNote(problem)}<footer>${keep}</footer>`;
  if (phase === 'lost')
    return html`<h2 id="ask-title">${dialog.keys?.length === 1 ? 'The job' : 'The jobs'} may or may not be stopped</h2>
      ${problemNote(problem)}
      <p>The rows show what their providers say, and <i>Operations</i> and <i>Audit</i> whether the stop reached calloff. To press again is safe: calloff checks the status first.</p>
      <footer>${keep}</footer>`;
  if (phase === 'waiting')
    return html`<h2 id="ask-title">Another person has to agree</h2>
      <p>${confirmation?.next_step}</p>
      <p class="hint">It waits until <time>${confirmation?.expires_at}</time>. Nothing is sent before.</p>
      <footer>${operation === undefined ? nothing : html`<button class="quiet" type="button" @click=${() => handlers.openOperation(operation)}>Open the operation</button>`}${keep}</footer>`;
  const count = listed?.jobs ?? willStop.length;
  return html`<h2 id="ask-title">${count === 0 ? 'Nothing to stop' : `Stop ${counted(count)}?`}</h2>
    ${gaps(unavailable)} ${dialog.note === undefined ? nothing : html`<p>${dialog.note}</p>`}
    ${listed === undefined ? nothing : html`<p class="hint">${listed.providers.map(({ provider, jobs }) => html`${provider}: ${counted(jobs)} `)}</p>`}
    ${count === 0 ? nothing : jobList(willStop, count, now)}
    ${skipped.length === 0 ? nothing : html`<details class="skipped" ?open=${count === 0}><summary>${counted(skipped.length)} will be left alone</summary>${skippedList(skipped)}</details>`}
    ${count === 0 || listed !== undefined ? nothing : reasonField()}
    <footer>${keep}${count === 0 ? nothing : html`<button class="stop big" type="submit" ?disabled=${phase === 'sending'}><i aria-hidden="true"></i>${phase === 'sending' ? 'Sending …' : `Stop ${counted(count)}`}</button>`}</footer>`;
}

function reasonField() {
  return html`<label class="field wide"><span>Reason, for the audit</span><input id="reason" maxlength="200" autocomplete="off" /></label>`;
}

/**
 * @param {readonly Outcome[]} jobs
 * @param {number} count how many there are, of which `jobs` may be the first
 * @param {number} now
 */
function jobList(jobs, count, now) {
  const rest = count - mostListed;
  const copyAll = html`:
    <button class="quiet" type="button" @click=${() => copyIds(jobs)}>copy all ids</button>`;
  return html`${dataTable('The jobs that will be stopped', jobColumns(now), jobs.slice(0, mostListed))}
    ${
      rest > 0
        ? html`<p class="hint">and ${counted(rest)} more${jobs.length === count ? copyAll : '.'}</p>`
        : nothing
    }`;
}

/**
 * @param {number} now
 * @returns {readonly import('./data-table.js').Column<Outcome>[]}
 */
function jobColumns(now) {
  return [
    ['State', stateOf, 'bare'],
    ['Job', ({ name, job_id }) => html`${name ?? nothing} <small class="id">${job_id}</small>`, 'lead'],
    ['Provider', ({ provider }) => provider, 'bare'],
    ['Age', ({ details }) => moment(details?.created_at, now)],
  ];
}

/** @param {Outcome} outcome */
function stateOf({ state, outcome, message }) {
  const told = badge(stateSign(state));
  return outcome === 'failed' ? html`${told} <small class="was">${message}</small>` : told;
}

/** @param {readonly Outcome[]} jobs */
function copyIds(jobs) {
  const text = jobs.map(({ provider, job_id }) => `${provider}\t${job_id}`).join('\n');
  return copyText(text, counted(jobs.length, 'id'));
}

/** @param {readonly Outcome[]} skipped */
function skippedList(skipped) {
  const alike = [...Map.groupBy(skipped, ({ message }) => message)];
  return html`<ul>${alike.map(
    ([message, jobs]) =>
      html`<li>${message} <small class="id">${jobs
        .slice(0, 5)
        .map(({ job_id }) => job_id)
        .join(', ')}${jobs.length > 5 ? ` and ${jobs.length - 5} more` : ''}</small></li>`,
  )}</ul>`;
}
