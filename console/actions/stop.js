/** @import { Store } from '../model/state.js' */
/** @import { Answer, BulkResult, OneResult, OperationView, PageState, StopDialog } from '../types.d.ts' */
import { ask } from '../api.js';
import { afterPress, withOutcomes } from '../model/outcomes.js';
import { jobOf, keyOf } from '../model/place.js';
import { counted } from '../model/words.js';
import { filtersNow, without } from './list.js';
import { followOperation } from './operations.js';
import { say } from './say.js';
import { isSignedOut } from './session.js';

/** The most jobs that one request may name. */
const mostNamed = 5_000;

/**
 * Stops one job: one press, and no question unless the policy asks one.
 * @param {Store} store
 * @param {string} key
 * @param {string} [token] of a confirmation that the policy wanted
 */
export async function stopOne(store, key, token) {
  const { provider, job_id } = jobOf(key);
  const wasTicked = store.state.ticked.get(key);
  store.change(afterPress(store.state, [key]));
  say(`Stopping ${job_id}.`);
  /** @type {Answer<OneResult>} */
  const answer = await ask(
    `v1/providers/${encodeURIComponent(provider)}/jobs/${encodeURIComponent(job_id)}/cancel`,
    { method: 'POST', body: token === undefined ? {} : { confirmation_token: token } },
  );
  const outcome = answer.value;
  if (outcome === undefined) return lost(store, key, answer, wasTicked);
  const { confirmation, operation } = outcome;
  store.change(withOutcomes(store.state, [outcome], operation?.id));
  say(`${job_id}: ${outcome.message}`);
  if (outcome.code === 'confirmation_required' && confirmation)
    store.change({
      ...notPressed(store.state, key, wasTicked),
      dialog: { ...emptyDialog, keys: [key], ...confirmed(confirmation), willStop: [outcome] },
    });
}

/**
 * The page as before the press of a job that was not stopped.
 * @param {PageState} state
 * @param {string} key
 * @param {string | undefined} wasTicked its state when it was ticked
 */
function notPressed({ pressed, ticked }, key, wasTicked) {
  return {
    pressed: without(pressed, key),
    ticked: wasTicked === undefined ? ticked : new Map([...ticked, [key, wasTicked]]),
  };
}

/** @type {StopDialog} */
const emptyDialog = { phase: 'checking', willStop: [], skipped: [], unavailable: [] };

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
 * @param {string | undefined} wasTicked
 */
function lost(store, key, answer, wasTicked) {
  if (isSignedOut(store, answer)) return;
  say(answer.problem ?? '');
  store.change({
    ...notPressed(store.state, key, wasTicked),
    dialog: { ...emptyDialog, keys: [key], ...failed(answer) },
  });
}

/**
 * A request without its answer may have been carried out; one that was refused was not.
 * @param {Answer<unknown>} answer
 * @returns {Pick<StopDialog, 'phase' | 'problem'>}
 */
function failed({ status, problem = '' }) {
  return { phase: status === 0 || status >= 500 ? 'lost' : 'failed', problem };
}

/**
 * Opens the dialog for the ticked jobs, or stops the only one at once.
 * @param {Store} store
 */
export async function stopTicked(store) {
  const { state } = store;
  const keys = [...state.ticked.keys()];
  if (state.everyMatch) return checkFirst(store, { selector: filtersNow(state) });
  if (keys.length === 1 && keys[0] !== undefined) return stopOne(store, keys[0]);
  if (keys.length > 0) return checkFirst(store, { keys });
}

/**
 * Asks what a stop would do, and shows that: nothing is sent before the person has seen it.
 * @param {Store} store
 * @param {Pick<StopDialog, 'keys' | 'selector'>} asked
 */
async function checkFirst(store, asked) {
  store.change({ dialog: { ...emptyDialog, ...asked } });
  const jobs = asked.keys && { jobs: asked.keys.map(jobOf) };
  const body = { ...(jobs ?? { selector: asked.selector }), dry_run: true };
  /** @type {Answer<BulkResult>} */
  const answer = await ask('v1/jobs/cancel', { method: 'POST', body });
  if (store.state.dialog?.phase !== 'checking' || isSignedOut(store, answer)) return;
  if (answer.value === undefined) {
    store.change({ dialog: { ...store.state.dialog, phase: 'failed', problem: answer.problem ?? '' } });
    return;
  }
  const { outcomes, unavailable = [] } = answer.value;
  const willStop = outcomes.filter(
    ({ outcome, code }) => outcome === 'would_cancel' || code === 'confirmation_required',
  );
  const skipped = outcomes.filter((outcome) => !willStop.includes(outcome));
  store.change({ dialog: { ...store.state.dialog, phase: 'ready', willStop, skipped, unavailable } });
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
    return stopOne(store, dialog.keys[0], dialog.token);
  }
  store.change({ dialog: { ...dialog, phase: 'sending' } });
  const jobs = dialog.willStop.slice(0, mostNamed).map(({ provider, job_id }) => ({ provider, job_id }));
  /** @type {Answer<OperationView>} */
  const made = await ask('v1/operations', {
    method: 'POST',
    headers: { 'idempotency-key': keyOfPress() },
    body: { jobs, ...(reason.trim() !== '' && { reason: reason.trim() }) },
  });
  const started = made.value === undefined ? made : await confirmStart(made.value);
  if (isSignedOut(store, started)) return;
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
  press(store, jobs.map(keyOf), operation);
}

/**
 * The person has just seen exactly these jobs and agreed: with a token of their own the operation starts at once.
 * @param {OperationView} operation
 * @returns {Promise<Answer<OperationView>>}
 */
async function confirmStart(operation) {
  const token = operation.confirmation?.confirmation_token;
  if (operation.state !== 'waiting_for_confirmation' || token === undefined)
    return { status: 200, value: operation };
  return ask(`v1/operations/${operation.id}/start`, { method: 'POST', body: { confirmation_token: token } });
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
    ...{ dialog: undefined, everyMatch: false },
    followed: new Map([...followed, [operation.id, operation]]),
  });
  say(`Stopping ${counted(keys.length)}.`);
  followOperation(store, operation.id);
}

/** A key that makes the press safe to repeat. */
function keyOfPress() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return [...bytes].map((byte) => byte.toString(16).padStart(2, '0')).join('');
}

/** @param {Store} store */
export function closeDialog({ change }) {
  change({ dialog: undefined });
}
