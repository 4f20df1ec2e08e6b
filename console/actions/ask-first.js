/** @import { Store } from '../model/state.js' */
/** @import { Answer, BulkResult, ConfirmationView, OperationView, Outcome, PageState, StopDialog } from '../types.d.ts' */
import { ask } from '../api.js';
import { failed, wasRefused } from '../model/answers.js';
import { filtersOfJobs, jobOf, keyOf } from '../model/place.js';
import { mostTicked } from '../model/tickable.js';
import { counted } from '../model/words.js';
import { keyOfPress } from './press-key.js';
import { isSignedOut } from './session.js';

/** @type {StopDialog} */
export const emptyDialog = { phase: 'checking', willStop: [], skipped: [], unavailable: [] };

/** How often an operation is asked whether its jobs are listed, in milliseconds. */
const listingPaceMs = 1_000;
/** So many jobs of an operation are shown one by one. */
const mostShown = '200';

/**
 * Asks what a stop of the ticked jobs, or of all that match, would do, and shows that: nothing is sent before the person has
 * seen it.
 * @param {Store} store
 */
export async function checkFirst(store) {
  const { state } = store;
  const asked = state.everyMatch
    ? { selector: filtersOfJobs(state.place) }
    : { keys: [...state.ticked.keys()] };
  const opened = { ...emptyDialog, ...asked };
  if (asked.keys && asked.keys.length > mostTicked)
    return store.change({
      dialog: { ...opened, phase: 'failed', problem: tooManyTicked(asked.keys.length) },
    });
  store.change({ dialog: opened });
  const body = asked.keys ? { jobs: asked.keys.map(jobOf) } : { selector: asked.selector };
  /** @type {Answer<BulkResult>} */
  const answer = await ask('v1/jobs/cancel', { method: 'POST', body: { ...body, dry_run: true } });
  if (state.dialog !== opened) return;
  if (isSignedOut(store, answer)) return store.change({ dialog: undefined });
  // More jobs match than one request may check.
  if (asked.selector && answer.status === 400 && answer.faultyPaths?.includes('selector'))
    return store.change({ dialog: { ...opened, phase: 'many' } });
  // To ask what a stop would do stops nothing, whether the answer came or not.
  if (answer.value === undefined)
    return store.change({ dialog: { ...opened, phase: 'failed', problem: answer.problem ?? '' } });
  const { outcomes, unavailable = [] } = answer.value;
  const willStop = outcomes.filter(isInSet);
  const skipped = outcomes.filter((outcome) => !isInSet(outcome));
  const shown = { willStop: withNames(willStop, state), skipped, unavailable };
  store.change({ dialog: { ...opened, phase: 'ready', ...shown } });
}

/** @param {number} count */
const tooManyTicked = (count) =>
  `${counted(count)} are ticked, and calloff checks at most ${mostTicked.toLocaleString('en')} that are named one by one. Tick fewer, or choose “All that match, also those not shown”.`;

/**
 * Whether a stop would go on to the job. What could not be checked now belongs to it: calloff checks it again before it sends.
 * @param {Outcome} outcome
 */
const isInSet = ({ outcome, code, retryable }) =>
  outcome === 'would_cancel' || code === 'confirmation_required' || retryable;

/**
 * The jobs with what their rows know: an answer about very many has no names.
 * @param {readonly Outcome[]} outcomes
 * @param {Pick<PageState, 'list'>} state
 * @returns {Outcome[]}
 */
function withNames(outcomes, { list }) {
  const jobs = new Map(list.rows.map(({ key, job }) => [key, job]));
  return outcomes.map((outcome) => {
    const { name, created_at, state } = jobs.get(keyOf(outcome)) ?? {};
    const known = { ...(name !== undefined && { name }), ...(created_at && { details: { created_at } }) };
    const isRead = outcome.evidence.source === 'status';
    return { ...known, ...outcome, ...(!isRead && state !== undefined && { state }) };
  });
}

/**
 * Has calloff list all jobs that match, as an operation that sends nothing before it is confirmed, and shows how many they are.
 * @param {Store} store
 * @param {string} reason
 */
export async function listMatching(store, reason) {
  const { dialog } = store.state;
  if (dialog?.phase !== 'many') return;
  const opened = { ...dialog, phase: /** @type {const} */ ('listing') };
  store.change({ dialog: opened });
  const body = { selector: dialog.selector, ...(reason !== '' && { reason }) };
  const headers = { 'idempotency-key': keyOfPress() };
  /** @type {Answer<OperationView>} */
  let answer = await ask('v1/operations', { method: 'POST', headers, body });
  const path = `v1/operations/${answer.value?.id}`;
  while (answer.value?.state === 'listing' && store.state.dialog === opened) {
    await new Promise((resolve) => setTimeout(resolve, listingPaceMs));
    /** @type {Answer<OperationView>} */
    const next = await ask(path);
    if (next.value !== undefined || (wasRefused(next) && next.status !== 429)) answer = next;
  }
  const listed = answer.value;
  if (store.state.dialog !== opened) return leave(listed);
  if (isSignedOut(store, answer)) return store.change({ dialog: undefined });
  if (listed === undefined) return store.change({ dialog: { ...opened, ...failed(answer) } });
  if (listed.state !== 'waiting_for_confirmation')
    return store.change({ dialog: { ...opened, phase: 'failed', problem: listed.message } });
  const shown = await firstOf(store, listed);
  if (store.state.dialog !== opened) return leave(listed);
  store.change({ dialog: { ...opened, phase: 'ready', listed, ...shown } });
}

/**
 * What is shown of the jobs of an operation, and what calloff says of them.
 * @param {Store} store
 * @param {OperationView} operation
 * @returns {Promise<Pick<StopDialog, 'willStop' | 'unavailable' | 'note'>>}
 */
async function firstOf(store, { id, confirmation, unavailable = [] }) {
  /** @type {[Answer<{ outcomes: Outcome[] }>, Answer<ConfirmationView>]} */
  const [jobs, told] = await Promise.all([
    ask(`v1/operations/${id}/outcomes`, { query: { limit: mostShown } }),
    ask(`v1/confirmations/${confirmation?.id}`),
  ]);
  const note = told.value?.operation?.note;
  return {
    willStop: withNames(jobs.value?.outcomes ?? [], store.state),
    unavailable,
    ...(note !== undefined && { note }),
  };
}

/** @param {Store} store */
export function closeDialog({ state, change }) {
  const { listed, phase } = state.dialog ?? {};
  change({ dialog: undefined });
  if (phase === 'ready') void leave(listed);
}

/**
 * Withdraws a request that the person did not agree to, so that it does not wait for a yes any more.
 * @param {OperationView | undefined} operation
 */
async function leave(operation) {
  if (operation?.confirmation === undefined) return;
  await ask(`v1/confirmations/${operation.confirmation.id}`, { method: 'DELETE' });
  await ask(`v1/operations/${operation.id}`, { method: 'DELETE' });
}
