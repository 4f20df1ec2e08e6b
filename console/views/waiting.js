/** @import { ConfirmationView, PageState, WaitingList } from '../types.d.ts' */
/** @import { Column } from './data-table.js' */
import { changesText } from '../model/request-changes.js';
import { waitingPart } from '../model/waiting-pages.js';
import { counted, stateSign } from '../model/words.js';
import { html, nothing, repeat } from '../vendor/lit-html.js';
import { dataTable, pageButtons } from './data-table.js';
import { badge, copyButton, emptyState, moment, problemNote, skeleton } from './parts.js';

/** @typedef {WaitingList['confirmations'][number]} WaitingOne */
/** @typedef {ConfirmationView['jobs'][number]} WaitingJob */

/**
 * @typedef {object} WaitingHandlers
 * @property {(id: string) => void} agree
 * @property {(id: string) => void} keep
 * @property {(filters: Record<string, string>) => void} setFilters
 * @property {(id: string) => void} look reads all jobs of a request, as they are now
 */

/**
 * What waits for this person's yes, with exactly the jobs that it is for.
 * @param {PageState} state
 * @param {WaitingHandlers} handlers
 */
export function waitingView(state, handlers) {
  const { looked, answered, now, place } = state;
  const { value, phase, problem } = state[waitingPart(state)];
  const list = value?.confirmations ?? [];
  const next = value?.next_cursor;
  return html`<h1 tabindex="-1">Waiting for you</h1>
    ${problemNote(problem)} ${answered ? html`<p class="answered">${answered}</p>` : nothing}
    ${phase === 'loading' ? skeleton('Reading what waits for you …') : nothing}
    ${phase === 'ready' && list.length === 0 ? nothingHere(place.filters, next) : nothing}
    ${repeat(
      list,
      ({ id }) => id,
      (each) => card(each, looked.get(each.id), now, handlers),
    )}
    ${pageButtons(place.filters, next, handlers.setFilters, ['Later requests', 'First requests'])}`;
}

/**
 * @param {PageState['place']['filters']} filters
 * @param {string | null | undefined} next
 */
function nothingHere({ cursor }, next) {
  if (cursor || next) return emptyState('No request on this page', 'The other pages may have some.');
  return emptyState('Nothing waits for you', 'Requests that need your consent appear here.');
}

/**
 * @param {WaitingOne} waiting
 * @param {ConfirmationView | undefined} seen the request with all its jobs as they are now, once they were read
 * @param {number} now
 * @param {WaitingHandlers} handlers
 */
function card(waiting, seen, now, { agree, keep, look }) {
  const { id, jobs_total: count, caller, reason, requested_at, expires_at } = waiting;
  const jobs = seen?.jobs ?? waiting.jobs;
  const isChecked = seen !== undefined && seen.jobs.length >= count;
  return html`<article class="card" id=${id} tabindex="-1" aria-labelledby="waits-${id}">
    <h2 id="waits-${id}">${caller} asks to stop ${counted(count)}</h2>
    ${reason ? html`<p><q>${reason}</q></p>` : nothing} ${howAsked(waiting, isChecked)}
    ${dataTable('The jobs of this request', jobColumns(now), jobs)}
    <p class="about hint">
      Request <span class="id">${id}</span> ${copyButton(id)} <span>asked ${moment(requested_at, now)} ago</span>
    </p>
    ${jobs.length < count ? html`<p class="hint">These are the first ${jobs.length}.</p>` : nothing}
    <p class="about">
      <button class="quiet" type="button" @click=${() => look(id)}>
        ${jobs.length < count ? `Show all ${count.toLocaleString('en')}, as they are now` : 'Check them again'}
      </button>
      ${seen === undefined ? nothing : html`<span class="hint">${changesText(seen.jobs)}</span>`}
    </p>
    <p class="hint">${whatAgreeingDoes(waiting)}</p>
    <footer>
      <small>Expires <time title=${expires_at}>${untilText(expires_at, now)}</time></small>
      <button class="quiet" type="button" data-aim="keep ${id}" @click=${() => keep(id)}>Keep running</button>
      <button class="stop big" type="button" data-aim="agree ${id}" @click=${() => agree(id)}>
        <i aria-hidden="true"></i>Agree to stop ${counted(count)}
      </button>
    </footer>
  </article>`;
}

/**
 * @param {WaitingOne} waiting
 * @param {boolean} isChecked whether all its jobs were read since: its note says that they were not
 */
function howAsked({ selector, send_if_status_unknown, operation }, isChecked) {
  const filters = Object.entries(selector ?? {});
  const picked = html`Picked by ${filters.map(([key, value]) => html`<code>${key}=${value}</code> `)}`;
  const unchecked = 'calloff sends the cancel even if it cannot read the status first.';
  return html`${filters.length === 0 ? nothing : html`<p class="hint">${picked}</p>`}
    ${send_if_status_unknown ? problemNote(unchecked) : nothing}
    ${operation === undefined || isChecked ? nothing : html`<p class="hint">${operation.note}</p>`}`;
}

/** @param {WaitingOne} waiting */
const whatAgreeingDoes = ({ caller, operation }) =>
  operation === undefined
    ? `Agreeing cancels nothing by itself: ${caller} can then repeat the request, once.`
    : `Agreeing cancels nothing by itself: ${caller} can then start the operation.`;

/**
 * @param {number} now
 * @returns {readonly Column<WaitingJob>[]}
 */
function jobColumns(now) {
  return [
    ['Job', ({ name, job_id }) => html`${name ?? nothing} <small class="id">${job_id}</small>`, 'lead'],
    ['When asked', ({ state }) => (state === undefined ? '–' : badge(stateSign(state)))],
    ['Now', stateNow],
    ['Owner', ({ owner }) => owner ?? '–'],
    ['Provider', ({ provider }) => provider],
    ['Age', ({ created_at }) => moment(created_at, now)],
  ];
}

/** @param {WaitingJob} job */
function stateNow({ state, state_now }) {
  if (state_now === undefined) return html`<span class="none">–</span>`;
  if (state_now === state) return html`<span class="none">unchanged</span>`;
  return badge(stateSign(state_now));
}

/**
 * @param {string} at RFC 3339
 * @param {number} now
 */
function untilText(at, now) {
  const leftMs = Date.parse(at) - now;
  const minutes = Math.round(leftMs / 60_000);
  if (leftMs <= 0) return 'now: it can be used no more';
  if (minutes < 1) return 'in less than a minute';
  return minutes < 120 ? `in ${minutes} min` : `in ${Math.round(minutes / 60)} h`;
}
