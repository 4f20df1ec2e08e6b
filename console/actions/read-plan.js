/** How soon a connection is read again: while its jobs are being stopped, otherwise, and at the latest, in milliseconds. */
const paceMs = { stopping: 4_000, usual: 10_000, latest: 60_000 };
/** A connection that is slow, because its limit is low, is read so many times less often than it takes. */
const restPerRead = 5;

/**
 * When a connection is read again, how soon it may be while its jobs are being stopped, and how long it took the last time. Times
 * are of the clock that is never set, in milliseconds.
 * @typedef {{ readonly dueAt: number, readonly soonestAt: number, readonly waitMs: number, readonly tookMs: number }} Plan
 */

/**
 * The plan after a read: the pauses grow while nothing changes. None is shorter than calloff asks for, and only for that one may
 * be longer than the latest.
 * @param {Plan | undefined} before
 * @param {{ readonly isChanged: boolean, readonly restMs: number, readonly tookMs: number }} read `restMs`: how long calloff asks
 *   to be left alone
 * @param {number} now
 * @returns {Plan}
 */
export function planAfter(before, { isChanged, restMs, tookMs }, now) {
  const restedMs = Math.max(Math.min(paceMs.latest, tookMs * restPerRead), restMs);
  const leastMs = Math.max(paceMs.usual, restedMs);
  const grownMs = Math.min(paceMs.latest, (before?.waitMs ?? leastMs) * 1.5);
  const waitMs = isChanged ? leastMs : Math.max(leastMs, grownMs);
  return { dueAt: now + waitMs, soonestAt: now + Math.max(paceMs.stopping, restedMs), waitMs, tookMs };
}
