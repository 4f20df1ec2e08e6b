/** @import { Store } from './model/state.js' */

import { lookAtRested } from './actions/follow.js';
import { makeReader } from './actions/jobs-reader.js';
import { loadProviders } from './actions/load-providers.js';
import { lookAtKept } from './actions/look.js';
import { loadAudit, loadOperation, loadOperations } from './actions/operations.js';
import { lookAtOpen } from './actions/read-open-job.js';
import { loadWaiting } from './actions/waiting.js';
import { poll } from './poll.js';
import { wallTime } from './time.js';

/** How soon the shown view, and each stop at rest whose bar is shown, is read again, in milliseconds. */
const viewPace = { leastMs: 5_000, mostMs: 30_000 };
/** How soon the providers and what waits for the person are read again, whatever view is shown. */
const badgesPace = { leastMs: 15_000, mostMs: 60_000 };
/** How soon jobs that no list shows are looked at again, although no list is read, in milliseconds. */
const keptPace = { leastMs: 10_000, mostMs: 60_000 };
/** How often the ages on the page are drawn anew, in milliseconds. */
const clockMs = 1_000;

/**
 * Keeps the page up to date, as long as a person is signed in.
 * @param {Store} store
 */
export function keepFresh(store) {
  const jobs = makeReader(store);
  const view = poll(() => readView(store), viewPace);
  const badges = poll(() => readBadges(store), badgesPace);
  poll(() => readKept(store), keptPace);
  poll(() => readRested(store), viewPace);
  setInterval(() => {
    if (!document.hidden && store.state.signedIn) store.change({ now: wallTime() });
  }, clockMs);
  const readNow = () => {
    jobs.now();
    view.now();
  };
  return {
    /** Reads what the shown view shows. */
    readNow,
    /** Reads that, and what stands around every view. */
    readAllNow() {
      readNow();
      badges.now();
    },
    /** Reads the jobs. */
    readJobsNow: jobs.now,
    /** Reads the next page of the list of jobs. */
    readMoreJobs: jobs.more,
  };
}

/**
 * Reads the shown view, but for the jobs, which have a reader of their own; gives whether anything changed.
 * @param {Store} store
 */
async function readView(store) {
  if (!store.state.signedIn) return false;
  const { view, operation } = store.state.place;
  if (view === 'operations') return operation === undefined ? loadOperations(store) : loadOperation(store);
  if (view === 'audit') return loadAudit(store);
  if (view === 'waiting') return loadWaiting(store);
  return false;
}

/** @param {Store} store */
async function readKept(store) {
  if (!store.state.signedIn) return false;
  await lookAtKept(store);
  await lookAtOpen(store);
  return false;
}

/** @param {Store} store */
async function readRested(store) {
  if (store.state.signedIn) await lookAtRested(store);
  return false;
}

/** @param {Store} store */
async function readBadges(store) {
  if (!store.state.signedIn) return false;
  await loadProviders(store);
  return store.state.place.view === 'waiting' ? false : loadWaiting(store);
}
