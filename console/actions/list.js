/** @import { Store } from '../model/state.js' */
/** @import { Answer, JobView, ListResult, ProviderView, Reading, Row } from '../types.d.ts' */
import { ask, onRoomWanted } from '../api.js';
import { shownConnections } from '../model/overview.js';
import { jobOf, keyOf, liveStates } from '../model/place.js';
import { merged } from '../model/rows.js';
import { ticks, wallTime } from '../time.js';
import { lookAtKept, takeRows } from './look.js';
import { isSignedOut } from './session.js';

/** The most jobs that one request for a list answers. */
const pageSize = 1_000;
/** So many connections are read at once, of the slow ones one: so a slow one holds up no other. */
const mostAtOnce = 3;
/** A list that takes longer is slow, and gives way to connections that were not read yet, in milliseconds. */
const patienceMs = 3_000;
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
  if (answer.value) store.change({ providers: answer.value.providers, providersProblem: undefined });
  else if (!isSignedOut(store, answer)) store.change({ providersProblem: answer.problem });
}

/**
 * When a connection is read again, how soon it may be while its jobs are being stopped, and how long it took the last time.
 * @typedef {{ readonly dueAt: number, readonly soonestAt: number, readonly waitMs: number, readonly tookMs: number }} Plan
 */

/**
 * A read that is under way.
 * @typedef {{ readonly beganAt: number, readonly filters: object, readonly control: AbortController }} UnderWay
 */

/**
 * Reads the jobs of every connection again and again, each for itself.
 * @param {Store} store
 */
export function makeReader(store) {
  const { state } = store;
  /** @type {Map<string, Plan>} */
  const plans = new Map();
  /** @type {Map<string, UnderWay>} */
  const reads = new Map();

  const isOn = () => state.place.view === 'jobs' && Boolean(state.signedIn) && !document.hidden;
  const isSlow = (/** @type {string} */ name) => (plans.get(name)?.tookMs ?? 0) > patienceMs;
  const turn = () => {
    if (!isOn()) return giveUp(() => document.hidden);
    giveUp(({ filters }) => filters !== state.place.filters);
    for (const name of waiting()) {
      if (reads.size >= mostAtOnce) return makeRoom(name);
      if (!isSlow(name) || ![...reads.keys()].some(isSlow)) void read(name);
    }
  };
  const isStopping = (/** @type {string} */ name) =>
    [...state.pressed].some(([key, { phase }]) => phase === 'stopping' && jobOf(key).provider === name);
  const isDue = (/** @type {string} */ name) => {
    const plan = plans.get(name);
    if (plan === undefined || plan.dueAt <= ticks()) return true;
    return plan.soonestAt <= ticks() && isStopping(name);
  };
  /** The connections that are due, those that answer soonest first. */
  const waiting = () =>
    shownConnections(state)
      .filter((name) => !reads.has(name) && isDue(name))
      .toSorted((one, other) => (plans.get(one)?.tookMs ?? 0) - (plans.get(other)?.tookMs ?? 0));
  /** The list that takes longest gives way to a connection that was never read. */
  const makeRoom = (/** @type {string} */ name) => {
    if (plans.has(name)) return;
    const [oldest] = [...reads.values()].toSorted((one, other) => one.beganAt - other.beganAt);
    if (oldest !== undefined && ticks() - oldest.beganAt > patienceMs) oldest.control.abort();
  };
  const giveUp = (/** @type {(read: UnderWay) => boolean} */ isGivenUp) => {
    for (const each of reads.values()) if (isGivenUp(each)) each.control.abort();
  };
  /**
   * @template Value
   * @param {string} name
   * @param {(signal: AbortSignal) => Promise<Value>} task
   */
  const during = async (name, task) => {
    const control = new AbortController();
    const under = { beganAt: ticks(), filters: state.place.filters, control };
    reads.set(name, under);
    const value = await task(control.signal);
    if (reads.get(name) === under) reads.delete(name);
    return { value, tookMs: ticks() - under.beganAt, isGivenUp: control.signal.aborted };
  };
  const read = async (/** @type {string} */ name) => {
    const { value, tookMs, isGivenUp } = await during(name, (signal) => readConnection(store, name, signal));
    const { isChanged, restMs } = value;
    const least = Math.max(paceMs.usual, tookMs * restPerRead, restMs);
    const before = plans.get(name)?.waitMs ?? least;
    const waitMs = isChanged ? least : Math.min(paceMs.latest, Math.max(least, before * 1.5));
    const now = ticks();
    const soonestAt = now + Math.max(paceMs.stopping, tookMs * restPerRead, restMs);
    plans.set(name, { dueAt: isGivenUp ? 0 : now + waitMs, soonestAt, waitMs, tookMs });
    turn();
  };
  setInterval(turn, 500);
  onRoomWanted(() => giveUp(({ beganAt }) => ticks() - beganAt > patienceMs));
  document.addEventListener('visibilitychange', turn);
  return {
    /** Reads every connection at once. */
    now() {
      for (const [name, plan] of plans) plans.set(name, { ...plan, dueAt: 0 });
      turn();
    },
    /** Adds the next page of every connection that has one. */
    async more() {
      for (const [name, { cursor }] of state.list.readings)
        if (cursor !== null && !reads.has(name))
          await during(name, (signal) => readMore(store, name, cursor, signal));
    },
  };
}

/**
 * @param {Store} store
 * @param {string} name
 * @param {string} cursor
 * @param {AbortSignal} signal
 * @returns {Promise<Answer<ListResult> | undefined>} `undefined` if it was given up, or the person has moved on meanwhile
 */
async function page(store, name, cursor, signal) {
  const { place } = store.state;
  /** @type {Answer<ListResult>} */
  const answer = await ask('v1/jobs', {
    query: { ...filtersNow({ place }), provider: name, limit: String(pageSize), cursor },
    signal,
  });
  if (signal.aborted || store.state.place.filters !== place.filters) return undefined;
  return isSignedOut(store, answer) ? undefined : answer;
}

/**
 * Reads the jobs of one connection, as many as are shown; gives whether anything changed, and how long to leave calloff alone.
 * @param {Store} store
 * @param {string} name
 * @param {AbortSignal} signal
 */
async function readConnection(store, name, signal) {
  const wanted = store.state.list.rows.filter(({ job }) => job.provider === name).length;
  /** @type {JobView[]} */
  const jobs = [];
  let reading = noReading;
  do {
    const answer = await page(store, name, reading.cursor ?? '', signal);
    if (answer === undefined) return { isChanged: true, restMs: 0 };
    if (answer.value === undefined) {
      const { problem = '' } = answer;
      take(store, name, undefined, { ...reading, problem, isRefused: answer.kind === 'invalid-request' });
      return { isChanged: false, restMs: (answer.retryAfterSeconds ?? 0) * 1_000 };
    }
    jobs.push(...answer.value.jobs);
    reading = {
      unavailable: [...leftOpen(reading.unavailable), ...answer.value.unavailable],
      cursor: answer.value.next_cursor,
      inOtherStates: reading.inOtherStates + (answer.value.in_other_states ?? 0),
      readAt: wallTime(),
    };
  } while (reading.cursor !== null && jobs.length < wanted);
  const isSilent = jobs.length === 0 && reading.unavailable.length > 0;
  return { isChanged: take(store, name, isSilent ? undefined : jobs, reading), restMs: 0 };
}

/** @type {Reading} */
const noReading = { unavailable: [], cursor: null, inOtherStates: 0 };

/**
 * What earlier pages lack for good: a list that was not read to its end is read on in by the next page.
 * @param {Reading['unavailable']} unavailable
 */
const leftOpen = (unavailable) => unavailable.filter(({ code }) => code !== 'list_unfinished');

/**
 * @param {Store} store
 * @param {string} name
 * @param {readonly JobView[] | undefined} jobs
 * @param {Reading} reading
 */
function take(store, name, jobs, { readAt: _, ...reading }) {
  const { list } = store.state;
  const readAt = jobs === undefined ? list.readings.get(name)?.readAt : wallTime();
  const rows = merged(store.state, name, jobs);
  const isChanged = summary(rows) !== summary(list.rows);
  const known = { ...reading, ...(readAt !== undefined && { readAt }) };
  const readings = new Map([...list.readings, [name, known]]);
  takeRows(store, rows, { list: { rows, readings }, now: wallTime() });
  // A look may hang, and the lists go on.
  void lookAtKept(store);
  return isChanged;
}

/** @param {readonly Row[]} rows */
const summary = (rows) => rows.map(({ key, job, isStale }) => `${key} ${job.state} ${isStale}`).join('\n');

/**
 * @param {Store} store
 * @param {string} name
 * @param {string} cursor
 * @param {AbortSignal} signal
 */
async function readMore(store, name, cursor, signal) {
  const answer = await page(store, name, cursor, signal);
  if (answer?.value === undefined) return;
  const { jobs, next_cursor, unavailable } = answer.value;
  const { rows, readings } = store.state.list;
  const known = new Set(rows.map(({ key }) => key));
  const fresh = jobs.map((job) => ({ key: keyOf(job), job })).filter(({ key }) => !known.has(key));
  const before = readings.get(name) ?? noReading;
  const reading = {
    ...before,
    cursor: next_cursor,
    unavailable: [...leftOpen(before.unavailable), ...unavailable],
  };
  store.change({ list: { rows: [...rows, ...fresh], readings: new Map([...readings, [name, reading]]) } });
}
