import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CallProgress, type ProgressNotice } from '../../mcp/call-progress.ts';
import type { Phase } from '../../shared/contract/progress.ts';
import { ManualClock } from '../support/time/manual-clock.ts';

/** A call that is watched, and what its client was told, and when. */
function watched() {
  const clock = new ManualClock();
  const told: (ProgressNotice & { readonly at: number })[] = [];
  const progress = new CallProgress(clock, (notice) => told.push({ ...notice, at: clock.now() }));
  return { clock, told, progress };
}

const phases: readonly (readonly [Phase, string])[] = [
  [{ kind: 'finding' }, 'listing jobs'],
  [{ kind: 'checking', jobs: 120 }, 'checking 120 jobs'],
  [{ kind: 'sending', sent: 40, jobs: 120 }, 'sent 40 of 120 cancels'],
  [{ kind: 'held', provider: 'IonQ', forMs: 29_500 }, 'waiting 30 s because of the rate limit of IonQ'],
  [{ kind: 'watching', jobs: 1 }, 'waiting for 1 job to end'],
  [{ kind: 'asking' }, "waiting for the user's answer"],
];

describe('the progress of a call', () => {
  it.each(phases)('that is %j is told as "%s"', async (phase, message) => {
    const { clock, told, progress } = watched();
    progress.report({ done: 3, total: 120, phase });
    await clock.turn(60_000);
    progress.stop();
    expect(new Set(told.map((notice) => notice.message))).toEqual(new Set([message]));
  });

  it('is told at least every five seconds, by a number that grows and never is all, whatever happens', async () => {
    const step = fc.record({
      afterMs: fc.integer({ min: 0, max: 30_000 }),
      more: fc.integer({ min: 0, max: 40 }),
      phase: fc.constantFrom(...phases.map(([phase]) => phase)),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(step), fc.integer({ min: 1, max: 300 }), async (steps, total) => {
        const { clock, told, progress } = watched();
        let done = 0;
        for (const { afterMs, more, phase } of steps) {
          await clock.turn(afterMs);
          done = Math.min(total, done + more);
          progress.report({ done, total, phase });
        }
        await clock.turn(20_000);
        progress.stop();
        const numbers = told.map((notice) => notice.progress);
        expect(numbers).toEqual([...new Set(numbers)].toSorted((one, other) => one - other));
        for (const notice of told.slice(-1)) expect(notice.progress).toBeLessThanOrEqual(total);
        expect(told.every((notice) => notice.total === undefined || notice.progress < notice.total)).toBe(
          true,
        );
        const times = [0, ...told.map(({ at }) => at), clock.now()];
        for (const [index, at] of times.slice(1).entries())
          expect(at - (times[index] ?? 0)).toBeLessThan(5_000);
      }),
      { numRuns: 50 },
    );
  });

  it('is not told any more when the call is over', async () => {
    const { clock, told, progress } = watched();
    progress.report({ done: 1, total: 2, phase: { kind: 'finding' } });
    progress.stop();
    await clock.turn(60_000);
    expect([told.length, clock.pending]).toEqual([1, 0]);
  });
});
