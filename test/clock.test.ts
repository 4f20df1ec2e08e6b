import fc from 'fast-check';
import { afterEach, describe, expect, test } from 'vitest';
import { ageOf, momentOf, systemClock, within } from '../shared/lib/clock.ts';
import { ManualClock } from './support/time/manual-clock.ts';

const dateNow = Date.now;
afterEach(() => {
  Date.now = dateNow;
});

const soon = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

describe('the clock of the machine', () => {
  test('goes forward by whole milliseconds while the wall time is set back and forward', async () => {
    const times: number[] = [];
    for (const stepMs of [0, -3_600_000, 7_200_000, -1]) {
      const shown = dateNow() + stepMs;
      Date.now = () => shown;
      expect(systemClock.wallTime()).toBe(shown);
      times.push(systemClock.now());
      await soon(5);
    }
    expect(times.every(Number.isInteger)).toBe(true);
    expect(times).toEqual(times.toSorted((one, other) => one - other));
    expect((times.at(-1) ?? 0) - (times[0] ?? 0)).toBeLessThan(5_000);
  });

  test('calls as soon as can be what is past or is no time, and nothing too early', async () => {
    const waits = [-1, -Infinity, Number.NaN, 0, 0.4, 1.5, 20.3, 40];
    const took = await Promise.all(
      waits.map(
        (ms) =>
          new Promise<number>((resolve) => {
            const began = performance.now();
            systemClock.after(ms, () => resolve(performance.now() - began));
          }),
      ),
    );
    for (const [index, ms] of waits.entries()) {
      // Node's own timers may be a millisecond early.
      expect(took[index], `${ms}`).toBeGreaterThan(Number.isNaN(ms) ? -1 : ms - 1);
      expect(took[index], `${ms}`).toBeLessThan(2_000);
    }
  });

  test('does not call at once what is too long for one timer, and calls nothing that was taken back', async () => {
    const called: number[] = [];
    const cancels = [2 ** 31, 2 ** 32 + 1, Number.MAX_SAFE_INTEGER, Infinity, 10].map((ms) =>
      systemClock.after(ms, () => called.push(ms)),
    );
    cancels.at(-1)?.();
    await soon(50);
    for (const cancel of cancels) cancel();
    expect(called).toEqual([]);
  });
});

test('the age of what is remembered is what the clock says that counts more, and never less than what has passed', () =>
  fc.assert(
    fc.asyncProperty(
      fc.array(fc.record({ stepMs: fc.integer({ min: -7_200_000, max: 7_200_000 }), ms: fc.nat(60_000) })),
      async (changes) => {
        const clock = new ManualClock();
        const moment = momentOf(clock);
        let passedMs = 0;
        for (const { stepMs, ms } of changes) {
          clock.step(stepMs);
          await clock.turn(ms);
          passedMs += ms;
        }
        const steppedMs = changes.reduce((sum, { stepMs }) => sum + stepMs, 0);
        expect(ageOf(moment, clock)).toBe(Math.max(passedMs, Math.abs(passedMs + steppedMs)));
      },
    ),
    { numRuns: 50 },
  ));

test('what comes in time is given, what does not is not waited for, and what fails in time fails', async () => {
  const clock = new ManualClock();
  const after = (ms: number) => new Promise<string>((resolve) => clock.after(ms, () => resolve('done')));
  expect(await clock.until(within(clock, 100, after(99)))).toBe('done');
  expect(await clock.until(within(clock, 100, after(101)))).toBeUndefined();
  await expect(within(clock, 100, Promise.reject(new Error('broken')))).rejects.toThrow('broken');
  await clock.turn(1_000);
  expect(clock.pending).toBe(0);
});

test('a clock that is turned by hand waits for what takes its time by the real clock, such as a module that is read', async () => {
  const clock = new ManualClock();
  expect(await clock.until(soon(300).then(() => 'read'))).toBe('read');
  expect(clock.now()).toBe(0);
});
