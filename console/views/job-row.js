/** @import { JobView, Pressed, Row } from '../types.d.ts' */

import { isOver, whyNot } from '../model/rows.js';
import { age, askedText, costText, outcomeSign, stateSign } from '../model/words.js';
import { html, live, nothing } from '../vendor/lit-html.js';
import { badge, moment } from './parts.js';

/**
 * What a row needs besides its job.
 * @typedef {object} RowParts
 * @property {number} now
 * @property {boolean} isSelecting whether any row is ticked: then the one button for all of them counts
 * @property {boolean} mayCancel
 * @property {boolean} isTicked
 * @property {boolean} isCursor
 * @property {number} index from 0
 * @property {Pressed | undefined} pressed
 * @property {(row: Row) => void} tick
 * @property {(row: Row) => void} open
 * @property {(row: Row) => void} stop
 * @property {(row: Row) => void} focus
 */

/**
 * @param {Row} row
 * @param {RowParts} parts
 */
export function jobRow(row, parts) {
  const { job, key } = row;
  const { now, mayCancel, isTicked, isCursor, index, pressed, tick, open, focus } = parts;
  const reason = whyNot(row, pressed, mayCancel);
  const name = job.name ?? job.job_id;
  const kind = [
    isTicked && 'ticked',
    isCursor && 'cursor',
    row.isStale && 'stale',
    isOver(job) && 'over',
  ].filter(Boolean);
  return html`<tr role="row" class=${kind.join(' ')} data-key=${key} tabindex=${isCursor ? '0' : '-1'} aria-rowindex=${index + 2} @focus=${() => focus(row)}>
    <td role="cell" class="c-tick"><label title=${reason ?? nothing}><input type="checkbox" aria-label="Tick ${name}" title=${reason ?? nothing} .checked=${live(isTicked)} ?disabled=${reason !== undefined && !isTicked} @change=${() => tick(row)} /></label></td>
    <td role="cell" class="c-state">${badge(stateSign(job.state))}${row.was === undefined ? nothing : html`<small class="was" title="Its state when you ticked it">was ${row.was}</small>`}</td>
    <td role="cell" class="c-name"><button class="link" type="button" @click=${() => open(row)}>${name}</button><small class="id" title=${job.job_id}>${job.name === undefined ? '' : job.job_id}</small></td>
    <td role="cell" class="c-provider">${job.provider}</td>
    <td role="cell" class="c-owner">${job.owner ?? html`<span class="none">–</span>`}</td>
    <td role="cell" class="c-age" data-label="age">${moment(job.created_at, now)}</td>
    <td role="cell" class="c-running" data-label="running for">${isOver(job) ? html`<span class="none">–</span>` : moment(job.started_at, now)}</td>
    <td role="cell" class="c-cost" data-label="cost">${costText(job.cost)}</td>
    <td role="cell" class="c-stop">${stopCell(row, reason, parts)}</td>
  </tr>`;
}

/**
 * The last cell: what became of the press, who stopped it, why it cannot be stopped, or the button.
 * @param {Row} row
 * @param {string | undefined} reason
 * @param {RowParts} parts
 */
function stopCell(row, reason, { now, pressed, stop, isSelecting }) {
  const { job } = row;
  const name = job.name ?? job.job_id;
  const button = (/** @type {string} */ word) =>
    html`<button class="stop" type="button" aria-label="${word} ${name}" ?disabled=${isSelecting} @click=${() => stop(row)}><i aria-hidden="true"></i>${word}</button>`;
  if (pressed !== undefined && !runsAgain(job, pressed)) {
    const { outcome, phase } = pressed;
    if (phase === 'stopping')
      return badge(outcomeSign('cancelling'), outcome?.message ?? 'calloff checks the status.');
    if (outcome !== undefined) {
      const told =
        outcome.outcome === 'cancelling'
          ? badge(stateSign(job.state), 'as the provider says')
          : badge(outcomeSign(outcome.outcome), outcome.message);
      return phase === 'open' && reason === undefined ? html`${told}${button('Retry')}` : told;
    }
  }
  const asked = askedText(job, now);
  if (asked !== undefined) {
    // A job that its provider does not stop, or that came back, can be pressed again.
    const isStopping = job.state === 'cancelling' || reason !== undefined;
    return html`<small class="asked">${asked}</small>${isStopping ? nothing : button('Stop')}`;
  }
  if (reason === undefined) return button('Stop');
  if (isOver(job)) return html`<span class="none" title=${reason}>over</span>`;
  return html`<small class="why" title=${reason}>${job.cannot_cancel?.code === 'protected_job' ? 'protected' : 'no right'}</small>`;
}

/**
 * `IonQ, 12 s ago` for every connection.
 * @param {readonly (readonly [string, number])[]} readAt
 * @param {number} now
 */
export function freshness(readAt, now) {
  return readAt.map(([provider, at]) => html`<span class="fresh">${provider}, ${age(at, now)} ago</span>`);
}

/**
 * Whether the provider shows a job as not over, in a later look than the one that its outcome rests on.
 * @param {JobView} job
 * @param {Pressed} pressed
 */
function runsAgain(job, { phase, outcome }) {
  if (phase !== 'over' || isOver(job)) return false;
  return (job.evidence.observed_at ?? '') > (outcome?.evidence.observed_at ?? '');
}
