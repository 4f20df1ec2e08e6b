import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Plan, planAfter } from '../../console/actions/read-plan.js';

const ms = fc.nat(300_000);
const read = fc.record({ isChanged: fc.boolean(), restMs: ms, tookMs: ms });

describe('the next read of a connection', () => {
  it('comes no sooner than calloff asks for, waits five times as long as the last one took, and otherwise a minute at most', () => {
    fc.assert(
      fc.property(fc.array(read, { minLength: 1, maxLength: 20 }), ms, (reads, now) => {
        let plan: Plan | undefined;
        for (const each of reads) {
          plan = planAfter(plan, each, now);
          const least = Math.max(each.restMs, Math.min(60_000, each.tookMs * 5));
          expect(plan.dueAt).toBeGreaterThanOrEqual(now + Math.max(10_000, least));
          expect(plan.dueAt).toBeLessThanOrEqual(now + Math.max(60_000, each.restMs));
          expect(plan.soonestAt).toBe(now + Math.max(4_000, least));
        }
      }),
    );
  });

  it('comes later each time while nothing changes, after a minute at the latest, and soon after a change', () => {
    const [same, other] = [false, true].map((isChanged) => ({ isChanged, restMs: 0, tookMs: 100 }));
    const waits: number[] = [];
    let plan: Plan | undefined;
    for (const each of [same, same, same, same, same, same, same, other]) {
      if (each === undefined) continue;
      plan = planAfter(plan, each, 0);
      waits.push(plan.waitMs);
    }
    expect(waits).toEqual([15_000, 22_500, 33_750, 50_625, 60_000, 60_000, 60_000, 10_000]);
  });
});
