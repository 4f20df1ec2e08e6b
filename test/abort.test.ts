import { getEventListeners } from 'node:events';
import { describe, expect, test } from 'vitest';
import { onAbort, timeLimit } from '../shared/lib/abort.ts';
import { systemClock } from '../shared/lib/clock.ts';

const soon = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

describe('what waits for a signal', () => {
  test('is called once and in order when it is aborted, unless it stopped waiting', () => {
    const ending = new AbortController();
    const called: number[] = [];
    const stops = [1, 2, 3, 4].map((each) =>
      onAbort(ending.signal, () => {
        called.push(each);
        if (each === 1) stops[2]?.();
      }),
    );
    stops[1]?.();
    ending.abort();
    ending.abort();
    expect(called).toEqual([1, 4]);
  });

  test('is never called if the signal is aborted already or being aborted, or absent', () => {
    const call = () => expect.unreachable();
    onAbort(AbortSignal.abort(), call)();
    onAbort(undefined, call)();
    const ending = new AbortController();
    onAbort(ending.signal, () => onAbort(ending.signal, call));
    ending.abort();
  });

  test('is one listener, however much it is', () => {
    const { signal } = new AbortController();
    const stops = Array.from({ length: 1_000 }, () => onAbort(signal, () => undefined));
    expect(getEventListeners(signal, 'abort')).toHaveLength(1);
    for (const stop of stops) stop();
    onAbort(signal, () => undefined);
    expect(getEventListeners(signal, 'abort')).toHaveLength(1);
  });
});

describe('a time limit', () => {
  test('ends with its time as a timeout, or with the signal and its reason', async () => {
    const ending = new AbortController();
    const [timed, ended] = [
      timeLimit(systemClock, 5),
      timeLimit(systemClock, 60_000, undefined, ending.signal),
    ];
    const late = timeLimit(systemClock, 60_000, AbortSignal.abort('before'));
    expect(late.signal.reason).toBe('before');
    ending.abort('now');
    expect(ended.signal.reason).toBe('now');
    await soon(50);
    expect(timed.signal.reason).toMatchObject({ name: 'TimeoutError' });
  });

  test('never ends after the wait is over', async () => {
    const ending = new AbortController();
    const { signal, done } = timeLimit(systemClock, 5, ending.signal);
    done();
    ending.abort();
    await soon(50);
    expect(signal.aborted).toBe(false);
  });

  test.each([0, -1, 0.5, Number.NaN, Number.POSITIVE_INFINITY])('cannot be %s milliseconds', (ms) => {
    expect(() => timeLimit(systemClock, ms)).toThrow(RangeError);
  });
});
