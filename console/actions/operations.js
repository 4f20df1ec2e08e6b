/** @import { Store } from '../model/state.js' */
/** @import { Answer, OperationView, Place } from '../types.d.ts' */

import { announce, showNotice } from '../announce.js';
import { ask } from '../api.js';
import { wasRefused } from '../model/answers.js';
import { wallTime } from '../time.js';
import { followOperation } from './follow.js';
import { isSignedOut } from './session.js';

/**
 * Reads the operations of the view again.
 * @param {Store} store
 */
export async function loadOperations(store) {
  const { place, operations } = store.state;
  const { state, caller, cursor } = place.filters;
  const answer = await ask('v1/operations', {
    query: { state, caller, cursor, limit: '50' },
    etag: operations.etag ?? '',
  });
  return takeInto(store, 'operations', answer, place);
}

/**
 * Reads the open operation and a page of its outcomes.
 * @param {Store} store
 */
export async function loadOperation(store) {
  const { place, operation } = store.state;
  if (place.operation === undefined) return false;
  const path = `v1/operations/${encodeURIComponent(place.operation)}`;
  const etag = operation.etag ?? '';
  const isChanged = takeInto(store, 'operation', await ask(path, { etag }), place);
  if (isChanged) {
    const { outcome, cursor } = place.filters;
    const outcomes = await ask(`${path}/outcomes`, { query: { outcome, cursor, limit: '200' } });
    takeInto(store, 'outcomes', outcomes, place);
  }
  return isChanged;
}

/**
 * Reads the audit of the view again.
 * @param {Store} store
 */
export async function loadAudit(store) {
  const { place, audit } = store.state;
  const { reads, ...filters } = place.filters;
  const query = { ...filters, ...daysOf(filters), limit: '100', ...(!reads && { reads: 'false' }) };
  const answer = await ask('v1/audit', { query, etag: audit.etag ?? '' });
  return takeInto(store, 'audit', answer, place);
}

/**
 * Days as the times at which they begin and end, in UTC: a link then shows everyone the same.
 * @param {Readonly<Record<string, string>>} filters
 */
function daysOf({ since = '', until = '' }) {
  return {
    ...(isDay(since) && { since: `${since}T00:00:00Z` }),
    ...(isDay(until) && { until: `${until}T23:59:59.999Z` }),
  };
}

/** @param {string} text */
const isDay = (text) => /^\d{4}-\d\d-\d\d$/.test(text);

/**
 * Puts an answer into its part of the page. An old one stays while a new one cannot be read.
 * @param {Store} store
 * @param {'operations' | 'operation' | 'outcomes' | 'audit' | 'waiting' | 'laterWaiting' | 'job' | 'jobAudit'} part
 * @param {Answer<unknown>} answer
 * @param {Place} [place] for which it was asked: once another is shown, the answer is not for that
 */
export function takeInto(store, part, answer, place = store.state.place) {
  if (isSignedOut(store, answer) || isElsewhere(store.state.place, place)) return true;
  const now = wallTime();
  if (answer.status === 304) {
    store.change({ now });
    return false;
  }
  const before = store.state[part];
  if (answer.value === undefined)
    store.change({ [part]: { ...before, phase: 'failed', problem: answer.problem ?? '' }, now });
  else store.change({ [part]: { phase: 'ready', value: answer.value, etag: answer.etag }, now });
  return answer.value !== undefined;
}

/**
 * @param {Place} one
 * @param {Place} other
 */
const isElsewhere = (one, other) =>
  one.view !== other.view || one.operation !== other.operation || one.filters !== other.filters;

/** What to say of a step of which calloff did not say that it refused it. */
const unknownSteps = {
  pause: 'The operation may or may not be paused: look at its state before you rely on it.',
  resume: 'The operation may or may not go on: look at its state, and press again if it does not.',
};

/**
 * @param {Store} store
 * @param {string} id
 * @param {'pause' | 'resume'} step
 * @param {object} [body]
 */
export async function operate(store, id, step, body = {}) {
  /** @type {Answer<OperationView>} */
  const answer = await ask(`v1/operations/${encodeURIComponent(id)}/${step}`, { method: 'POST', body });
  if (isSignedOut(store, answer)) return;
  if (answer.value === undefined) {
    const unknown = wasRefused(answer) ? '' : ` ${unknownSteps[step]}`;
    const problem = `${answer.problem ?? ''}${unknown}`;
    showNotice(problem);
    if (store.state.place.operation === id)
      store.change({ operation: { ...store.state.operation, problem } });
  } else {
    announce(answer.value.message);
    store.change({
      ...(store.state.place.operation === id && {
        operation: { phase: /** @type {const} */ ('ready'), value: answer.value },
      }),
      followed: new Map([...store.state.followed, [id, answer.value]]),
    });
    if (step === 'resume') followOperation(store, id);
  }
}
