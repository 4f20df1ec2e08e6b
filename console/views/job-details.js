/** @import { AuditEntry, JobView, Outcome, PageState } from '../types.d.ts' */

import { jobOf, keyOf } from '../model/place.js';
import { isOver, whyNot } from '../model/rows.js';
import { mayCancel } from '../model/tickable.js';
import { askedText, costText, outcomeSign, stateSign } from '../model/words.js';
import { html, nothing } from '../vendor/lit-html.js';
import { badge, copyButton, moment, problemNote } from './parts.js';

/**
 * @typedef {object} DetailsHandlers
 * @property {() => void} close
 * @property {(job: string) => void} openAudit
 * @property {(key: string) => void} stop
 */

/**
 * The drawer with all that is known of one job, and who asked what of it.
 * @param {PageState} state
 * @param {DetailsHandlers} handlers
 */
export function jobDetails(state, { close, openAudit, stop }) {
  const { place, list, job: read, jobAudit, pressed, now } = state;
  if (place.job === undefined) return nothing;
  const job = latest(list.rows.find(({ key }) => key === place.job)?.job, read.value);
  const { provider, job_id } = jobOf(place.job);
  const outcome = pressed.get(place.job)?.outcome;
  return html`<aside class="drawer" aria-labelledby="job-title">
    <header>
      <h2 id="job-title" tabindex="-1">${job?.name ?? job_id}</h2>
      <button class="quiet" type="button" aria-label="Close" @click=${close}>✕</button>
    </header>
    ${problemNote(read.problem)}
    <p class="id">${provider} · ${job_id} ${copyButton(job_id)}</p>
    ${job === undefined ? nothing : html`${facts(job, now)} ${stopPart(job, state, stop)}`}
    ${outcome === undefined ? nothing : afterStop(outcome)}
    <section>
      <h3>Who asked</h3>
      ${whoAsked(jobAudit, now)}
      <p><button class="quiet" type="button" @click=${() => openAudit(job_id)}>Open in the audit</button></p>
    </section>
  </aside>`;
}

/**
 * What is known of the job: by its row, which alone tells of a cancel that was asked, and by its own status. What was seen
 * later counts.
 * @param {JobView | undefined} listed
 * @param {JobView | undefined} read
 */
function latest(listed, read) {
  if (listed === undefined || read === undefined) return listed ?? read;
  const isListLater = (listed.evidence.observed_at ?? '') > (read.evidence.observed_at ?? '');
  return isListLater ? { ...read, ...listed } : { ...listed, ...read };
}

/**
 * The button that stops the job, or why there is none.
 * @param {JobView} job
 * @param {PageState} state
 * @param {DetailsHandlers['stop']} stop
 */
function stopPart(job, state, stop) {
  if (isOver(job)) return nothing;
  const { job: key = keyOf(job) } = state.place;
  const pressed = state.pressed.get(key);
  const reason = whyNot({ key, job }, pressed, mayCancel(state));
  if (reason !== undefined) return html`<p class="why">${reason}</p>`;
  return html`<p>
    <button class="stop" type="button" @click=${() => stop(key)}>
      <i aria-hidden="true"></i>${pressed?.phase === 'open' ? 'Retry' : 'Stop'}
    </button>
  </p>`;
}

/**
 * What the outcome of a stop says. The page itself checks a job that is being stopped, so it does not tell the person to.
 * @param {Outcome} outcome
 */
function afterStop({ outcome, message, next_step, billing_note }) {
  return html`<section>
    <h3>What became of the stop</h3>
    <p>${badge(outcomeSign(outcome))} ${message}</p>
    ${next_step && outcome !== 'cancelling' ? html`<p>${next_step}</p>` : nothing}
    ${billing_note ? html`<p class="hint">${billing_note}</p>` : nothing}
  </section>`;
}

/**
 * The age of a time, and the time itself to read and to copy.
 * @param {string | null | undefined} at RFC 3339
 * @param {number} now
 */
function exact(at, now) {
  return at ? html`${moment(at, now)} ago <small class="id exact">${at}</small>` : moment(undefined, now);
}

/**
 * @param {JobView} job
 * @param {number} now
 */
function facts(job, now) {
  const asked = askedText(job, now);
  /** @type {readonly (readonly [string, unknown])[]} */
  const pairs = [
    ['State', html`${badge(stateSign(job.state))}`],
    ['The provider says', job.evidence.provider_status ?? '–'],
    ['Seen', exact(job.evidence.observed_at, now)],
    ...(asked === undefined ? [] : [/** @type {const} */ (['Cancel', asked])]),
    ['Owner', job.owner ?? '–'],
    ['Runs on', job.target ?? '–'],
    ['Created', exact(job.created_at, now)],
    ['Started', exact(job.started_at, now)],
    ['Cost', costText(job.cost)],
    ['Labels', labelsOf(job)],
  ];
  return html`<dl class="facts">
    ${pairs.map(
      ([title, value]) => html`<dt>${title}</dt>
        <dd>${value}</dd>`,
    )}
  </dl>`;
}

/** @param {JobView} job */
function labelsOf({ labels = {} }) {
  const pairs = Object.entries(labels);
  return pairs.length === 0 ? '–' : pairs.map(([key, value]) => html`<code>${key}=${value}</code> `);
}

/**
 * @param {PageState['jobAudit']} audit
 * @param {number} now
 */
function whoAsked({ value, problem }, now) {
  if (value === undefined) return html`<p class="hint">${problem ?? 'Reading the audit …'}</p>`;
  if (value.entries.length === 0)
    return html`<p class="hint">The audit has no request to cancel it in the last 30 days.</p>`;
  return html`<ul class="entries">
    ${value.entries.map((each) => entry(each, now))}
  </ul>`;
}

/**
 * @param {AuditEntry} entry
 * @param {number} now
 */
function entry({ at, caller, surface, action, step, outcome, reason, dry_run }, now) {
  return html`<li>
    ${moment(at, now)} ago <b>${caller}</b> ${step ?? action}${dry_run ? ' (dry run)' : ''} through ${surface}
    ${outcome === undefined ? nothing : badge(outcomeSign(outcome))}
    ${reason ? html`<q>${reason}</q>` : nothing}
  </li>`;
}
