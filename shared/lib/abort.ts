import type { Clock } from './clock.ts';

/** What is called when a signal is aborted. One set for each signal, because `EventTarget` compares a new listener with all others. */
const callbacks = new WeakMap<AbortSignal, Set<() => void>>();

/**
 * Calls `callback` once when `signal` is aborted, in the order of the calls, unless the returned function is called first.
 * An aborted signal calls nothing. Many callbacks cost no more each than one.
 */
export function onAbort(signal: AbortSignal | undefined, callback: () => void): () => void {
  if (signal === undefined || signal.aborted) return () => undefined;
  const waiting = callbacks.get(signal) ?? listenTo(signal);
  const entry = () => callback();
  waiting.add(entry);
  return () => waiting.delete(entry);
}

function listenTo(signal: AbortSignal): Set<() => void> {
  const waiting = new Set<() => void>();
  callbacks.set(signal, waiting);
  const callAll = () => {
    for (const entry of waiting) entry();
  };
  signal.addEventListener('abort', callAll, { once: true });
  return waiting;
}

/** A limit on a wait. `done` must be called when the wait is over: then nothing of it remains. */
export interface TimeLimit {
  readonly signal: AbortSignal;
  done(): void;
}

/**
 * A limit of `ms` milliseconds on this clock, and sooner if one of the signals is aborted. `AbortSignal.timeout` and `AbortSignal.any`
 * would keep the request in memory until the time is up, however soon its answer comes.
 * @throws {RangeError} if `ms` is not a whole number above 0.
 */
export function timeLimit(
  clock: Clock,
  ms: number,
  ...signals: readonly (AbortSignal | undefined)[]
): TimeLimit {
  if (!Number.isSafeInteger(ms) || ms < 1)
    throw new RangeError(`a time limit must be a whole number of milliseconds above 0, and is ${ms}`);
  const ending = new AbortController();
  const end = (reason: unknown) => {
    done();
    ending.abort(reason);
  };
  const stopTimer = clock.after(ms, () => end(new DOMException('the time is up', 'TimeoutError')));
  const stops = signals.map((signal) => onAbort(signal, () => end(signal?.reason)));
  const done = () => {
    stopTimer();
    for (const stop of stops) stop();
  };
  const aborted = signals.find((signal) => signal?.aborted);
  if (aborted !== undefined) end(aborted.reason);
  return { signal: ending.signal, done };
}
