/** @import { OperationView, PageState } from '../types.d.ts' */
import { counted } from './words.js';

/** @type {ReadonlySet<OperationView['state']>} */
const goingStates = new Set(['running', 'listing']);

/**
 * Whether an operation still sends cancels, so that it can be paused.
 * @param {Pick<OperationView, 'state'>} operation
 */
export const isGoing = ({ state }) => goingStates.has(state);

/**
 * The newest of the stops that are followed, which has a bar of its own, and the others, which share one: many bars would cover
 * the list.
 * @param {PageState['followed']} followed
 */
export function barsOf(followed) {
  const [newest, ...others] = [...followed.values()].toSorted(
    (one, other) => Date.parse(other.created_at) - Date.parse(one.created_at),
  );
  return { newest, others };
}

/**
 * How the other stops go: `4 other stops: 3 under way, 1 finished`.
 * @param {readonly OperationView[]} others
 */
export function othersText(others) {
  const underWay = others.filter((each) => isGoing(each) || each.state === 'following').length;
  const paused = others.filter(({ state }) => state === 'paused').length;
  const shares = [
    /** @type {const} */ ([underWay, 'under way']),
    /** @type {const} */ ([paused, 'paused']),
    /** @type {const} */ ([others.length - underWay - paused, 'finished']),
  ];
  const told = shares.flatMap(([count, word]) => (count === 0 ? [] : [`${count} ${word}`]));
  return `${counted(others.length, 'other stop')}: ${told.join(', ')}`;
}
