/** The one source of time. Everything that waits or dates something takes a clock, so that tests can turn it by hand. */
export interface Clock {
  /** Milliseconds since the epoch. */
  now(): number;
  /** Calls `wake` once, `ms` milliseconds from now, unless the returned function is called first. */
  after(ms: number, wake: () => void): () => void;
}

/** The machine's own clock. */
export const systemClock: Clock = {
  now: () => Date.now(),
  after(ms, wake) {
    const timer = setTimeout(wake, Math.max(0, ms));
    return () => clearTimeout(timer);
  },
};

/** Resolves after `ms` milliseconds, or at once when there are none or `signal` is or becomes aborted. Never rejects. */
export function sleep(clock: Clock, ms: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (ms <= 0 || signal?.aborted) return resolve();
    const finish = () => {
      cancel();
      signal?.removeEventListener('abort', finish);
      resolve();
    };
    const cancel = clock.after(ms, finish);
    signal?.addEventListener('abort', finish);
  });
}

/** The time `ms` (milliseconds since the epoch) in RFC 3339, in UTC. */
export function timestamp(ms: number): string {
  return new Date(ms).toISOString();
}
