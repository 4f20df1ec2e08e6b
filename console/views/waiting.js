/** @import { PageState, WaitingList } from '../types.d.ts' */
import { counted, stateSign } from '../model/words.js';
import { html, nothing } from '../vendor/lit-html.js';
import { badge, emptyState, moment, problemNote } from './parts.js';

/**
 * What waits for this person's yes, with exactly the jobs that it is for.
 * @param {PageState} state
 * @param {{ readonly agree: (id: string) => void, readonly keep: (id: string) => void }} doings
 */
export function waitingView({ waiting, now }, doings) {
  const list = waiting.value?.confirmations ?? [];
  return html`<h1>Waiting for you</h1>
    ${problemNote(waiting.problem)}
    ${waiting.phase === 'ready' && list.length === 0 ? emptyState('Nothing waits for you', 'A request that needs a yes of somebody else appears here.') : nothing}
    ${list.map((each) => card(each, now, doings))}`;
}

/**
 * @param {WaitingList['confirmations'][number]} confirmation
 * @param {number} now
 * @param {{ readonly agree: (id: string) => void, readonly keep: (id: string) => void }} doings
 */
function card(
  { id, jobs_total, caller, reason, jobs, operation, expires_at, selector, send_if_status_unknown },
  now,
  { agree, keep },
) {
  const count = jobs_total;
  return html`<article class="card" aria-labelledby="waits-${id}">
    <h2 id="waits-${id}"><b>${caller}</b> asks to stop ${counted(count)}</h2>
    ${reason ? html`<p><q>${reason}</q></p>` : nothing}
    ${selector === undefined ? nothing : html`<p class="hint">Picked by ${Object.entries(selector).map(([key, value]) => html`<code>${key}=${value}</code> `)}</p>`}
    ${send_if_status_unknown ? html`<p class="problem"><i aria-hidden="true">!</i><span>The cancel is sent even if the status cannot be read first.</span></p>` : nothing}
    <div class="set" tabindex="0" role="region" aria-label="The jobs of this request"><table>
      <thead><tr><th scope="col">State when asked</th><th scope="col">Now</th><th scope="col">Job</th><th scope="col">Owner</th><th scope="col">Provider</th><th scope="col">Age</th></tr></thead>
      <tbody>${jobs.map(
        (job) => html`<tr>
        <td>${job.state === undefined ? '–' : badge(stateSign(job.state))}</td>
        <td>${job.state_now === undefined ? '–' : job.state_now === job.state ? html`<span class="none">unchanged</span>` : badge(stateSign(job.state_now))}</td>
        <td>${job.name ?? nothing} <small class="id">${job.job_id}</small></td><td>${job.owner ?? '–'}</td><td>${job.provider}</td><td>${moment(job.created_at, now)}</td>
      </tr>`,
      )}</tbody></table></div>
    ${operation === undefined ? nothing : html`<p class="hint">${operation.note}</p>`}
    <footer><small>Expires <time title=${expires_at}>${untilText(expires_at, now)}</time></small>
      <button class="quiet" type="button" @click=${() => keep(id)}>Keep running</button>
      <button class="stop big" type="button" @click=${() => agree(id)}><i aria-hidden="true"></i>Agree to stop ${counted(count)}</button></footer>
  </article>`;
}

/**
 * @param {string} at RFC 3339
 * @param {number} now
 */
function untilText(at, now) {
  const minutes = Math.round((Date.parse(at) - now) / 60_000);
  return minutes < 1
    ? 'in less than a minute'
    : minutes < 120
      ? `in ${minutes} min`
      : `in ${Math.round(minutes / 60)} h`;
}
