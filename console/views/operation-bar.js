/** @import { OperationView } from '../types.d.ts' */
import { counted } from '../model/words.js';
import { html, nothing } from '../vendor/lit-html.js';
import { outcomeCounts } from './outcome-counts.js';

/**
 * @typedef {object} BarHandlers
 * @property {(id: string) => void} openOperation
 * @property {(id: string, step: 'pause' | 'resume') => void} operate
 * @property {(id: string) => void} dismiss
 */

/** What a resume does again. */
const resumable = /** @type {const} */ (['not_attempted', 'unknown', 'failed']);

/**
 * How many jobs a resume would do again.
 * @param {OperationView} operation
 */
export function toDoAgain({ counts }) {
  return resumable.reduce((sum, name) => sum + (counts[name] ?? 0), 0);
}

/**
 * How a stop of several jobs goes, below the table: its outcomes so far, and what can be done about it.
 * @param {OperationView} operation
 * @param {BarHandlers} handlers
 */
export function operationBar(operation, { openOperation, operate, dismiss }) {
  const { id, state, jobs } = operation;
  const isGoing = state === 'running' || state === 'listing';
  const again = isGoing || state === 'paused' ? 0 : toDoAgain(operation);
  const button = (/** @type {string} */ word, /** @type {() => void} */ does) =>
    html`<button class="quiet" type="button" @click=${does}>${word}</button>`;
  return html`<section class="bar operation" aria-label="Stop of ${counted(jobs)}">
    <p><b>${titleOf(operation)}</b> ${outcomeCounts(operation)}</p>
    <p>
      ${isGoing ? button('Pause the rest', () => operate(id, 'pause')) : nothing}
      ${state === 'paused' ? button('Resume', () => operate(id, 'resume')) : nothing}
      ${again > 0 ? button(`Try ${counted(again)} again`, () => operate(id, 'resume')) : nothing}
      ${button('Open', () => openOperation(id))}
      ${isGoing ? nothing : button('Dismiss', () => dismiss(id))}
    </p>
  </section>`;
}

/** @param {OperationView} operation */
function titleOf({ state, jobs }) {
  if (state === 'paused') return `Paused the stop of ${counted(jobs)}`;
  if (state === 'finished') return `Stop of ${counted(jobs)} is done`;
  if (state === 'following') return 'Everything is sent, and some jobs have not ended';
  return `Stopping ${counted(jobs)}`;
}
