/** @import { Store } from '../model/state.js' */
/** @import { Answer, JobView, Row } from '../types.d.ts' */
import { ask } from '../api.js';
import { jobOf, jobPath } from '../model/place.js';
import { isOver } from '../model/rows.js';
import { without } from '../model/without.js';
import { wallTime } from '../time.js';
import { say } from './say.js';

/** So many jobs that left a list are looked at one by one. */
const mostLooks = 20;

/**
 * Reads the status of jobs that were ticked or pressed and have left the list, so that their rows say what became of them.
 * @param {Store} store
 */
export async function lookAtKept(store) {
  const { list, pressed } = store.state;
  const left = list.rows.filter(({ job, isKept }) => isKept && !isOver(job));
  // Of many jobs the operation that stops them tells.
  const isTold = (/** @type {Row} */ { key }) => pressed.get(key)?.operation !== undefined;
  const looked = left.length > mostLooks ? left.filter((row) => !isTold(row)) : left;
  for (const { key } of looked.slice(0, mostLooks)) await lookAt(store, key);
}

/**
 * Reads the status of one job into its row.
 * @param {Store} store
 * @param {string} key
 */
export async function lookAt(store, key) {
  /** @type {Answer<JobView>} */
  const answer = await ask(jobPath(key));
  const job = answer.value;
  if (job === undefined || !('state' in job) || answer.status !== 200) return answer;
  const { list, ticked } = store.state;
  const before = ticked.get(key);
  const seen = (/** @type {Row} */ row) => ({
    ...row,
    job: { ...row.job, ...job },
    ...(before !== undefined && before !== job.state && { was: before }),
  });
  const rows = list.rows.map((row) => (row.key === key ? seen(row) : row));
  store.change({ list: { ...list, rows }, now: wallTime() });
  if (isOver(job)) settle(store, key);
  if (isOver(job) && before !== undefined) say(`${jobOf(key).job_id} is ${job.state}, and ticked no more.`);
  return answer;
}

/**
 * What is over cannot stay ticked, and is not being stopped any more.
 * @param {Store} store
 * @param {string} key
 */
function settle({ state: { ticked, pressed }, change }, key) {
  const known = pressed.get(key);
  const next = known?.phase === 'stopping' ? { ...known, phase: /** @type {const} */ ('over') } : known;
  change({ ticked: without(ticked, key), ...(next && { pressed: new Map([...pressed, [key, next]]) }) });
}
