/**
 * The only source of time. Everything that waits or records a time takes a clock, so that tests can control it. Waits use
 * `now()`, shown times use `wallTime()`; the two are never compared.
 */
export interface Clock {
  /**
   * Monotonic: whole milliseconds since some moment in the past, independent of changes to the machine's time: for
   * deadlines, pace, budgets, back-off and the age of what this process remembers.
   */
  now(): number;
  /**
   * Whole milliseconds since the epoch, as the machine shows them, which may be set back or forward at any moment: for
   * times that are shown, recorded or shared with other processes.
   */
  wallTime(): number;
  /** Calls `wake` once, not before `ms` milliseconds from now, unless the returned function is called first. */
  after(ms: number, wake: () => void): () => void;
}

/**
 * The plausible difference between the wall clocks of two machines, in milliseconds. A time further ahead was recorded before a
 * clock was set back.
 */
export const plausibleSkewMs = 5_000;

/** The longest timer of the platform, in milliseconds. One set for longer fires at once. */
const longestTimerMs = 2 ** 31 - 1;

/** The machine's own clock. */
export const systemClock: Clock = {
  now: () => Math.floor(performance.now()),
  wallTime: () => Date.now(),
  after(ms, wake) {
    let timer: NodeJS.Timeout;
    const set = (leftMs: number) => {
      const partMs = Math.min(Math.max(1, Math.ceil(leftMs) || 1), longestTimerMs);
      timer = setTimeout(() => (leftMs > partMs ? set(leftMs - partMs) : wake()), partMs);
    };
    set(ms);
    return () => clearTimeout(timer);
  },
};

/** One moment on both clocks, in milliseconds. */
export type Moment = Readonly<Record<'now' | 'wallTime', number>>;

/** The present moment. */
export function momentOf(clock: Clock): Moment {
  return { now: clock.now(), wallTime: clock.wallTime() };
}

/**
 * The milliseconds since a moment, by the clock that shows more: one stops while the machine sleeps, and the other may be
 * set. For data that must not be used for too long.
 */
export function ageOf(moment: Moment, clock: Clock): number {
  return Math.max(clock.now() - moment.now, Math.abs(clock.wallTime() - moment.wallTime));
}

/** Resolves after `ms` milliseconds, or as soon as `signal` is aborted. Never rejects. */
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

/** The result of `work` within `ms` milliseconds; otherwise `undefined`, while it continues. Rejects if it rejects by then. */
export async function within<T>(clock: Clock, ms: number, work: Promise<T>): Promise<T | undefined> {
  const done = new AbortController();
  const late = sleep(clock, ms, done.signal).then(() => undefined);
  try {
    return await Promise.race([work, late]);
  } finally {
    done.abort();
  }
}

/** The time `ms` (milliseconds since the epoch) in RFC 3339, in UTC. */
export function timestamp(ms: number): string {
  return new Date(ms).toISOString();
}
