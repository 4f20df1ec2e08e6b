/** @import { Store } from '../model/state.js' */
/** @import { Answer, JobView, ListResult, Reading, Row } from '../types.d.ts' */
import { ask } from '../api.js';
import { filtersOfJobs, keyOf } from '../model/place.js';
import { merged } from '../model/rows.js';
import { wallTime } from '../time.js';
import { lookAtKept, takeRows } from './look.js';
import { isSignedOut } from './session.js';

/** The most jobs that one request for a list answers. */
const pageSize = 1_000;

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
    query: { ...filtersOfJobs(place), provider: name, limit: String(pageSize), cursor },
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
export async function readConnection(store, name, signal) {
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
 * Adds the next page of the list of one connection to its rows.
 * @param {Store} store
 * @param {string} name
 * @param {string} cursor where the page begins
 * @param {AbortSignal} signal
 */
export async function readMore(store, name, cursor, signal) {
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
