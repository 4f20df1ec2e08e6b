/**
 * Lets at most so many in at a time, in the order in which they came. Each gives its place back by the function that it got.
 * @param {number} most
 */
export function gate(most) {
  let inside = 0;
  /** @type {(() => void)[]} */
  const waiting = [];
  const leave = () => {
    const next = waiting.shift();
    if (next === undefined) inside -= 1;
    else next();
  };
  /** @returns {Promise<() => void>} */
  return async () => {
    if (inside < most) inside += 1;
    else await new Promise((resolve) => waiting.push(() => resolve(undefined)));
    let isInside = true;
    return () => {
      if (isInside) leave();
      isInside = false;
    };
  };
}
