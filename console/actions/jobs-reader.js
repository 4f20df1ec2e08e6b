/** @import { Store } from '../model/state.js' */
/** @import { Plan } from './read-plan.js' */
import { onRoomWanted } from '../api.js';
import { shownConnections } from '../model/overview.js';
import { jobOf } from '../model/place.js';
import { ticks } from '../time.js';
import { readConnection, readMore } from './read-jobs.js';
import { planAfter } from './read-plan.js';

/** So many connections are read at once, of the slow ones one: so a slow one holds up no other. */
const mostAtOnce = 3;
/** A list that takes longer is slow, and gives way to connections that were not read yet, in milliseconds. */
const patienceMs = 3_000;
/** How often it is seen which connections are due, in milliseconds. */
const turnMs = 500;

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
    const plan = planAfter(plans.get(name), { ...value, tookMs }, ticks());
    plans.set(name, isGivenUp ? { ...plan, dueAt: 0 } : plan);
    turn();
  };
  setInterval(turn, turnMs);
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
