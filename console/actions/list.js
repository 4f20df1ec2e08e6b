/** @import { Store } from '../model/state.js' */
/** @import { Answer, JobView, ListResult, ProviderView, Row, Unavailable } from '../types.d.ts' */
import { ask } from '../api.js';
import { jobOf, keyOf, liveStates } from '../model/place.js';
import { isOver, merged } from '../model/rows.js';
import { isSignedOut } from './session.js';

/** The most jobs that one request for a list answers. */
const pageSize = 1_000;
/** So many jobs that left the list are looked at one by one. */
const mostLooks = 20;

/**
 * The filters of the place, as the API takes them.
 * @param {Store['state']} state
 */
export function filtersNow({ place }) {
  return { state: liveStates, ...place.filters };
}

/** @param {Store} store */
export async function loadProviders(store) {
  /** @type {Answer<{ providers: ProviderView[] }>} */
  const answer = await ask('v1/providers');
  if (answer.value) store.change({ providers: answer.value.providers });
}

/**
 * Reads the jobs again, as many as are shown, and gives whether anything changed.
 * @param {Store} store
 */
export async function loadJobs(store) {
  const { state } = store;
  const { place } = state;
  const wanted = Math.max(1, state.list.rows.length);
  /** @type {JobView[]} */
  const jobs = [];
  /** @type {Unavailable[]} */
  const unavailable = [];
  let cursor = '';
  let inOtherStates = 0;
  do {
    /** @type {Answer<ListResult>} */
    const answer = await ask('v1/jobs', {
      query: { ...filtersNow(state), limit: String(pageSize), cursor },
    });
    if (state.place !== place || isSignedOut(store, answer)) return true;
    if (answer.value === undefined) {
      store.change({ list: { ...state.list, phase: 'failed', problem: answer.problem ?? '' }, now: Date.now() });
      return false;
    }
    jobs.push(...answer.value.jobs);
    unavailable.push(...answer.value.unavailable);
    inOtherStates += answer.value.in_other_states ?? 0;
    cursor = answer.value.next_cursor ?? '';
  } while (cursor !== '' && jobs.length < wanted);
  return take(store, { jobs, unavailable, inOtherStates, cursor: cursor === '' ? null : cursor });
}

/**
 * @param {Store} store
 * @param {{ jobs: JobView[], unavailable: Unavailable[], inOtherStates: number, cursor: string | null }} read
 */
async function take(store, { jobs, unavailable, inOtherStates, cursor }) {
  const { state } = store;
  const now = Date.now();
  const failing = new Set(unavailable.map(({ provider }) => provider));
  const answered = new Set(jobs.map(({ provider }) => provider));
  const silent = new Set([...failing].filter((name) => !answered.has(name)));
  const read = state.providers.filter(({ configured, can, provider }) => configured && can.list && !silent.has(provider));
  const readAt = new Map([...state.list.readAt, ...read.map(({ provider }) => /** @type {const} */ ([provider, now]))]);
  const rows = merged(state, jobs, silent);
  const changed = summary(rows) !== summary(state.list.rows);
  store.change({ list: { phase: 'ready', rows, unavailable, readAt, cursor, inOtherStates }, now });
  await lookAtKept(store);
  return changed;
}

/** @param {readonly Row[]} rows */
const summary = (rows) => rows.map(({ key, job, isStale }) => `${key} ${job.state} ${isStale}`).join('\n');

/**
 * Reads the status of jobs that were ticked or pressed and have left the list, so that their rows say what became of them.
 * @param {Store} store
 */
async function lookAtKept(store) {
  const left = store.state.list.rows.filter(({ job, isKept }) => isKept && !isOver(job));
  await Promise.all(left.slice(0, mostLooks).map(({ key }) => lookAt(store, key)));
}

/**
 * Reads the status of one job into its row.
 * @param {Store} store
 * @param {string} key
 */
export async function lookAt(store, key) {
  const { provider, job_id } = jobOf(key);
  /** @type {Answer<JobView>} */
  const answer = await ask(`v1/providers/${encodeURIComponent(provider)}/jobs/${encodeURIComponent(job_id)}`);
  const job = answer.value;
  if (job === undefined || !('state' in job) || keyOf(job) !== key) return undefined;
  const { list, ticked, pressed } = store.state;
  const before = ticked.get(key);
  const rows = list.rows.map((row) =>
    row.key === key ? { ...row, job: { ...row.job, ...job }, ...(before !== undefined && before !== job.state && { was: before }) } : row,
  );
  const changes = { list: { ...list, rows }, now: Date.now() };
  if (!isOver(job)) store.change(changes);
  else {
    const known = pressed.get(key);
    store.change({
      ...changes,
      ticked: without(ticked, key),
      ...(known?.phase === 'stopping' && {
        pressed: new Map([...pressed, [key, { ...known, phase: /** @type {const} */ ('over') }]]),
      }),
    });
  }
  return job;
}

/**
 * Adds the next page to the table.
 * @param {Store} store
 */
export async function loadMore(store) {
  const { list, place } = store.state;
  if (list.cursor === null) return;
  /** @type {Answer<ListResult>} */
  const answer = await ask('v1/jobs', {
    query: { ...filtersNow(store.state), limit: String(pageSize), cursor: list.cursor },
  });
  if (store.state.place !== place || isSignedOut(store, answer) || answer.value === undefined) return;
  const { jobs, next_cursor: cursor, unavailable } = answer.value;
  const known = new Set(store.state.list.rows.map(({ key }) => key));
  const fresh = jobs.map((job) => ({ key: keyOf(job), job })).filter(({ key }) => !known.has(key));
  const now = store.state.list;
  store.change({
    list: { ...now, rows: [...now.rows, ...fresh], cursor, unavailable: [...now.unavailable, ...unavailable] },
  });
}

/**
 * @template Value
 * @param {ReadonlyMap<string, Value>} map
 * @param {string} key
 */
export function without(map, key) {
  const copy = new Map(map);
  copy.delete(key);
  return copy;
}
