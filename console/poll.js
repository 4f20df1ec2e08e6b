/**
 * Does something again and again: sooner while things change, later while nothing does, and not at all while the page is
 * hidden. `task` says whether something changed.
 * @param {() => Promise<boolean>} task
 * @param {{ readonly leastMs: number, readonly mostMs: number }} pace
 */
export function poll(task, { leastMs, mostMs }) {
  let waitMs = leastMs;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let timer;
  let isRunning = false;
  let isStopped = false;

  const later = () => {
    clearTimeout(timer);
    if (!isStopped && !document.hidden) timer = setTimeout(run, waitMs);
  };
  const run = async () => {
    if (isRunning || isStopped) return;
    isRunning = true;
    const changed = await task();
    isRunning = false;
    waitMs = changed ? leastMs : Math.min(mostMs, waitMs * 1.5);
    later();
  };
  const wake = () => {
    waitMs = leastMs;
    if (document.hidden) clearTimeout(timer);
    else void run();
  };
  document.addEventListener('visibilitychange', wake);
  void run();
  return {
    /** Does it at once, and often again from then on. */
    now: wake,
    stop() {
      isStopped = true;
      clearTimeout(timer);
      document.removeEventListener('visibilitychange', wake);
    },
  };
}
