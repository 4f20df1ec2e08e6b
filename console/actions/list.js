/** @import { Store } from '../model/state.js' */
/** @import { Answer, JobView, ListResult, ProviderView, Reading, Row } from '../types.d.ts' */
import { ask } from '../api.js';
import { shownConnections } from '../model/overview.js';
import { jobOf, keyOf, liveStates } from '../model/place.js';
import { isOver, merged } from '../model/rows.js';
import { isSignedOut } from './session.js';

/** The most jobs that one request for a list answers. */
const pageSize = 1_000;
/** So many jobs that left a list are looked at one by one. */
const mostLooks = 20;
/** A browser keeps six connections to a host: lists never take them all, so that a stop need not wait for one. */
const mostAtOnce = 3;
/** How soon a connection is read again: while its jobs are being stopped, otherwise, and at the latest. */
const paceMs = { stopping: 4_000, usual: 10_000, latest: 60_000 };
/** A connection that is slow, because its limit is low, is read so many times less often than it takes. */
const restPerRead = 5;

/**
 * The filters of the place, as the API takes them.
 * @param {Pick<Store['state'], 'place'>} state
 */
export function filtersNow({ place }) {
  return { state: liveStates, ...place.filters };
}

/** @param {Store} store */
export async function loadProviders(store) {
  /** @type {Answer<{ providers: ProviderView[] }>} */
  const answer = await ask('v1/providers');
  if (answer.value) store.change({ providers: answer.value.providers });
  else isSignedOut(store, answer);
}

/**
 * Reads the jobs of every connection again and again, each for itself.
 * @param {Store} store
 */
export function makeReader(store) {
  const { state } = store;
  /** @type {Map<string, { dueAt: number, waitMs: number }>} */
  const plans = new Map();
  /** @type {Set<string>} */
  const busy = new Set();

  const isOn = () => state.place.view === 'jobs' && Boolean(state.signedIn) && !document.hidden;
  const turn = () => {
    if (!isOn()) return;
    const now = Date.now();
    for (const name of shownConnections(state)) {
      if (busy.size >= mostAtOnce) return;
      if (!busy.has(name) && (plans.get(name)?.dueAt ?? 0) <= now) void read(name);
    }
  };
  const read = async (/** @type {string} */ name) => {
    busy.add(name);
    const beganAt = Date.now();
    const { isChanged, restMs } = await readConnection(store, name);
    busy.delete(name);
    const isStopping = [...state.pressed].some(
      ([key, { phase }]) => phase === 'stopping' && jobOf(key).provider === name,
    );
    const least = Math.max(
      isStopping ? paceMs.stopping : paceMs.usual,
      (Date.now() - beganAt) * restPerRead,
      restMs,
    );
    const before = plans.get(name)?.waitMs ?? least;
    const waitMs = isChanged || isStopping ? least : Math.min(paceMs.latest, Math.max(least, before * 1.5));
    plans.set(name, { dueAt: Date.now() + waitMs, waitMs });
    turn();
  };
  setInterval(turn, 500);
  document.addEventListener('visibilitychange', turn);
  return {
    /** Reads every connection at once. */
    now() {
      plans.clear();
      turn();
    },
    /** Adds the next page of every connection that has one. */
    async more() {
      for (const [name, { cursor }] of state.list.readings)
        if (cursor !== null && !busy.has(name)) {
          busy.add(name);
          await readMore(store, name, cursor);
          busy.delete(name);
        }
    },
  };
}

/**
 * @param {Store} store
 * @param {string} name
 * @param {string} cursor
 * @returns {Promise<Answer<ListResult> | undefined>} `undefined` if the person has moved on meanwhile
 */
async function page(store, name, cursor) {
  const { place } = store.state;
  /** @type {Answer<ListResult>} */
  const answer = await ask('v1/jobs', {
    query: { ...filtersNow({ place }), provider: name, limit: String(pageSize), cursor },
  });
  return store.state.place.filters !== place.filters || isSignedOut(store, answer) ? undefined : answer;
}

/**
 * Reads the jobs of one connection, as many as are shown; gives whether anything changed, and how long to leave calloff alone.
 * @param {Store} store
 * @param {string} name
 */
async function readConnection(store, name) {
  const wanted = store.state.list.rows.filter(({ job }) => job.provider === name).length;
  /** @type {JobView[]} */
  const jobs = [];
  let reading = noReading;
  do {
    const answer = await page(store, name, reading.cursor ?? '');
    if (answer === undefined) return { isChanged: true, restMs: 0 };
    if (answer.value === undefined) {
      await take(store, name, undefined, { ...reading, problem: answer.problem ?? '' });
      return { isChanged: false, restMs: (answer.retryAfterSeconds ?? 0) * 1_000 };
    }
    jobs.push(...answer.value.jobs);
    reading = {
      unavailable: [...reading.unavailable, ...answer.value.unavailable],
      cursor: answer.value.next_cursor,
      inOtherStates: reading.inOtherStates + (answer.value.in_other_states ?? 0),
      readAt: Date.now(),
    };
  } while (reading.cursor !== null && jobs.length < wanted);
  const isSilent = jobs.length === 0 && reading.unavailable.length > 0;
  return { isChanged: await take(store, name, isSilent ? undefined : jobs, reading), restMs: 0 };
}

/** @type {Reading} */
const noReading = { unavailable: [], cursor: null, inOtherStates: 0 };

/**
 * @param {Store} store
 * @param {string} name
 * @param {readonly JobView[] | undefined} jobs
 * @param {Reading} reading
 */
async function take(store, name, jobs, { readAt: _, ...reading }) {
  const { list } = store.state;
  const readAt = jobs === undefined ? list.readings.get(name)?.readAt : Date.now();
  const rows = merged(store.state, name, jobs);
  const isChanged = summary(rows) !== summary(list.rows);
  const known = { ...reading, ...(readAt !== undefined && { readAt }) };
  store.change({ list: { rows, readings: new Map([...list.readings, [name, known]]) }, now: Date.now() });
  await lookAtKept(store);
  return isChanged;
}

/** @param {readonly Row[]} rows */
const summary = (rows) => rows.map(({ key, job, isStale }) => `${key} ${job.state} ${isStale}`).join('\n');

/**
 * @param {Store} store
 * @param {string} name
 * @param {string} cursor
 */
async function readMore(store, name, cursor) {
  const answer = await page(store, name, cursor);
  if (answer?.value === undefined) return;
  const { jobs, next_cursor, unavailable } = answer.value;
  const { rows, readings } = store.state.list;
  const known = new Set(rows.map(({ key }) => key));
  const fresh = jobs.map((job) => ({ key: keyOf(job), job })).filter(({ key }) => !known.has(key));
  const before = readings.get(name) ?? noReading;
  const reading = { ...before, cursor: next_cursor, unavailable: [...before.unavailable, ...unavailable] };
  store.change({ list: { rows: [...rows, ...fresh], readings: new Map([...readings, [name, reading]]) } });
}

/**
 * Reads the status of jobs that were ticked or pressed and have left the list, so that their rows say what became of them.
 * @param {Store} store
 */
async function lookAtKept(store) {
  const left = store.state.list.rows.filter(({ job, isKept }) => isKept && !isOver(job));
  for (const { key } of left.slice(0, mostLooks)) await lookAt(store, key);
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
  if (job === undefined || !('state' in job) || answer.status !== 200) return answer;
  const { list, ticked, pressed } = store.state;
  const before = ticked.get(key);
  const seen = (/** @type {Row} */ row) => ({
    ...row,
    job: { ...row.job, ...job },
    ...(before !== undefined && before !== job.state && { was: before }),
  });
  const rows = list.rows.map((row) => (row.key === key ? seen(row) : row));
  store.change({ list: { ...list, rows }, now: Date.now() });
  if (isOver(job)) settle(store, key);
  return answer;
  /** What is over cannot stay ticked, and is not being stopped any more. */
  function settle(/** @type {Store} */ { change }, /** @type {string} */ ended) {
    const known = pressed.get(ended);
    const next = known?.phase === 'stopping' ? { ...known, phase: /** @type {const} */ ('over') } : known;
    change({
      ticked: without(ticked, ended),
      ...(next && { pressed: new Map([...pressed, [ended, next]]) }),
    });
  }
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
