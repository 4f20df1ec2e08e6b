import { describe, expect, test } from 'vitest';
import { TrialPatience } from '../../shared/http/rate-limit/trial-patience.ts';

/** The window in which requests are counted. */
const windowMs = 1_020;
/** How long a refused try holds everything. */
const heldMs = 1_000;

/** After how many clean windows from `now` on more may be tried. */
function windowsUntilOver(patience: TrialPatience, now: number): number {
  for (let windows = 0; windows < 100_000; windows += 1)
    if (patience.isOver(now + windows * windowMs)) return windows;
  return Number.POSITIVE_INFINITY;
}

describe('more than a learned limit is tried', () => {
  test('after three clean windows, and in every window while that succeeds', () => {
    const patience = new TrialPatience(0);
    expect(patience.isOver(3 * windowMs - 1)).toBe(false);
    expect(patience.isOver(3 * windowMs)).toBe(true);
    patience.tried(3 * windowMs, false);
    expect(windowsUntilOver(patience, 3 * windowMs)).toBe(3);
    patience.tried(6 * windowMs, true);
    expect(windowsUntilOver(patience, 6 * windowMs)).toBe(1);
  });

  test.each([
    [1_000, [3, 24, 30, 30]],
    [60_000, [3, 24, 192, 1_536, 1_765, 1_765]],
    [100, [3, 24, 24, 24]],
    [86_400_000, [3, 24, 192, 1_536, 12_288, 84_000, 84_000]],
  ])(
    'after each refused try later, and after thirty times the hold of %i ms at the latest',
    (heldMs, expected) => {
      const patience = new TrialPatience(0);
      const waits = expected.map(() => {
        const windows = windowsUntilOver(patience, 0);
        patience.tried(0, false);
        patience.refused(heldMs);
        return windows;
      });
      expect(waits).toEqual(expected);
    },
  );

  test('three windows after the try before, which did not succeed until then, however patient it was', () => {
    const patience = new TrialPatience(0);
    expect(patience.isLong).toBe(false);
    patience.refused(heldMs);
    expect(patience.isLong).toBe(true);
    patience.tried(0, false);
    expect(windowsUntilOver(patience, 0)).toBe(3);
  });

  test('a window after the limit was lowered, but no later than it would have been', () => {
    const patience = new TrialPatience(0);
    patience.lowered();
    expect(windowsUntilOver(patience, 0)).toBe(1);
    const other = new TrialPatience(0);
    other.restore({ ...bare, clean: { ms: 0, of_windows: -1 } }, 0);
    other.lowered();
    expect(windowsUntilOver(other, 0)).toBe(0);
  });

  test('as late as after a refused try if the requests of another limit were refused, and not sooner than before', () => {
    const patience = new TrialPatience(0);
    patience.putOff(500, heldMs);
    expect(windowsUntilOver(patience, 500)).toBe(24);
    patience.refused(heldMs);
    patience.refused(heldMs);
    patience.tried(900, false);
    patience.putOff(1_000, heldMs);
    expect(windowsUntilOver(patience, 1_000)).toBe(30);
    expect(patience.cleanMs(1_300)).toBe(300);
  });
});

const bare = { count: 1, patience_windows: 3, refusals: 0, most_refusals: 5, earliest_in_ms: 0, starts: [] };

describe('in another process', () => {
  test('what is over of the wait stays over, but for a window', () => {
    const patience = new TrialPatience(0);
    patience.refused(heldMs);
    const clean = { ms: 10 * windowMs, of_windows: 24 };
    expect(patience.copy(10 * windowMs, false)).toEqual({ patience_windows: 24, clean });
    const other = new TrialPatience(0);
    other.restore({ ...bare, patience_windows: 24, clean }, 7_000);
    expect(windowsUntilOver(other, 7_000)).toBe(15);
  });

  test('all of it begins anew after an unsettled try, or if the copy does not say', () => {
    const patience = new TrialPatience(0);
    patience.refused(heldMs);
    expect(patience.copy(windowMs, true)).toEqual({ patience_windows: 24 });
    const other = new TrialPatience(0);
    other.restore({ ...bare, patience_windows: 24 }, 7_000);
    expect(windowsUntilOver(other, 7_000)).toBe(25);
  });

  test('it is three windows or more whatever the copy says', () => {
    const patience = new TrialPatience(0);
    patience.restore({ ...bare, patience_windows: 0 }, 0);
    expect(windowsUntilOver(patience, 0)).toBe(4);
    const idle = new TrialPatience(100);
    expect(idle.copy(200_000_000, false).clean?.ms).toBe(85_680_000);
  });
});
