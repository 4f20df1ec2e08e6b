/** The signals that end a call: Ctrl-C, a request to stop the process, and the end of the terminal. */
const endings = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/** A call that a signal to stop can end. */
interface Interruptible {
  /** Aborted by the first signal, unless `onSignal` has named something else to do. */
  readonly signal: AbortSignal;
  /** From now on a signal to stop calls this, instead of ending the call. */
  onSignal(handle: () => void): void;
}

/** Lets signals to stop end a call, and calls `ended` then. A second signal ends the process. */
export function interruptible(ended: () => void): Interruptible {
  const interrupted = new AbortController();
  let end = () => {
    interrupted.abort();
    ended();
    for (const ending of endings) process.off(ending, handle);
  };
  const handle = () => end();
  for (const ending of endings) process.on(ending, handle);
  return {
    signal: interrupted.signal,
    onSignal(next) {
      end = next;
    },
  };
}
