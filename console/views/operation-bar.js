/** @import { OperationView, PageState } from '../types.d.ts' */
import { barsOf, isGoing, othersText } from '../model/bars.js';
import { stopTitle, toDoAgain } from '../model/stop-progress.js';
import { counted } from '../model/words.js';
import { html, nothing } from '../vendor/lit-html.js';
import { outcomeCounts } from './outcome-counts.js';

/**
 * @typedef {object} BarHandlers
 * @property {(id: string) => void} openOperation
 * @property {(id: string, step: 'pause' | 'resume') => void} operate
 * @property {() => void} openOperations
 * @property {(ids: readonly string[]) => void} dismiss
 */

/**
 * The stops that are followed, below the table: the newest in full, and all others in a line.
 * @param {PageState['followed']} followed
 * @param {BarHandlers} handlers
 */
export function operationBars(followed, handlers) {
  const { newest, others } = barsOf(followed);
  if (newest === undefined) return nothing;
  return html`${others.length === 0 ? nothing : otherStops(others, handlers)}${operationBar(newest, handlers)}`;
}

/**
 * @param {readonly OperationView[]} others
 * @param {BarHandlers} handlers
 */
function otherStops(others, { openOperations, dismiss }) {
  const ids = others.map(({ id }) => id);
  return html`<section class="bar" aria-label="Other stops">
    <p>
      <b>${othersText(others)}</b>
      ${button('Open the operations', openOperations)}
      ${button('Dismiss', () => dismiss(ids), ids.join(' '))}
    </p>
  </section>`;
}

/**
 * @param {string} word
 * @param {() => void} does
 * @param {string} [to] the id of an operation
 */
const button = (word, does, to) =>
  html`<button class="quiet" type="button" data-aim="${word} ${to}" @click=${does}>${word}</button>`;

/**
 * How a stop of several jobs goes, below the table: its outcomes so far, and what can be done about it.
 * @param {OperationView} operation
 * @param {BarHandlers} handlers
 */
function operationBar(operation, { openOperation, operate, dismiss }) {
  const { id, state, jobs, reason } = operation;
  const going = isGoing(operation);
  const again = going || state === 'paused' ? 0 : toDoAgain(operation);
  return html`<section class="bar operation" aria-label="Stop of ${counted(jobs)}">
    <p><b>${stopTitle(operation)}</b>${reason ? html`<q title=${reason}>${shortened(reason)}</q>` : nothing} ${outcomeCounts(operation)}</p>
    <p>
      ${going ? button('Pause the rest', () => operate(id, 'pause'), id) : nothing}
      ${state === 'paused' ? button('Resume', () => operate(id, 'resume'), id) : nothing}
      ${again > 0 ? button(`Try ${counted(again)} again`, () => operate(id, 'resume'), id) : nothing}
      ${button('Open', () => openOperation(id), id)}
      ${going ? nothing : button('Dismiss', () => dismiss([id]), id)}
    </p>
  </section>`;
}

/** So much of a reason stands in a bar, in characters. */
const reasonLength = 40;

/** @param {string} reason */
function shortened(reason) {
  const characters = [...reason];
  return characters.length <= reasonLength ? reason : `${characters.slice(0, reasonLength - 1).join('')}…`;
}
