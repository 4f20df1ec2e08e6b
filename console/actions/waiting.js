/** @import { Store } from '../model/state.js' */
/** @import { Answer, ConfirmationView, WaitingList } from '../types.d.ts' */

import { announce } from '../announce.js';
import { ask } from '../api.js';
import { answeredText } from '../model/answered.js';
import { wasRefused } from '../model/answers.js';
import { waitingPart } from '../model/waiting-pages.js';
import { takeInto } from './operations.js';
import { isSignedOut } from './session.js';

/** So many requests are checked without a press: each costs its providers a look. */
const mostChecked = 5;

/** So many requests stand on a page: each has a table of its own. */
const pageSize = '20';

/**
 * Reads what waits for this person's yes: its first page, which the badge counts, and the page that is shown.
 * @param {Store} store
 */
export async function loadWaiting(store) {
  const { place, waiting } = store.state;
  const isChanged = takeInto(store, 'waiting', await readPage(waiting));
  if (place.view !== 'waiting') return isChanged;
  const isLaterChanged = waitingPart({ place }) === 'laterWaiting' && (await loadLater(store));
  await lookOnce(store);
  return isChanged || isLaterChanged;
}

/** @param {Store} store */
async function loadLater(store) {
  const { place, laterWaiting } = store.state;
  return takeInto(store, 'laterWaiting', await readPage(laterWaiting, place.filters.cursor), place);
}

/**
 * @param {Store['state']['waiting']} known
 * @param {string} [cursor] where the page begins
 */
function readPage({ etag = '' }, cursor) {
  return ask('v1/confirmations', { query: { limit: pageSize, cursor }, etag });
}

/**
 * Checks the jobs of each request once, so that the person sees what has changed since.
 * @param {Store} store
 */
async function lookOnce(store) {
  const { [waitingPart(store.state)]: page, looked } = store.state;
  const fresh = (page.value?.confirmations ?? []).filter(({ id }) => !looked.has(id));
  for (const { id } of fresh.slice(0, mostChecked)) await lookAtRequest(store, id);
}

/**
 * Reads all jobs of a request, with their states now.
 * @param {Store} store
 * @param {string} id
 */
export async function lookAtRequest(store, id) {
  /** @type {Answer<ConfirmationView>} */
  const answer = await ask(`v1/confirmations/${encodeURIComponent(id)}`, { query: { check: 'true' } });
  if (isSignedOut(store, answer)) return;
  const { value, problem = '' } = answer;
  const part = waitingPart(store.state);
  if (value === undefined) store.change({ [part]: { ...store.state[part], problem } });
  else store.change({ looked: new Map([...store.state.looked, [id, value]]) });
}

/**
 * Agrees to a request, or closes it so that the jobs keep running.
 * @param {Store} store
 * @param {string} id
 * @param {'POST' | 'DELETE'} method
 */
export async function answerConfirmation(store, id, method) {
  /** @type {Answer<ConfirmationView>} */
  const answer = await ask(`v1/confirmations/${encodeURIComponent(id)}`, { method });
  if (isSignedOut(store, answer)) return;
  const { value, problem = '' } = answer;
  const unknown = wasRefused(answer)
    ? ''
    : ' calloff may or may not have your answer: the list shows whether.';
  const told =
    value === undefined ? `${problem}${unknown}` : answeredText(value, store.state.signedIn?.caller);
  announce(told);
  const { waiting, laterWaiting } = store.state;
  const anew = { etag: '', problem: '' };
  store.change({
    ...{ answered: told, waiting: { ...waiting, ...anew }, laterWaiting: { ...laterWaiting, ...anew } },
  });
  await loadWaiting(store);
}
