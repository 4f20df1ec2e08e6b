/** @import { JobView, OperationView, OutcomeName } from '../types.d.ts' */

import { isOver } from './rows.js';
import { operationSigns, outcomeSigns, stateSigns } from './signs.js';

/**
 * A mark, a tone and a word: never the colour alone.
 * @typedef {{ readonly mark: string, readonly tone: string, readonly word: string }} Sign
 */

/** The states of an operation, in their order. */
export const operationStates = /** @type {const} */ ([
  'draft',
  'listing',
  'waiting_for_confirmation',
  'running',
  'paused',
  'following',
  'finished',
]);
/**
 * @param {OperationView['state']} state
 * @returns {Sign}
 */
export const operationSign = (state) => operationSigns[state];
/**
 * @param {JobView['state']} state
 * @returns {Sign}
 */
export const stateSign = (state) => stateSigns[state];
/**
 * @param {OutcomeName} outcome
 * @returns {Sign}
 */
export const outcomeSign = (outcome) => outcomeSigns[outcome];
/** The outcomes in the order in which they are told. */
export const outcomeOrder = /** @type {const} */ ([
  'cancelled',
  'already_cancelled',
  'already_finished',
  'would_cancel',
  'cancelling',
  'not_attempted',
  'not_found',
  'refused',
  'failed',
  'unknown',
]);

/** @type {readonly (readonly [string, number])[]} */
const units = [
  ['d', 86_400_000],
  ['h', 3_600_000],
  ['min', 60_000],
  ['s', 1_000],
];

/**
 * How long ago something was, in its largest unit: `3 h`. A dash without a time.
 * @param {string | number | undefined} at RFC 3339, or milliseconds since the epoch
 * @param {number} now
 */
export function age(at, now) {
  if (at === undefined) return '–';
  const ms = now - (typeof at === 'number' ? at : Date.parse(at));
  if (Number.isNaN(ms)) return '–';
  const [unit, size] = units.find(([, length]) => ms >= length) ?? ['s', 1_000];
  return `${Math.max(0, Math.floor(ms / size))} ${unit}`;
}

/**
 * `1 job`, `1,200 jobs`.
 * @param {number} count
 * @param {string} [noun]
 */
export function counted(count, noun = 'job') {
  return `${count.toLocaleString('en')} ${noun}${count === 1 ? '' : 's'}`;
}

/** @param {JobView['cost']} cost */
export function costText(cost) {
  return cost === undefined ? '–' : `${cost.amount.toLocaleString('en')} ${cost.currency}`;
}

/**
 * What is known of a cancel that calloff follows, or whose job came back.
 * @param {JobView} job
 * @param {number} now
 */
export function askedText(job, now) {
  const { asked } = job;
  if (asked === undefined) return undefined;
  const by = asked.by === undefined ? '' : ` by ${asked.by}`;
  if (asked.outcome === 'cancelled') return `came back after a cancel${by}`;
  const rest = isOver(job) ? '' : ', not over yet';
  return `cancel requested${by}, checked ${age(asked.at, now)} ago${rest}`;
}

/**
 * A reason as calloff takes it: without the characters without width or shape, such as those that join the parts of an emoji.
 * @param {string} typed
 */
export const plainReason = (typed) => typed.replace(/\p{C}/gu, '').trim();
