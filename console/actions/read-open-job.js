/** @import { Store } from '../model/state.js' */
import { ask } from '../api.js';
import { jobOf } from '../model/place.js';
import { lookAt } from './look.js';
import { takeInto } from './operations.js';

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
  takeInto(store, 'job', await lookAt(store, job));
  takeInto(store, 'jobAudit', await ask('v1/audit', { query: { job: job_id, limit: mostEntries } }));
  document.querySelector('#job-title')?.scrollIntoView?.({ block: 'nearest' });
}
