/** @import { OperationView } from '../types.d.ts' */
/** @import { Sign } from '../model/words.js' */
import { outcomeOrder, outcomeSign } from '../model/words.js';
import { html, nothing } from '../vendor/lit-html.js';

/**
 * How many jobs have which outcome, and how many have none yet.
 * @param {Pick<OperationView, 'counts' | 'pending'>} operation
 */
export function outcomeCounts({ counts, pending }) {
  const told = outcomeOrder.flatMap((name) => {
    const count = counts[name] ?? 0;
    return count > 0 ? [countOf(outcomeSign(name), count)] : [];
  });
  const toCome =
    pending > 0 ? countOf({ mark: '…', tone: 'calm', word: 'no outcome yet' }, pending) : nothing;
  return html`<span class="counts">${told}${toCome}</span>`;
}

/**
 * @param {Sign} sign
 * @param {number} count
 */
function countOf({ mark, tone, word }, count) {
  return html`<span class="sign ${tone}" title=${word}>
    <i aria-hidden="true">${mark}</i>${count.toLocaleString('en')} <span class="word">${word}</span>
  </span>`;
}
