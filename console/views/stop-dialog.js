/** @import { Outcome, PageState, StopDialog } from '../types.d.ts' */
/** @import { TemplateResult } from '../vendor/lit-html.js' */
/** @import { Column } from './data-table.js' */
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
/** The most jobs of one reason to leave them alone that are named. */
const mostNamed = 5;

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
  const { close } = handlers;
  return html`<dialog class="ask" aria-labelledby="ask-title" @cancel=${close} @close=${close}>
    <form @submit=${submit}>${dialogContent(dialog, now, handlers)}</form>
  </dialog>`;
}

/**
 * @param {StopDialog} dialog
 * @param {number} now
 * @param {DialogHandlers} handlers
 */
function dialogContent(dialog, now, handlers) {
  const { phase, problem } = dialog;
  const word = beforeYes.has(phase) ? 'Keep running' : 'Close';
  const keep = html`<button class="quiet" type="button" @click=${handlers.close}>${word}</button>`;
  if (phase === 'checking')
    return step('Checking the jobs …', keep, hint('calloff reads their status. Nothing is sent.'));
  if (phase === 'many') return veryMany(keep);
  if (phase === 'listing') return step('Listing the jobs that match …', keep, hint('Nothing is sent.'));
  if (phase === 'failed') return step('Nothing was stopped', keep, problemNote(problem));
  if (phase === 'lost') return mayBeStopped(dialog, keep);
  if (phase === 'waiting') return anotherHasToAgree(dialog, keep, handlers);
  return question(dialog, now, keep);
}

/**
 * A step of the dialog: its title, what it says, and its buttons.
 * @param {string} title
 * @param {unknown} buttons
 * @param {unknown} content
 */
function step(title, buttons, content) {
  return html`<h2 id="ask-title" tabindex="-1">${title}</h2>
    <div class="ask-body">${content}</div>
    <footer>${buttons}</footer>`;
}

/** @param {unknown} text */
const hint = (text) => html`<p class="hint">${text}</p>`;

/** @param {TemplateResult} keep */
function veryMany(keep) {
  return step(
    'Very many jobs match',
    html`${keep}<button class="main" type="submit" data-aim="list">List them</button>`,
    html`<p>calloff lists them all first, and says how many they are. Nothing is sent before you agree.</p>
      ${reasonField()}`,
  );
}

/**
 * @param {StopDialog} dialog
 * @param {TemplateResult} keep
 */
function mayBeStopped({ keys, problem }, keep) {
  return step(
    `${keys?.length === 1 ? 'The job' : 'The jobs'} may or may not be stopped`,
    keep,
    html`${problemNote(problem)}
      <p>
        The rows show what their providers say, and <i>Operations</i> and <i>Audit</i> whether the stop reached
        calloff. Pressing again is safe: calloff checks the status first.
      </p>`,
  );
}

/**
 * @param {StopDialog} dialog
 * @param {TemplateResult} keep
 * @param {DialogHandlers} handlers
 */
function anotherHasToAgree({ confirmation, operation }, keep, { openOperation }) {
  const open =
    operation === undefined
      ? nothing
      : html`<button class="quiet" type="button" @click=${() => openOperation(operation)}>
          Open the operation
        </button>`;
  return step(
    'Another person has to agree',
    html`${open}${keep}`,
    html`<p>${confirmation?.next_step}</p>
      ${hint(html`It waits until <time>${confirmation?.expires_at}</time>. Nothing is sent before.`)}`,
  );
}

/**
 * The jobs that will be stopped, those that will be left alone, and the button that stops.
 * @param {StopDialog} dialog
 * @param {number} now
 * @param {TemplateResult} keep
 */
function question(dialog, now, keep) {
  const { phase, willStop, skipped, unavailable, listed, note } = dialog;
  const count = listed?.jobs ?? willStop.length;
  const isAny = count > 0;
  return step(
    isAny ? `Stop ${counted(count)}?` : 'Nothing to stop',
    html`${keep}${isAny ? stopThem(count, phase === 'sending') : nothing}`,
    html`${gaps(unavailable)}
      ${note === undefined ? nothing : html`<p>${note}</p>`}
      ${listed === undefined ? nothing : sharesOf(listed)}
      ${isAny ? jobList(willStop, count, now) : nothing}
      ${skipped.length > 0 ? leftAlone(skipped, !isAny) : nothing}
      ${isAny && listed === undefined ? reasonField(dialog.reason) : nothing}`,
  );
}

/**
 * @param {number} count
 * @param {boolean} isSending
 */
function stopThem(count, isSending) {
  return html`<button class="stop big" type="submit" data-aim="stop" ?disabled=${isSending}>
    <i aria-hidden="true"></i>${isSending ? 'Sending …' : `Stop ${counted(count)}`}
  </button>`;
}

/** @param {NonNullable<StopDialog['listed']>} operation */
function sharesOf({ providers }) {
  return hint(providers.map(({ provider, jobs }) => html`${provider}: ${counted(jobs)} `));
}

/** @param {string} [known] what was typed before */
function reasonField(known = '') {
  return html`<label class="field wide">
    <span>Reason, for the audit</span>
    <input id="reason" maxlength="200" autocomplete="off" .value=${known} />
  </label>`;
}

/**
 * @param {readonly Outcome[]} jobs
 * @param {number} count how many there are, of which `jobs` may be the first
 * @param {number} now
 */
function jobList(jobs, count, now) {
  const rest = count - mostListed;
  const listed = dataTable('The jobs that will be stopped', jobColumns(now), jobs.slice(0, mostListed));
  if (rest <= 0) return listed;
  const copyAll = html`:
    <button class="quiet" type="button" @click=${() => copyIds(jobs)}>copy all ids</button>`;
  return html`${listed} ${hint(html`and ${counted(rest)} more${jobs.length === count ? copyAll : '.'}`)}`;
}

/**
 * @param {number} now
 * @returns {readonly Column<Outcome>[]}
 */
function jobColumns(now) {
  return [
    ['Job', ({ name, job_id }) => html`${name ?? nothing} <small class="id">${job_id}</small>`, 'lead'],
    ['State', stateOf, 'bare'],
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

/**
 * What will be left alone, and why: those with the same reason together.
 * @param {readonly Outcome[]} skipped
 * @param {boolean} isOpen
 */
function leftAlone(skipped, isOpen) {
  const alike = [...Map.groupBy(skipped, ({ message }) => message)];
  return html`<details class="skipped" ?open=${isOpen}>
    <summary>${counted(skipped.length)} will be left alone</summary>
    <ul>
      ${alike.map(([message, jobs]) => html`<li>${message} <small class="id">${someIds(jobs)}</small></li>`)}
    </ul>
  </details>`;
}

/** @param {readonly Outcome[]} jobs */
function someIds(jobs) {
  const first = jobs.slice(0, mostNamed).map(({ job_id }) => job_id);
  const rest = jobs.length > mostNamed ? ` and ${jobs.length - mostNamed} more` : '';
  return first.join(', ') + rest;
}
