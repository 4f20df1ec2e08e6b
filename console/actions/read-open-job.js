/** @import { Store } from '../model/state.js' */
import { ask } from '../api.js';
import { jobOf } from '../model/place.js';
import { lookAt } from './look.js';
import { takeInto } from './operations.js';

/**
 * Reads the open job again, if no list shows it.
 * @param {Store} store
 */
export async function lookAtOpen(store) {
  const { place, list } = store.state;
  const { job } = place;
  if (job === undefined || list.rows.some(({ key }) => key === job)) return;
  const seen = await lookAt(store, job);
  if (store.state.place.job === job) takeInto(store, 'job', seen);
}

/** So many entries of the audit stand in the drawer at most. */
const mostEntries = '20';

/**
 * Reads the open job and what the audit says of it.
 * @param {Store} store
 */
export async function readOpenJob(store) {
  const { job } = store.state.place;
  store.change({ job: { phase: 'loading' }, jobAudit: { phase: 'loading' } });
  if (job === undefined) return;
  const { job_id } = jobOf(job);
  // What comes late is of a job that is not the open one any more.
  const isOpen = () => store.state.place.job === job;
  const seen = await lookAt(store, job);
  if (!isOpen()) return;
  takeInto(store, 'job', seen);
  const told = await ask('v1/audit', { query: { job: job_id, limit: mostEntries } });
  if (!isOpen()) return;
  takeInto(store, 'jobAudit', told);
  document.querySelector('#job-title')?.scrollIntoView?.({ block: 'nearest' });
}
