/** @import { Store } from '../model/state.js' */
/** @import { Answer, OneResult, OperationView, StopDialog } from '../types.d.ts' */

import { announce } from '../announce.js';
import { ask } from '../api.js';
import { failed } from '../model/answers.js';
import { afterPress, unpressed, withOutcomes } from '../model/outcomes.js';
import { jobOf, jobPath, keyOf } from '../model/place.js';
import { counted } from '../model/words.js';
import { checkFirst, emptyDialog } from './ask-first.js';
import { followOperation } from './follow.js';
import { keyOfPress } from './press-key.js';
import { isSignedOut } from './session.js';

/**
 * Stops one job: one press, and no question unless the policy asks one.
 * @param {Store} store
 * @param {string} key
 * @param {{ readonly token: string, readonly reason: string }} [agreed] to a confirmation that the policy wanted
 */
export async function stopOne(store, key, agreed) {
  const { job_id } = jobOf(key);
  store.change(afterPress(store.state, [key]));
  announce(`Stopping ${job_id}.`);
  /** @type {Answer<OneResult>} */
  const answer = await ask(`${jobPath(key)}/cancel`, {
    method: 'POST',
    body: agreed === undefined ? {} : { confirmation_token: agreed.token, ...reasonOf(agreed.reason) },
  });
  const outcome = answer.value;
  if (outcome === undefined) return lost(store, key, answer);
  const { confirmation, operation } = outcome;
  store.change(withOutcomes(store.state, [outcome], operation?.id));
  if (operation !== undefined) followOperation(store, operation.id);
  announce(`${job_id}: ${outcome.message}`);
  if (outcome.code === 'confirmation_required' && confirmation)
    store.change({
      ...unpressed(store.state, key, 'ready'),
      dialog: { ...emptyDialog, keys: [key], ...confirmed(confirmation), willStop: [outcome] },
    });
}

/**
 * @param {NonNullable<OneResult['confirmation']>} confirmation
 * @returns {Pick<StopDialog, 'phase' | 'token' | 'confirmation'>}
 */
function confirmed(confirmation) {
  const { confirmation_token: token } = confirmation;
  return token === undefined ? { phase: 'waiting', confirmation } : { phase: 'ready', token };
}

/**
 * @param {Store} store
 * @param {string} key
 * @param {Answer<unknown>} answer
 */
function lost(store, key, answer) {
  const told = failed(answer);
  store.change(unpressed(store.state, key, told.phase));
  if (isSignedOut(store, answer)) return;
  announce(answer.problem ?? '');
  store.change({ dialog: { ...emptyDialog, keys: [key], ...told } });
}

/**
 * Opens the dialog for the ticked jobs, or stops the only one at once.
 * @param {Store} store
 */
export async function stopTicked(store) {
  const { ticked, everyMatch } = store.state;
  const [key] = ticked.keys();
  if (key === undefined) return;
  return ticked.size === 1 && !everyMatch ? stopOne(store, key) : checkFirst(store);
}

/**
 * Stops exactly the jobs that the dialog shows, as an operation.
 * @param {Store} store
 * @param {string} reason
 */
export async function stopShown(store, reason) {
  const { dialog } = store.state;
  if (dialog?.phase !== 'ready') return;
  if (dialog.token !== undefined && dialog.keys?.[0] !== undefined) {
    store.change({ dialog: undefined });
    return stopOne(store, dialog.keys[0], { token: dialog.token, reason });
  }
  const sending = { ...dialog, phase: /** @type {const} */ ('sending') };
  // Of all that match the page knows those that it had ticked.
  const keys = dialog.listed ? [...store.state.ticked.keys()] : dialog.willStop.map(keyOf);
  store.change({ dialog: sending });
  const made = dialog.listed ? { status: 200, value: dialog.listed } : await make(dialog.willStop, reason);
  const started = made.value === undefined ? made : await confirmStart(made.value);
  if (isSignedOut(store, started)) return store.change({ dialog: { ...dialog, reason } });
  const operation = started.value;
  if (operation === undefined) {
    store.change({ dialog: { ...dialog, ...failed(started) } });
    return;
  }
  if (operation.state === 'waiting_for_confirmation' && operation.confirmation) {
    const { confirmation } = operation;
    store.change({ dialog: { ...dialog, phase: 'waiting', confirmation, operation: operation.id } });
    return;
  }
  // The person may have gone on to the next stop meanwhile.
  if (store.state.dialog === sending) store.change({ dialog: undefined });
  press(store, keys, operation);
}

/**
 * @param {StopDialog['willStop']} jobs
 * @param {string} reason
 * @returns {Promise<Answer<OperationView>>}
 */
function make(jobs, reason) {
  return ask('v1/operations', {
    method: 'POST',
    headers: { 'idempotency-key': keyOfPress() },
    body: {
      jobs: jobs.map(({ provider, job_id }) => ({ provider, job_id })),
      ...reasonOf(reason),
    },
  });
}

/** @param {string} reason */
const reasonOf = (reason) => (reason === '' ? {} : { reason });

/**
 * The person has just seen exactly these jobs and agreed: with a token of their own the operation starts at once.
 * @param {OperationView} operation
 * @returns {Promise<Answer<OperationView>>}
 */
async function confirmStart(operation) {
  if (operation.state !== 'waiting_for_confirmation') return { status: 200, value: operation };
  const path = `v1/operations/${operation.id}/start`;
  const known = operation.confirmation?.confirmation_token;
  /** @type {Answer<OperationView>} */
  const asked =
    known === undefined ? await ask(path, { method: 'POST', body: {} }) : { status: 200, value: operation };
  const token = asked.value?.confirmation?.confirmation_token;
  return token === undefined ? asked : ask(path, { method: 'POST', body: { confirmation_token: token } });
}

/**
 * @param {Store} store
 * @param {readonly string[]} keys
 * @param {OperationView} operation
 */
function press(store, keys, operation) {
  const { followed } = store.state;
  store.change({
    ...afterPress(store.state, keys, operation.id),
    everyMatch: false,
    followed: new Map([...followed, [operation.id, operation]]),
  });
  announce(`Stopping ${counted(keys.length)}.`);
  followOperation(store, operation.id);
}
