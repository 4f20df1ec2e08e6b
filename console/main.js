/** @import { PageState, Place, Row } from './types.d.ts' */
import { hasJustMoved, noteRows, watchPointer } from './actions/aim.js';
import { closeDialog, listMatching } from './actions/ask-first.js';
import { loadProviders, makeReader } from './actions/list.js';
import { lookAt } from './actions/look.js';
import {
  followOwn,
  loadAudit,
  loadOperation,
  loadOperations,
  operate,
  takeInto,
} from './actions/operations.js';
import { say } from './actions/say.js';
import { mayCancel, tick, tickAll, tickEveryMatch, tickNone } from './actions/select.js';
import { followSession, recogniseCaller, signIn, signOut } from './actions/session.js';
import { stopOne, stopShown, stopTicked } from './actions/stop.js';
import { answerConfirmation, loadWaiting, lookAtRequest } from './actions/waiting.js';
import { ask } from './api.js';
import { listenToKeys } from './keyboard.js';
import { overview } from './model/overview.js';
import { jobOf, placeOf, searchOf } from './model/place.js';
import { whyNot } from './model/rows.js';
import { emptyState, makeStore } from './model/state.js';
import { without } from './model/without.js';
import { poll } from './poll.js';
import { wallTime } from './time.js';
import { html, render } from './vendor/lit-html.js';
import { auditView } from './views/audit.js';
import { frame } from './views/frame.js';
import { jobDetails } from './views/job-details.js';
import { jobsView, ordered } from './views/jobs.js';
import { operationsView } from './views/operations.js';
import { signInView } from './views/sign-in.js';
import { stopDialog } from './views/stop-dialog.js';
import { waitingView } from './views/waiting.js';

const place = document.querySelector('#page');
const root = place instanceof HTMLElement ? place : document.body;

const narrow = matchMedia('(max-width: 700px)');
/** The part of the table that is in sight, in rows. */
let sight = { first: 0, last: 40, rowHeight: 40 };
/** Where the focus was before the dialog or the drawer opened. */
/** @type {Element | null} */
let focusedBefore = null;

const store = makeStore(emptyState(location.search), draw);
const { state } = store;

/** @param {PageState} now */
function draw(now) {
  if (now.signedIn === undefined) return;
  if (now.signedIn === null) {
    render(
      signInView(now, (token) => void enter({ token })),
      root,
    );
    return;
  }
  const content = html`${viewNow(now)}${jobDetails(now, { close: closeJob, openAudit: (job) => go({ view: 'audit', filters: { job }, sort: 'age' }) })}${stopDialog(now, dialogDoings)}`;
  render(frame(now, { go, signOut: () => void signOut(store), toggleHelp }, content), root);
  noteRows();
  const dialog = document.querySelector('dialog');
  if (dialog !== null && !dialog.open) {
    focusedBefore = document.activeElement;
    dialog.showModal();
  }
}

/** @param {PageState} now */
function viewNow(now) {
  if (now.place.view === 'operations') return operationsView(now, operationDoings);
  if (now.place.view === 'audit') return auditView(now, { setFilters });
  if (now.place.view === 'waiting') return waitingView(now, waitingDoings);
  return jobsView(now, sight, jobDoings);
}

const waitingDoings = {
  agree: (/** @type {string} */ id) => void answerConfirmation(store, id, 'POST'),
  keep: (/** @type {string} */ id) => void answerConfirmation(store, id, 'DELETE'),
  look: (/** @type {string} */ id) => void lookAtRequest(store, id),
};

const dialogDoings = {
  stopShown: (/** @type {string} */ reason) => void stopShown(store, reason.trim()),
  listMatching: (/** @type {string} */ reason) => void listMatching(store, reason.trim()),
  close: () => {
    closeDialog(store);
    // While the dialog is still drawn, nothing else can have the focus.
    queueMicrotask(() => focusedBefore instanceof HTMLElement && focusedBefore.focus());
  },
  openOperation: (/** @type {string} */ id) => {
    closeDialog(store);
    go({ view: 'operations', filters: {}, sort: 'age', operation: id });
  },
};

const jobDoings = {
  setFilters,
  setSort: (/** @type {string} */ sort) => go({ ...state.place, sort }),
  tick: (/** @type {Row} */ row) => tick(store, row),
  tickAll: () => tickAll(store),
  tickNone: () => tickNone(store),
  tickEveryMatch: () => tickEveryMatch(store),
  open: openJob,
  stop: (/** @type {Row} */ { key }) => {
    if (hasJustMoved()) say('The rows moved under the pointer just now. Nothing was sent: press again.');
    else void stopOne(store, key);
  },
  stopTicked: () => void stopTicked(store),
  focus: (/** @type {Row} */ { key }) => store.change({ cursor: key }),
  refresh: () => reader.now(),
  toggleFilters: () => store.change({ isFiltering: !state.isFiltering }),
  scrolled,
  openOperation: dialogDoings.openOperation,
  operate: (/** @type {string} */ id, /** @type {'pause' | 'resume'} */ step) =>
    void operate(store, id, step),
  dismiss: (/** @type {string} */ id) => store.change({ followed: without(state.followed, id) }),
};

const operationDoings = {
  open: (/** @type {string | undefined} */ id) =>
    go({ view: 'operations', filters: {}, sort: 'age', ...(id !== undefined && { operation: id }) }),
  setFilters,
  operate: (/** @type {string} */ id, /** @type {'pause' | 'resume'} */ step, body = {}) =>
    void operate(store, id, step, body),
  openAudit: (/** @type {string} */ operation) => go({ view: 'audit', filters: { operation }, sort: 'age' }),
};

/**
 * Shows another place, and puts it into the address, so that back works and a link can be sent.
 * @param {Place} place
 */
function go(place) {
  const address = location.pathname + searchOf(place);
  if (address !== location.pathname + location.search) history.pushState(null, '', address);
  show(place);
}

/** @param {Place} place */
function show(place) {
  const before = state.place;
  const isOtherList =
    before.view !== place.view || JSON.stringify(before.filters) !== JSON.stringify(place.filters);
  const stopping = state.list.rows.filter(({ key }) => state.pressed.get(key)?.phase === 'stopping');
  const list = isOtherList && place.view === 'jobs' ? { rows: stopping, readings: new Map() } : state.list;
  store.change({
    ...{
      place,
      list,
      operation:
        before.operation === place.operation ? { ...state.operation, etag: '' } : { phase: 'loading' },
    },
    ...(isOtherList && place.view === 'jobs' && { ticked: new Map(), everyMatch: false }),
    ...((isOtherList || before.operation !== place.operation) && {
      outcomes: { phase: /** @type {const} */ ('loading') },
    }),
    ...(isOtherList && {
      audit: { phase: /** @type {const} */ ('loading') },
      operations: { phase: /** @type {const} */ ('loading') },
      answered: undefined,
    }),
  });
  if (place.job !== before.job) void readJob();
  if (isOtherList || place.operation !== before.operation) readNow();
}

/** @param {Readonly<Record<string, string>>} filters */
function setFilters(filters) {
  go({
    ...state.place,
    filters: Object.fromEntries(Object.entries(filters).filter(([, value]) => value !== '')),
  });
}

/** @param {Row} row */
function openJob({ key }) {
  focusedBefore = document.activeElement;
  go({ ...state.place, job: key });
}

function closeJob() {
  const { job: _, ...place } = state.place;
  go(place);
  if (focusedBefore instanceof HTMLElement) focusedBefore.focus();
}

/** Reads the open job and what the audit says of it. */
async function readJob() {
  const { job } = state.place;
  store.change({ job: { phase: 'loading' }, jobAudit: { phase: 'loading' } });
  if (job === undefined) return;
  const { job_id } = jobOf(job);
  takeInto(store, 'job', await lookAt(store, job));
  takeInto(store, 'jobAudit', await ask('v1/audit', { query: { job: job_id, limit: '20' } }));
  document.querySelector('#job-title')?.scrollIntoView?.({ block: 'nearest' });
}

function scrolled() {
  const box = document.querySelector('.scroller');
  const row = document.querySelector('tr[data-key]');
  if (!(box instanceof HTMLElement) || !(row instanceof HTMLElement)) return;
  const rowHeight = row.offsetHeight || sight.rowHeight;
  const first = Math.floor(box.scrollTop / rowHeight);
  const last = Math.ceil((box.scrollTop + box.clientHeight) / rowHeight);
  if (overview(state).hasMore && last + 50 > state.list.rows.length) void more();
  if (Math.abs(first - sight.first) < 5 && rowHeight === sight.rowHeight && last === sight.last) return;
  sight = { first, last, rowHeight };
  store.change({});
}

let isReadingMore = false;
async function more() {
  if (isReadingMore) return;
  isReadingMore = true;
  await reader.more();
  isReadingMore = false;
}

function toggleHelp() {
  store.change({ isHelpOpen: !state.isHelpOpen });
}

/**
 * Moves the keyboard to the next or previous row, and brings it into sight.
 * @param {1 | -1} by
 */
function move(by) {
  if (state.place.view !== 'jobs') return;
  const rows = ordered(state);
  const index = rows.findIndex(({ key }) => key === state.cursor);
  const next = rows[Math.max(0, Math.min(rows.length - 1, index + by))];
  if (next === undefined) return;
  store.change({ cursor: next.key });
  queueMicrotask(() => {
    const row = document.querySelector(`tr[data-key="${CSS.escape(next.key)}"]`);
    if (row instanceof HTMLElement) {
      row.focus({ preventScroll: true });
      row.scrollIntoView({ block: 'nearest' });
    }
  });
}

/** The row that the keys are about: none where no jobs are shown, and the open job before the one at the cursor. */
function rowAtCursor() {
  const key = state.place.job ?? state.cursor;
  return state.place.view === 'jobs' ? ordered(state).find((row) => row.key === key) : undefined;
}

listenToKeys({
  move,
  tick: () => {
    const row = rowAtCursor();
    if (row) tick(store, row);
  },
  open: () => {
    const row = rowAtCursor();
    if (row) openJob(row);
  },
  stop: () => {
    if (state.place.view !== 'jobs') return;
    const row = rowAtCursor();
    if (state.ticked.size > 0) void stopTicked(store);
    else if (row && whyNot(row, state.pressed.get(row.key), mayCancel(state)) === undefined)
      void stopOne(store, row.key);
  },
  filter: () => {
    const field = document.querySelector('input[name="name"]');
    if (field instanceof HTMLInputElement) field.focus();
  },
  escape: () => {
    if (state.isHelpOpen) toggleHelp();
    else if (state.place.job !== undefined) closeJob();
    else if (document.activeElement instanceof HTMLInputElement && document.activeElement.type === 'search')
      document.activeElement.blur();
    else tickNone(store);
  },
  help: toggleHelp,
});

/** What is read again and again: the view that is shown. */
async function readView() {
  if (!state.signedIn) return false;
  const { view, operation } = state.place;
  if (view === 'operations') return operation === undefined ? loadOperations(store) : loadOperation(store);
  if (view === 'audit') return loadAudit(store);
  if (view === 'waiting') return loadWaiting(store);
  return false;
}

function readNow() {
  reader.now();
  reading.now();
}

/**
 * @param {Parameters<typeof signIn>[1]} proof
 */
async function enter(proof) {
  await signIn(store, proof);
  await begin();
}

async function begin() {
  if (!state.signedIn) return;
  await loadProviders(store);
  readNow();
  badges.now();
  void followOwn(store);
  if (state.place.job !== undefined) await readJob();
}

window.addEventListener('popstate', () => show(placeOf(location.search)));
narrow.addEventListener('change', () => scrolled());
window.addEventListener('resize', () => scrolled());

const reader = makeReader(store);
const reading = poll(readView, { leastMs: 5_000, mostMs: 30_000 });
const badges = poll(
  async () => {
    if (!state.signedIn) return false;
    await loadProviders(store);
    return state.place.view === 'waiting' ? false : loadWaiting(store);
  },
  { leastMs: 15_000, mostMs: 60_000 },
);
setInterval(() => {
  if (!document.hidden && state.signedIn) store.change({ now: wallTime() });
}, 1_000);

watchPointer();
followSession(store);
await recogniseCaller(store);
await begin();
