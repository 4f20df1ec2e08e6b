/** @import { Store } from '../model/state.js' */
/** @import { Answer, ConfirmationView, WaitingList } from '../types.d.ts' */
import { ask } from '../api.js';
import { counted } from '../model/words.js';
import { takeInto } from './operations.js';
import { say } from './say.js';
import { isSignedOut } from './session.js';

/** So many requests are checked without a press: each costs its providers a look. */
const mostChecked = 5;

/**
 * Reads what waits for this person's yes.
 * @param {Store} store
 */
export async function loadWaiting(store) {
  const answer = await ask('v1/confirmations', { etag: store.state.waiting.etag ?? '' });
  const isChanged = takeInto(store, 'waiting', answer);
  if (store.state.place.view === 'waiting') await lookOnce(store);
  return isChanged;
}

/**
 * Checks the jobs of each request once, so that the person sees what has changed since.
 * @param {Store} store
 */
async function lookOnce(store) {
  const { waiting, looked } = store.state;
  const fresh = (waiting.value?.confirmations ?? []).filter(({ id }) => !looked.has(id));
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
  if (value === undefined) store.change({ waiting: { ...store.state.waiting, problem } });
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
  const told = value === undefined ? problem : answeredText(value);
  say(told);
  const { waiting } = store.state;
  store.change({ answered: told, waiting: { ...waiting, etag: '', problem: '' } });
  await loadWaiting(store);
}

/**
 * What an answer did, and what it did not.
 * @param {ConfirmationView} confirmation
 */
function answeredText({ state, caller, jobs, operation, approved_by: by = 'You' }) {
  const what = counted(operation?.jobs ?? jobs.length);
  if (state === 'closed') return `Closed: the ${what} keep running, and ${caller} cannot use this request.`;
  const next = operation === undefined ? 'repeat the request' : 'start the operation';
  return `${by} agreed to the stop of ${what}. That cancels nothing by itself: ${caller} can now ${next}.`;
}
