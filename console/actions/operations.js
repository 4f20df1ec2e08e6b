/** @import { Store } from '../model/state.js' */
/** @import { Answer, OperationOutcome, OperationView, Outcome, Place } from '../types.d.ts' */
import { ask } from '../api.js';
import { withOutcomes } from '../model/outcomes.js';
import { poll } from '../poll.js';
import { ticks, wallTime } from '../time.js';
import { say } from './say.js';
import { isSignedOut } from './session.js';

/** @typedef {{ outcomes: OperationOutcome[], next_cursor: string | null }} OutcomePage */

/** @type {ReadonlySet<string>} */
const resting = new Set(['finished', 'paused', 'draft']);

/** So many operations that are not over are followed again at most. */
const mostFollowedAgain = 5;

/** All outcomes are read again at the earliest so many times later than it takes to read them. */
const restPerRead = 5;

/**
 * What follows each operation: one, whatever has it followed.
 * @type {Map<string, ReturnType<typeof poll>>}
 */
const followers = new Map();

/**
 * Follows an operation until nothing more comes: its outcomes go into the rows. How it goes stands below the table if the state
 * says that it is followed there.
 * @param {Store} store
 * @param {string} id
 */
export function followOperation(store, id) {
  const known = followers.get(id);
  if (known !== undefined) return known.now();
  let etag = '';
  let dueAt = 0;
  const following = poll(
    async () => {
      /** @type {Answer<OperationView>} */
      const answer = await ask(`v1/operations/${id}`, { etag });
      if (isSignedOut(store, answer)) end();
      if (answer.value === undefined) return false;
      const { state } = answer.value;
      const isDue = resting.has(state) || ticks() >= dueAt;
      // What is not read now is as unread as if it had changed.
      etag = isDue ? (answer.etag ?? '') : '';
      const beganAt = ticks();
      if (isDue) await takeOutcomes(store, id);
      if (isDue) dueAt = ticks() + (ticks() - beganAt) * restPerRead;
      const { followed } = store.state;
      store.change({
        ...(followed.has(id) && { followed: new Map([...followed, [id, answer.value]]) }),
        ...(store.state.place.operation === id && {
          operation: { phase: /** @type {const} */ ('ready'), value: answer.value },
        }),
      });
      if (resting.has(state)) {
        end();
        store.change({ pressed: withoutUntold(store.state.pressed, id) });
        say(answer.value.message);
      }
      return true;
    },
    { leastMs: 1_000, mostMs: 10_000 },
  );
  followers.set(id, following);
  const end = () => {
    following.stop();
    followers.delete(id);
  };
}

/**
 * Follows again what this person started and what is not over, as after a reload of the page.
 * @param {Store} store
 */
export async function followOwn(store) {
  /** @type {Answer<{ readonly operations: readonly OperationView[] }>} */
  const answer = await ask('v1/operations', {
    query: { state: 'listing,running,following', limit: String(mostFollowedAgain) },
  });
  for (const operation of answer.value?.operations ?? []) {
    const { followed, signedIn } = store.state;
    if (operation.caller !== signedIn?.caller || followed.has(operation.id)) continue;
    store.change({ followed: new Map([...followed, [operation.id, operation]]) });
    followOperation(store, operation.id);
  }
}

/**
 * What was pressed, without the jobs of an operation at rest of which it tells nothing: they are not being stopped.
 * @param {Store['state']['pressed']} pressed
 * @param {string} id
 */
function withoutUntold(pressed, id) {
  return new Map(
    [...pressed].filter(([, { operation, outcome }]) => operation !== id || outcome !== undefined),
  );
}

/**
 * @param {Store} store
 * @param {string} id
 */
async function takeOutcomes(store, id) {
  /** @type {Outcome[]} */
  const all = [];
  let cursor = '';
  do {
    /** @type {Answer<OutcomePage>} */
    const answer = await ask(`v1/operations/${id}/outcomes`, { query: { limit: '1000', cursor } });
    if (answer.value === undefined) break;
    all.push(...answer.value.outcomes.filter(({ pending }) => !pending));
    cursor = answer.value.next_cursor ?? '';
  } while (cursor !== '');
  store.change({ ...withOutcomes(store.state, all, id), now: wallTime() });
}

/**
 * Reads the operations of the view again.
 * @param {Store} store
 */
export async function loadOperations(store) {
  const { place, operations } = store.state;
  const { state, caller, cursor } = place.filters;
  const answer = await ask('v1/operations', {
    query: { state, caller, cursor, limit: '50' },
    etag: operations.etag ?? '',
  });
  return takeInto(store, 'operations', answer, place);
}

/**
 * Reads the open operation and a page of its outcomes.
 * @param {Store} store
 */
export async function loadOperation(store) {
  const { place, operation } = store.state;
  if (place.operation === undefined) return false;
  const path = `v1/operations/${encodeURIComponent(place.operation)}`;
  const etag = operation.etag ?? '';
  const isChanged = takeInto(store, 'operation', await ask(path, { etag }), place);
  if (isChanged) {
    const { outcome, cursor } = place.filters;
    const outcomes = await ask(`${path}/outcomes`, { query: { outcome, cursor, limit: '200' } });
    takeInto(store, 'outcomes', outcomes, place);
  }
  return isChanged;
}

/**
 * Reads the audit of the view again.
 * @param {Store} store
 */
export async function loadAudit(store) {
  const { place, audit } = store.state;
  const query = { ...place.filters, ...daysOf(place.filters), limit: '100' };
  const answer = await ask('v1/audit', { query, etag: audit.etag ?? '' });
  return takeInto(store, 'audit', answer, place);
}

/**
 * Days as the times at which they begin and end, in UTC: a link then shows everyone the same.
 * @param {Readonly<Record<string, string>>} filters
 */
function daysOf({ since = '', until = '' }) {
  return {
    ...(isDay(since) && { since: `${since}T00:00:00Z` }),
    ...(isDay(until) && { until: `${until}T23:59:59.999Z` }),
  };
}

/** @param {string} text */
const isDay = (text) => /^\d{4}-\d\d-\d\d$/.test(text);

/**
 * Puts an answer into its part of the page. An old one stays while a new one cannot be read.
 * @param {Store} store
 * @param {'operations' | 'operation' | 'outcomes' | 'audit' | 'waiting' | 'laterWaiting' | 'job' | 'jobAudit'} part
 * @param {Answer<unknown>} answer
 * @param {Place} [place] for which it was asked: once another is shown, the answer is not for that
 */
export function takeInto(store, part, answer, place = store.state.place) {
  if (isSignedOut(store, answer) || isElsewhere(store.state.place, place)) return true;
  const now = wallTime();
  if (answer.status === 304) {
    store.change({ now });
    return false;
  }
  const before = store.state[part];
  if (answer.value === undefined)
    store.change({ [part]: { ...before, phase: 'failed', problem: answer.problem ?? '' }, now });
  else store.change({ [part]: { phase: 'ready', value: answer.value, etag: answer.etag }, now });
  return answer.value !== undefined;
}

/**
 * @param {Place} one
 * @param {Place} other
 */
const isElsewhere = (one, other) =>
  one.view !== other.view || one.operation !== other.operation || one.filters !== other.filters;

/**
 * @param {Store} store
 * @param {string} id
 * @param {'pause' | 'resume' | 'start'} step
 * @param {object} [body]
 */
export async function operate(store, id, step, body = {}) {
  /** @type {Answer<OperationView>} */
  const answer = await ask(`v1/operations/${encodeURIComponent(id)}/${step}`, { method: 'POST', body });
  if (isSignedOut(store, answer)) return;
  say(answer.value?.message ?? answer.problem ?? '');
  if (answer.value === undefined)
    store.change({ operation: { ...store.state.operation, problem: answer.problem ?? '' } });
  else {
    store.change({
      operation: { phase: 'ready', value: answer.value },
      followed: new Map([...store.state.followed, [id, answer.value]]),
    });
    if (step === 'resume') followOperation(store, id);
  }
}
