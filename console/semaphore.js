/**
 * Lets at most so many tasks run at a time; the others wait, in the order in which they came.
 * @param {number} most
 */
export function semaphore(most) {
  let running = 0;
  /** @type {(() => void)[]} */
  const waiting = [];
  const leave = () => {
    const next = waiting.shift();
    if (next === undefined) running -= 1;
    else next();
  };
  /**
   * @template Value
   * @param {() => Promise<Value>} task
   * @returns {Promise<Value>} rejects if the task does
   */
  return async (task) => {
    if (running < most) running += 1;
    else await new Promise((resolve) => waiting.push(() => resolve(undefined)));
    return task().finally(leave);
  };
}
