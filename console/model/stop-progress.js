/** @import { OperationView, OutcomeName } from '../types.d.ts' */
import { counted } from './words.js';

/** @typedef {{ readonly counts: Partial<OperationView['counts']> }} Counted */
/** @typedef {Counted & Pick<OperationView, 'jobs' | 'state'>} Progress */
/** @typedef {'over' | 'stopping' | 'unknown' | 'not-stopped'} Share */

/** What each outcome says of the stop of its job. A job that its provider does not know is neither over nor left running. */
const shares = /** @type {const} */ ({
  over: ['cancelled', 'already_cancelled', 'already_finished'],
  stopping: ['cancelling'],
  unknown: ['unknown'],
  'not-stopped': ['refused', 'failed', 'not_attempted'],
});

/**
 * @param {Counted} operation
 * @param {Share} share
 */
function countOf({ counts }, share) {
  /** @type {readonly OutcomeName[]} */
  const names = shares[share];
  return names.reduce((sum, name) => sum + (counts[name] ?? 0), 0);
}

/**
 * How many jobs of an operation are over, how many are still being stopped, and how many were not stopped or may not have been.
 * @param {Counted} operation
 * @returns {readonly (readonly [Share, number])[]} those that are not 0
 */
export function progressShares(operation) {
  /** @type {readonly Share[]} */
  const order = ['over', 'stopping', 'unknown', 'not-stopped'];
  return order
    .map((share) => /** @type {const} */ ([share, countOf(operation, share)]))
    .filter(([, count]) => count > 0);
}

/**
 * How far an operation is: `3 of 3 jobs are over` only if they are.
 * @param {Progress} operation
 */
export function progressText(operation) {
  const over = countOf(operation, 'over');
  const failed = failureText(operation);
  const told = `${over.toLocaleString('en')} of ${counted(operation.jobs)} ${over === 1 ? 'is' : 'are'} over`;
  if (failed === undefined) return told;
  return over === 0 ? failed : `${told}, ${failed}`;
}

/**
 * What the bar of a stop says: that it is done only if every job is over.
 * @param {Progress} operation
 */
export function stopTitle(operation) {
  const { state, jobs } = operation;
  if (state === 'paused') return `Paused the stop of ${counted(jobs)}`;
  if (state === 'following') return 'Everything is sent, and some jobs have not ended';
  if (state !== 'finished') return `Stopping ${counted(jobs)}`;
  return failureText(operation) ?? leftText(operation) ?? `Stop of ${counted(jobs)} is done`;
}

/** @param {Progress} operation */
function failureText(operation) {
  const [count, unknown] = [countOf(operation, 'not-stopped'), countOf(operation, 'unknown')];
  if (count > 0) return `${partOf(count, operation)} ${count === 1 ? 'was' : 'were'} not stopped`;
  return unknown > 0 ? `${partOf(unknown, operation)} may or may not be stopped` : undefined;
}

/** @param {Progress} operation */
function leftText(operation) {
  const left = countOf(operation, 'stopping');
  return left > 0 ? `${partOf(left, operation)} ${left === 1 ? 'has' : 'have'} not ended` : undefined;
}

/**
 * @param {number} count
 * @param {Progress} operation
 */
const partOf = (count, { jobs }) => `${count.toLocaleString('en')} of ${counted(jobs)}`;

/** What a resume does again. */
const resumable = /** @type {const} */ (['not_attempted', 'unknown', 'failed']);

/**
 * How many jobs with an outcome a resume would do again.
 * @param {Counted} operation
 */
export function toDoAgain({ counts }) {
  return resumable.reduce((sum, name) => sum + (counts[name] ?? 0), 0);
}
