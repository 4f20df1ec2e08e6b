/** @import { Store } from '../model/state.js' */
/** @import { Answer, JobView, OneResult, Row } from '../types.d.ts' */

import { announce } from '../announce.js';
import { ask } from '../api.js';
import { settled, withOutcomes } from '../model/outcomes.js';
import { jobOf, jobPath } from '../model/place.js';
import { isOver } from '../model/rows.js';
import { wallTime } from '../time.js';
import { isFollowed } from './follow.js';

/** So many jobs that left a list are looked at one by one. */
const mostLooks = 20;
let isLooking = false;

/**
 * Reads the status of jobs that were ticked or pressed and that no list shows, so that their rows say what became of them.
 * @param {Store} store
 */
export async function lookAtKept(store) {
  if (isLooking) return;
  isLooking = true;
  const { list, pressed } = store.state;
  const left = list.rows.filter(({ job, isKept }) => isKept && !isOver(job));
  // Of many jobs the operation that stops them tells.
  const isTold = (/** @type {Row} */ { key }) => isFollowed(pressed.get(key)?.operation);
  const looked = left.length > mostLooks ? left.filter((row) => !isTold(row)) : left;
  const silent = new Set();
  for (const { key, job } of looked.slice(0, mostLooks))
    if (!silent.has(job.provider) && (await lookAt(store, key)).status === 0) silent.add(job.provider);
  isLooking = false;
}

/**
 * Reads the status of one job into its row.
 * @param {Store} store
 * @param {string} key
 */
export async function lookAt(store, key) {
  /** @type {Answer<JobView | OneResult>} */
  const answer = await ask(jobPath(key));
  const seen = answer.value;
  if (seen !== undefined && 'outcome' in seen) takeMissing(store, key, seen);
  else if (seen !== undefined && 'state' in seen && answer.status === 200) takeSeen(store, key, seen);
  return answer;
}

/**
 * @param {Store} store
 * @param {string} key
 * @param {JobView} job
 */
function takeSeen(store, key, job) {
  const { list, ticked } = store.state;
  const before = ticked.get(key);
  const withSeen = (/** @type {Row} */ row) => ({
    ...row,
    job: { ...row.job, ...job },
    ...(before !== undefined && before !== job.state && { was: before }),
  });
  takeRows(
    store,
    list.rows.map((row) => (row.key === key ? withSeen(row) : row)),
    { list, now: wallTime() },
  );
}

/**
 * Ends the stopping of a job that its provider does not know any more.
 * @param {Store} store
 * @param {string} key
 * @param {OneResult} outcome
 */
function takeMissing(store, key, outcome) {
  const known = store.state.pressed.get(key);
  if (outcome.outcome === 'not_found' && known?.phase === 'stopping')
    store.change(withOutcomes(store.state, [outcome], known.operation));
}

/**
 * Puts rows that were read into the page. What is over is neither being stopped any more nor ticked.
 * @param {Store} store
 * @param {readonly Row[]} rows
 * @param {Pick<Store['state'], 'list' | 'now'>} changes what else was read
 */
export function takeRows(store, rows, { list, now }) {
  const { unticked, ...kept } = settled(store.state, rows);
  store.change({ list: { ...list, rows }, now, ...kept });
  const [one] = unticked;
  if (one !== undefined)
    announce(
      unticked.length === 1
        ? `${jobOf(one.key).job_id} is ${one.job.state}, and ticked no more.`
        : `${unticked.length} jobs are over, and ticked no more.`,
    );
}
