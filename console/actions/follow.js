/** @import { Store } from '../model/state.js' */
/** @import { Answer, OperationOutcome, OperationView, Outcome } from '../types.d.ts' */

import { announce } from '../announce.js';
import { ask } from '../api.js';
import { withOutcomes } from '../model/outcomes.js';
import { poll } from '../poll.js';
import { ticks, wallTime } from '../time.js';
import { isDismissed } from './dismiss.js';
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
 * Whether the page follows the operation, so that its outcomes come into the rows.
 * @param {string | undefined} id
 */
export const isFollowed = (id) => id !== undefined && followers.has(id);

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
      const beganAt = ticks();
      const isRead = isDue && (await takeOutcomes(store, id));
      // What is not read now is as unread as if it had changed.
      etag = isRead ? (answer.etag ?? '') : '';
      if (isDue) dueAt = ticks() + (ticks() - beganAt) * restPerRead;
      const { followed } = store.state;
      store.change({
        ...(followed.has(id) && { followed: new Map([...followed, [id, answer.value]]) }),
        ...(store.state.place.operation === id && {
          operation: { phase: /** @type {const} */ ('ready'), value: answer.value },
        }),
      });
      if (resting.has(state) && isRead) {
        end();
        store.change({ pressed: withoutUntold(store.state.pressed, id) });
        announce(answer.value.message);
      }
      return isRead || !isDue;
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
 * Follows again what this person started and what is not over, as after a reload of the page, and what the rows wait for, as
 * after a session that ended meanwhile.
 * @param {Store} store
 */
export async function followOwn(store) {
  followPressed(store);
  /** @type {Answer<{ readonly operations: readonly OperationView[] }>} */
  const answer = await ask('v1/operations', {
    query: { state: 'listing,running,following', limit: String(mostFollowedAgain) },
  });
  for (const operation of answer.value?.operations ?? []) {
    const { followed, signedIn } = store.state;
    if (operation.caller !== signedIn?.caller) continue;
    if (!isDismissed(operation.id))
      store.change({ followed: new Map([...followed, [operation.id, operation]]) });
    followOperation(store, operation.id);
  }
}

/**
 * Reads again how the operations at rest stand whose bars are shown: someone else may have resumed one. Then it is followed again.
 * @param {Store} store
 */
export async function lookAtRested(store) {
  for (const [id, known] of store.state.followed) {
    if (isFollowed(id)) continue;
    /** @type {Answer<OperationView>} */
    const { value } = await ask(`v1/operations/${id}`);
    const isOther = value !== undefined && progressOf(value) !== progressOf(known);
    if (isOther && store.state.followed.has(id)) followOperation(store, id);
  }
}

/** @param {OperationView} operation */
const progressOf = ({ state, started_at, counts, came_back }) =>
  JSON.stringify([state, started_at, counts, came_back]);

/** @param {Store} store */
function followPressed(store) {
  const pressed = [...store.state.pressed.values()];
  const ids = pressed.flatMap(({ phase, operation }) => (phase === 'stopping' ? (operation ?? []) : []));
  for (const id of new Set(ids)) if (!isFollowed(id)) followOperation(store, id);
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
 * Puts the outcomes of an operation into the rows; gives whether all could be read.
 * @param {Store} store
 * @param {string} id
 */
async function takeOutcomes(store, id) {
  /** @type {Outcome[]} */
  const all = [];
  let cursor = '';
  let isRead = true;
  do {
    /** @type {Answer<OutcomePage>} */
    const answer = await ask(`v1/operations/${id}/outcomes`, { query: { limit: '1000', cursor } });
    isRead = answer.value !== undefined;
    all.push(...(answer.value?.outcomes ?? []).filter(({ pending }) => !pending));
    cursor = answer.value?.next_cursor ?? '';
  } while (cursor !== '');
  store.change({ ...withOutcomes(store.state, all, id), now: wallTime() });
  return isRead;
}
