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
  /** Whether it was asked for while it was being done: what it reads then may be of the place before. */
  let isAskedAgain = false;
  let isStopped = false;

  const later = () => {
    clearTimeout(timer);
    if (!isStopped && !document.hidden) timer = setTimeout(run, waitMs);
  };
  const run = async () => {
    if (isStopped) return;
    isAskedAgain = isRunning;
    if (isRunning) return;
    clearTimeout(timer);
    isRunning = true;
    const changed = await task();
    isRunning = false;
    waitMs = changed ? leastMs : Math.min(mostMs, waitMs * 1.5);
    if (isAskedAgain && !document.hidden) void run();
    else later();
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
