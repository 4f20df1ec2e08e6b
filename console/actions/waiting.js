/** @import { Store } from '../model/state.js' */
/** @import { Answer, ConfirmationView } from '../types.d.ts' */
import { ask } from '../api.js';
import { takeInto } from './operations.js';
import { say } from './say.js';
import { isSignedOut } from './session.js';

/**
 * Reads what waits for this person's yes.
 * @param {Store} store
 */
export async function loadWaiting(store) {
  const answer = await ask('v1/confirmations', { etag: store.state.waiting.etag ?? '' });
  return takeInto(store, 'waiting', answer);
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
  say(
    answer.value === undefined
      ? (answer.problem ?? '')
      : method === 'POST'
        ? 'Agreed.'
        : 'The jobs keep running.',
  );
  if (answer.value === undefined)
    store.change({ waiting: { ...store.state.waiting, problem: answer.problem ?? '' } });
  else store.change({ waiting: { ...store.state.waiting, etag: '', problem: '' } });
  await loadWaiting(store);
}
