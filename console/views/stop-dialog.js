/** @import { Outcome, PageState, StopDialog } from '../types.d.ts' */
import { counted, stateSign } from '../model/words.js';
import { html, nothing } from '../vendor/lit-html.js';
import { badge, gaps, moment, problemNote } from './parts.js';

/**
 * @typedef {object} DialogDoings
 * @property {(reason: string) => void} stopShown
 * @property {() => void} close
 * @property {(id: string) => void} openOperation
 */

/** The most jobs that are listed one by one at once. */
const mostListed = 200;

/**
 * The question before a stop: exactly these jobs, and what is left out.
 * @param {PageState} state
 * @param {DialogDoings} doings
 */
export function stopDialog({ dialog, now }, doings) {
  if (dialog === undefined) return nothing;
  const submit = (/** @type {SubmitEvent} */ event) => {
    event.preventDefault();
    const field = document.querySelector('#reason');
    doings.stopShown(field instanceof HTMLInputElement ? field.value : '');
  };
  return html`<dialog class="ask" aria-labelledby="ask-title" @cancel=${doings.close} @close=${doings.close}>
    <form @submit=${submit}>${dialogContent(dialog, now, doings)}</form>
  </dialog>`;
}

/**
 * @param {StopDialog} dialog
 * @param {number} now
 * @param {DialogDoings} doings
 */
function dialogContent(dialog, now, doings) {
  const { phase, willStop, skipped, problem, confirmation, operation, unavailable } = dialog;
  const keep = html`<button class="quiet" type="button" @click=${doings.close}>${phase === 'checking' || phase === 'ready' ? 'Keep running' : 'Close'}</button>`;
  if (phase === 'checking')
    return html`<h2 id="ask-title">Checking the jobs …</h2><p class="hint">calloff reads their status. Nothing is sent.</p><footer>${keep}</footer>`;
  if (phase === 'failed')
    return html`<h2 id="ask-title">Nothing was stopped</h2>${problemNote(problem)}<footer>${keep}</footer>`;
  if (phase === 'lost')
    return html`<h2 id="ask-title">The jobs may or may not be stopped</h2>
      ${problemNote(problem)}
      <p>The rows show what their providers say. To press again is safe: calloff checks the status first.</p>
      <footer>${keep}</footer>`;
  if (phase === 'waiting')
    return html`<h2 id="ask-title">Another person has to agree</h2>
      <p>${confirmation?.next_step}</p>
      <p class="hint">It waits until <time>${confirmation?.expires_at}</time>. Nothing is sent before.</p>
      <footer>${operation === undefined ? nothing : html`<button class="quiet" type="button" @click=${() => doings.openOperation(operation)}>Open the operation</button>`}${keep}</footer>`;
  const count = willStop.length;
  return html`<h2 id="ask-title">${count === 0 ? 'Nothing to stop' : `Stop ${counted(count)}?`}</h2>
    ${gaps(unavailable)} ${count === 0 ? nothing : jobList(willStop, now)}
    ${skipped.length === 0 ? nothing : html`<details class="skipped" ?open=${count === 0}><summary>${counted(skipped.length)} will be left alone</summary>${skippedList(skipped)}</details>`}
    ${count === 0 ? nothing : html`<label class="field wide"><span>Reason, for the audit</span><input id="reason" maxlength="200" autocomplete="off" /></label>`}
    <footer>${keep}${count === 0 ? nothing : html`<button class="stop big" type="submit" ?disabled=${phase === 'sending'}><i aria-hidden="true"></i>${phase === 'sending' ? 'Sending …' : `Stop ${counted(count)}`}</button>`}</footer>`;
}

/**
 * @param {readonly Outcome[]} jobs
 * @param {number} now
 */
function jobList(jobs, now) {
  const rest = jobs.length - mostListed;
  return html`<div class="set" tabindex="0" role="region" aria-label="The jobs that will be stopped"><table>
    <thead><tr><th scope="col">State</th><th scope="col">Job</th><th scope="col">Provider</th><th scope="col">Age</th></tr></thead>
    <tbody>${jobs.slice(0, mostListed).map(
      ({ provider, job_id, name, state, details }) => html`<tr>
        <td>${badge(stateSign(state))}</td><td>${name ?? nothing} <small class="id">${job_id}</small></td><td>${provider}</td><td>${moment(details?.created_at, now)}</td>
      </tr>`,
    )}</tbody></table>
    ${rest > 0 ? html`<p class="hint">and ${counted(rest)} more: <button class="quiet" type="button" @click=${() => copyIds(jobs)}>copy all ids</button></p>` : nothing}
  </div>`;
}

/** @param {readonly Outcome[]} jobs */
function copyIds(jobs) {
  return navigator.clipboard.writeText(
    jobs.map(({ provider, job_id }) => `${provider}\t${job_id}`).join('\n'),
  );
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
