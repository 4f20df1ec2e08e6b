/** @import { JobView, Pressed, Row } from '../types.d.ts' */

import { isOver, whyNot } from '../model/rows.js';
import { askedText, costText, outcomeSign, stateSign } from '../model/words.js';
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

const dash = html`<span class="none">–</span>`;

/**
 * A job in the table.
 * @param {Row} row
 * @param {RowParts} parts
 */
export function jobRow(row, parts) {
  const { job, key } = row;
  const { now, mayCancel, isCursor, index, pressed, focus } = parts;
  const reason = whyNot(row, pressed, mayCancel);
  const runningSince = isOver(job) ? undefined : job.started_at;
  return html`<tr
    role="row"
    class=${kindsOf(row, parts)}
    data-key=${key}
    tabindex=${isCursor ? '0' : '-1'}
    aria-rowindex=${index + 2}
    @focus=${() => focus(row)}
  >
    <td role="cell" class="c-tick">${box(row, reason, parts)}</td>
    <td role="cell" class="c-state">${badge(stateSign(job.state))}${changeOf(row)}${asOf(row, now)}</td>
    <td role="cell" class="c-name">${nameOf(row, parts)}</td>
    <td role="cell" class="c-provider">${job.provider}</td>
    <td role="cell" class="c-owner">${job.owner ?? dash}</td>
    <td role="cell" class="c-age" data-label="age">${moment(job.created_at, now)}</td>
    <td role="cell" class="c-running" data-label="runs">${moment(runningSince, seenAt(row, now))}</td>
    <td role="cell" class="c-cost">${costText(job.cost)}</td>
    <td role="cell" class="c-stop">${stopCell(row, reason, parts)}</td>
  </tr>`;
}

/**
 * @param {Row} row
 * @param {RowParts} parts
 */
function kindsOf({ job, isStale }, { isTicked, isCursor }) {
  const kinds = [isTicked && 'ticked', isCursor && 'cursor', isStale && 'stale', isOver(job) && 'over'];
  return kinds.filter(Boolean).join(' ');
}

/**
 * The box that ticks the row, or says why it cannot be ticked.
 * @param {Row} row
 * @param {string | undefined} reason
 * @param {RowParts} parts
 */
function box(row, reason, { isTicked, tick }) {
  const { name, job_id } = row.job;
  return html`<label title=${reason ?? nothing}>
    <input
      type="checkbox"
      aria-label="Tick ${name ?? job_id}"
      title=${reason ?? nothing}
      .checked=${live(isTicked)}
      ?disabled=${reason !== undefined && !isTicked}
      @change=${() => tick(row)}
    />
  </label>`;
}

/** @param {Row} row */
function changeOf({ was }) {
  if (was === undefined) return nothing;
  return html`<small class="was" title="Its state when you ticked it">was ${was}</small>`;
}

/**
 * When the state of the row was seen, in milliseconds since the epoch: an old row says nothing of now.
 * @param {Row} row
 * @param {number} now
 */
function seenAt({ job, isStale }, now) {
  return isStale ? Date.parse(job.evidence.observed_at ?? '') || now : now;
}

/**
 * @param {Row} row
 * @param {number} now
 */
function asOf({ job, isStale }, now) {
  const at = job.evidence.observed_at ?? undefined;
  return isStale && at !== undefined
    ? html`<small class="was">as of ${moment(at, now)} ago</small>`
    : nothing;
}

/**
 * @param {Row} row
 * @param {RowParts} parts
 */
function nameOf(row, { open }) {
  const { name, job_id } = row.job;
  return html`<button class="link" type="button" @click=${() => open(row)}>${name ?? job_id}</button>
    <small class="id" title=${job_id}>${name === undefined ? '' : job_id}</small>`;
}

/**
 * The last cell: what became of the press, who stopped it, why it cannot be stopped, or the button.
 * @param {Row} row
 * @param {string | undefined} reason
 * @param {RowParts} parts
 */
function stopCell(row, reason, parts) {
  const { job } = row;
  const told = afterPress(row, reason, parts);
  if (told !== undefined) return told;
  const asked = askedText(job, parts.now);
  if (asked !== undefined) {
    // A job that its provider does not stop, or that came back, can be pressed again.
    const isStopping = job.state === 'cancelling' || reason !== undefined;
    const isLeft = isOver(job) || job.asked?.outcome === 'cancelled';
    const sign = isLeft || job.asked === undefined ? nothing : badge(outcomeSign(job.asked.outcome));
    const told = html`${sign}<small class="asked">${asked}</small>`;
    return isStopping ? told : withButton(told, stopButton('Stop', row, parts));
  }
  if (reason === undefined) return stopButton('Stop', row, parts);
  if (isOver(job)) return html`<span class="none" title=${reason}>over</span>`;
  const why = job.cannot_cancel?.code === 'protected_job' ? 'protected' : 'no right';
  return html`<small class="why" title=${reason}>${why}</small>`;
}

/**
 * What became of the press of this row; `undefined` if there was none, or if the job was seen to run again since.
 * @param {Row} row
 * @param {string | undefined} reason
 * @param {RowParts} parts
 */
function afterPress(row, reason, parts) {
  const { job } = row;
  const { pressed } = parts;
  if (pressed === undefined || runsAgain(job, pressed)) return undefined;
  const { outcome, phase } = pressed;
  if (phase === 'stopping')
    return badge(outcomeSign('cancelling'), outcome?.message ?? 'calloff checks the status.');
  if (outcome === undefined) return undefined;
  const told =
    outcome.outcome === 'cancelling'
      ? badge(stateSign(job.state), 'as the provider says')
      : badge(outcomeSign(outcome.outcome), outcome.message);
  const mayRetry = phase === 'open' && reason === undefined;
  return mayRetry ? withButton(told, stopButton('Retry', row, parts)) : told;
}

/**
 * What became of a press, which may take two lines, and the button beside it.
 * @param {unknown} told
 * @param {unknown} button
 */
const withButton = (told, button) => html`<div class="after"><span>${told}</span>${button}</div>`;

/**
 * @param {string} word
 * @param {Row} row
 * @param {RowParts} parts
 */
function stopButton(word, row, { isSelecting, stop }) {
  const { name, job_id } = row.job;
  return html`<button
    class="stop"
    type="button"
    aria-label="${word} ${name ?? job_id}"
    ?disabled=${isSelecting}
    @click=${() => stop(row)}
  ><i aria-hidden="true"></i>${word}</button>`;
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
