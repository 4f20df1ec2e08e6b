/** @import { Place } from '../types.d.ts' */

/** @type {Readonly<Record<Place['view'], readonly string[]>>} */
const filtersOf = {
  jobs: ['name', 'provider', 'state', 'owner', 'target', 'label', 'older_than', 'newer_than'],
  operations: ['state', 'caller', 'outcome', 'cursor'],
  audit: ['caller', 'connection', 'reads', 'job', 'operation', 'since', 'until', 'cursor'],
  waiting: ['cursor'],
};

/** Jobs that have not ended: what a list shows unless the address asks for others. */
export const liveStates = 'queued,running,cancelling,unknown';
/** Every state. */
export const everyState = `${liveStates},cancelled,completed,failed`;

/**
 * The filters of a list of jobs, as the API takes them.
 * @param {Pick<Place, 'filters'>} place
 */
export function filtersOfJobs({ filters }) {
  return { state: liveStates, ...filters };
}

const columns = ['state', 'provider', 'name', 'owner', 'age', 'running', 'cost'];

/**
 * @param {string | null} text
 * @returns {Place['view']}
 */
function viewIn(text) {
  return text === 'operations' || text === 'audit' || text === 'waiting' ? text : 'jobs';
}

/**
 * What an address shows. What it cannot say is left out, so that an old or mistyped link still opens.
 * @param {string} search
 * @returns {Place}
 */
export function placeOf(search) {
  const query = new URLSearchParams(search);
  const view = viewIn(query.get('view'));
  const filters = Object.fromEntries(
    filtersOf[view].flatMap((name) => {
      const value = query.get(name)?.trim();
      return value ? [[name, value]] : [];
    }),
  );
  const sort = query.get('sort') ?? '';
  const [job, operation] = [query.get('open'), query.get('op')];
  return {
    view,
    filters,
    sort: columns.includes(sort.replace(/^-/, '')) ? sort : 'age',
    ...(job?.includes('/') && { job }),
    ...(operation && { operation }),
  };
}

/**
 * The address that shows a place.
 * @param {Place} place
 */
export function searchOf({ view, filters, sort, job, operation }) {
  const query = new URLSearchParams();
  if (view !== 'jobs') query.set('view', view);
  for (const name of filtersOf[view]) {
    const value = filters[name];
    if (value) query.set(name, value);
  }
  if (sort !== 'age') query.set('sort', sort);
  if (job !== undefined) query.set('open', job);
  if (operation !== undefined) query.set('op', operation);
  const text = query.toString();
  return text === '' ? '' : `?${text}`;
}

/**
 * The key of a job: its connection, which has no slash, and its id.
 * @param {{ readonly provider: string, readonly job_id: string }} job
 */
export function keyOf({ provider, job_id }) {
  return `${provider}/${job_id}`;
}

/**
 * The route of a job.
 * @param {string} key
 */
export function jobPath(key) {
  const { provider, job_id } = jobOf(key);
  return `v1/providers/${encodeURIComponent(provider)}/jobs/${encodeURIComponent(job_id)}`;
}

/** @param {string} key */
export function jobOf(key) {
  const [provider = '', ...rest] = key.split('/');
  return { provider, job_id: rest.join('/') };
}
