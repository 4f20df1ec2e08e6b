import { describe, expect, test } from 'vitest';
import { LearnedLimit } from '../../shared/http/rate-limit/learned-limit.ts';
import type { AskingNow, Start } from '../../shared/http/rate-limit/start-window.ts';

const cancel = { again: false, turnClass: 'cancel' } as const;
const asking: AskingNow = {
  turnClass: 'cancel',
  contested: false,
  inFlight: 0,
  left: () => Number.POSITIVE_INFINITY,
};
/** The window in which starts are counted. */
const windowMs = 1_020;
/** How long a 429 holds everything. */
const heldMs = 1_000;

/** A limit as another process has learned it. */
function learnedLimit(
  count: number,
  more: Partial<Parameters<LearnedLimit['restore']>[0]> = {},
): LearnedLimit {
  const limit = new LearnedLimit(0);
  const nothing = { patience_windows: 3, refusals: 0, most_refusals: 5, earliest_in_ms: 0, starts: [] };
  limit.restore({ count, ...nothing, ...more }, 0);
  return limit;
}

/** Starts requests, the first at a time and the others so much later each, and answers them at once. */
function send(limit: LearnedLimit, count: number, at: number, answer: Start['answer'], everyMs = 0): Start[] {
  return Array.from({ length: count }, (_, index) => {
    const start = limit.start(at + index * everyMs, cancel);
    if (answer === 'passed') limit.passed(start, start.at);
    if (answer === 'limited') limit.limited(start, true, heldMs);
    return start;
  });
}

/** The limit after another request, and what another process is told of the attempts. */
function stateOf(limit: LearnedLimit, now: number) {
  limit.waitMs(now, asking);
  const { patience_windows, refusals, most_refusals } = limit.copy(now);
  return { limit: limit.limit, patience_windows, refusals, most_refusals };
}

describe('before the first 429', () => {
  test('there is no limit, and a pool of 32', () => {
    const limit = new LearnedLimit(0);
    send(limit, 1_000, 0, 'passed');
    expect([limit.limit, limit.pool, limit.waitMs(0, asking)]).toEqual([Infinity, 32, 0]);
    expect(limit.waitMsBehind(0, 50, asking)).toBe(0);
    expect(limit.copy(0)).toEqual({
      ...{ count: null, patience_windows: 3, refusals: 0, most_refusals: 5, earliest_in_ms: 0, starts: [] },
    });
  });

  test('about 1,250 requests start in a second, by how long an answer takes', () => {
    const poolAt = (latencyMs: number) => {
      const limit = new LearnedLimit(0);
      for (let count = 0; count < 100; count += 1) limit.passed(limit.start(0, cancel), latencyMs);
      return limit.pool;
    };
    expect([1, 6.4, 8, 12.8, 25.6, 100].map(poolAt)).toEqual([8, 8, 10, 16, 32, 32]);
  });

  test('a 429 that is not about the rate lets as many go as before any answer', () => {
    const limit = new LearnedLimit(0);
    for (let count = 0; count < 100; count += 1) limit.passed(limit.start(0, cancel), 8);
    limit.limited(limit.start(10, cancel), true, heldMs);
    expect(limit.pool).toBe(10);
    send(limit, 10, 20, 'passed');
    limit.waitMs(30, asking);
    expect([limit.limit, limit.pool]).toEqual([Infinity, 32]);
  });

  test('a documented limit holds, and its pool follows rate and latency', () => {
    const limit = new LearnedLimit(0, { count: 1_020, windowMs: 1_000 });
    for (let count = 0; count < 100; count += 1) limit.passed(limit.start(0, cancel), 100);
    expect(limit.latencyMs).toBeCloseTo(100, 3);
    expect(limit.pool).toBe(186);
    expect(limit.waitMs(10, asking)).toBe(0);
    send(limit, 920, 5, 'pending');
    expect(limit.waitMs(10, asking)).toBe(1_010);
    expect(limit.waitMsBehind(10, 100, asking)).toBe(1_015);
    expect(limit.copy(10).ceiling).toEqual([[5, 'cancel', 1_020]]);
    const other = new LearnedLimit(0, { count: 1_020, windowMs: 1_000 });
    other.restore(limit.copy(10), 10);
    expect(other.waitMs(10, asking)).toBe(1_015);
  });

  test('the latest answer counts an eighth', () => {
    const limit = new LearnedLimit(0);
    limit.passed(limit.start(0, cancel), 80);
    expect(limit.latencyMs).toBe(10);
    limit.passed(limit.start(100, cancel), 118);
    expect(limit.latencyMs).toBe(11);
  });

  test('the other limits of the account are asked, and told', () => {
    const told: Start[] = [];
    const neighbours = {
      waitMs: (now: number, inFlight: number) => now + inFlight,
      started: (start: Start) => void told.push(start),
    };
    const limit = new LearnedLimit(0, undefined, neighbours);
    expect(limit.waitMs(7, { ...asking, inFlight: 3 })).toBe(10);
    const first = limit.start(7, cancel);
    limit.restore({ ...learnedLimit(5).copy(0) }, 2_000);
    expect(limit.waitMs(2_000, { ...asking, inFlight: 3 })).toBe(0);
    limit.start(2_000, cancel);
    expect(told).toEqual([first]);
  });
});

describe('the first 429', () => {
  /** A limit that let 300 pass in 900 ms, and then refused five. */
  function refused(): LearnedLimit {
    const limit = new LearnedLimit(0);
    send(limit, 300, 0, 'passed', 3);
    send(limit, 5, 900, 'limited');
    return limit;
  }

  test('sets the limit to what passed, and few are under way while it is a guess', () => {
    const limit = refused();
    expect(limit.pool).toBe(32);
    expect(limit.waitMs(960, asking)).toBe(75);
    expect([limit.limit, limit.pool]).toEqual([300, 6]);
    expect(limit.waitMs(960, { ...asking, inFlight: 3 })).toBe(75);
    expect(limit.waitMs(960, { ...asking, inFlight: 4 })).toBe(Infinity);
    expect(limit.waitMsBehind(960, 0, asking)).toBe(75);
  });

  test('is a guess until a window is full without another', () => {
    const limit = refused();
    limit.waitMs(960, asking);
    limit.resume(1_000);
    send(limit, 300, 2_000, 'pending');
    limit.waitMs(2_019, asking);
    expect(limit.pool).toBe(6);
    limit.waitMs(2_020, asking);
    expect(limit.pool).toBe(32);
  });

  test('is a small pool of four at least, once what surely fits is used up', () => {
    const limit = new LearnedLimit(0);
    send(limit, 10, 0, 'passed', 100);
    send(limit, 5, 910, 'limited');
    limit.waitMs(920, asking);
    expect([limit.limit, limit.pool]).toEqual([10, 4]);
  });

  test('sets none if too few followed, and none if it was not about the rate', () => {
    const few = new LearnedLimit(0);
    send(few, 10, 0, 'passed');
    send(few, 4, 10, 'limited');
    expect(stateOf(few, 20)).toEqual({ limit: Infinity, patience_windows: 3, refusals: 1, most_refusals: 5 });
    const other = new LearnedLimit(0);
    send(other, 5, 0, 'limited');
    expect(stateOf(other, 20)).toEqual({
      limit: Infinity,
      patience_windows: 3,
      refusals: 0,
      most_refusals: 5,
    });
  });

  test('is learned from only if it is news', () => {
    const limit = new LearnedLimit(0);
    send(limit, 10, 0, 'passed');
    for (const start of send(limit, 5, 10, 'pending')) limit.limited(start, false, heldMs);
    expect(stateOf(limit, 20)).toMatchObject({ limit: Infinity, refusals: 0 });
  });
});

describe('a further 429', () => {
  test.each([
    ['lowers the limit to what passed', 80, 1, 80],
    ['lowers it by a fiftieth at least', 99, 1, 98],
    ['lowers it to half at most if few followed', 10, 1, 50],
    ['lowers it to a quarter at most if more followed', 10, 5, 25],
  ])('%s', (_, passed, limited, expected) => {
    const limit = learnedLimit(100);
    send(limit, passed, 0, 'passed');
    send(limit, limited, 10, 'limited');
    expect(stateOf(limit, 20)).toEqual({
      limit: expected,
      patience_windows: 3,
      refusals: 1,
      most_refusals: 5,
    });
  });

  test('lowers a guess to what passed, however little that is', () => {
    const limit = new LearnedLimit(0);
    send(limit, 300, 0, 'passed', 3);
    send(limit, 5, 900, 'limited');
    for (const now of [960, 2_000]) limit.waitMs(now, asking);
    send(limit, 20, 2_000, 'passed');
    send(limit, 5, 2_010, 'limited');
    expect(stateOf(limit, 2_020)).toMatchObject({ limit: 20, refusals: 2 });
  });

  test('lowers it to one at least, and once only', () => {
    const limit = learnedLimit(1);
    send(limit, 1, 0, 'passed');
    send(limit, 1, 10, 'limited');
    expect(stateOf(limit, 20)).toMatchObject({ limit: 1, refusals: 1 });
    expect(stateOf(limit, 20)).toMatchObject({ limit: 1, refusals: 1 });
  });

  test('lets more be tried after a window already', () => {
    const limit = learnedLimit(10);
    send(limit, 8, 0, 'passed');
    send(limit, 1, 10, 'limited');
    limit.waitMs(20, asking);
    limit.resume(20);
    send(limit, 8, 1_035, 'pending');
    expect(limit.waitMs(20 + windowMs - 1, asking)).toBe(1_016);
    expect(limit.waitMs(20 + windowMs, asking)).toBe(515);
  });

  test.each([
    [5, 3],
    [4, 2],
    [1, 1],
  ])('beyond %i forgets the limit, and the next time beyond %i', (most, next) => {
    const limit = learnedLimit(100, { refusals: most, most_refusals: most });
    send(limit, 10, 0, 'passed');
    send(limit, 1, 10, 'limited');
    expect(stateOf(limit, 20)).toEqual({
      limit: Infinity,
      patience_windows: 3,
      refusals: 0,
      most_refusals: next,
    });
    const once = learnedLimit(100, { refusals: most - 1, most_refusals: most });
    send(once, 10, 0, 'passed');
    send(once, 1, 10, 'limited');
    expect(stateOf(once, 20)).toMatchObject({ limit: 50, refusals: most, most_refusals: most });
  });
});

describe('more than the limit', () => {
  /** Four windows after a limit of ten was taken over, with all ten just started. */
  const at = 4 * windowMs;
  function full(): LearnedLimit {
    const limit = learnedLimit(10, { refusals: 2, most_refusals: 3 });
    send(limit, 10, at - 10, 'passed');
    return limit;
  }
  const trial = { ...asking, inFlight: 2 };

  test('is tried after four windows, and not while two of them are under way', () => {
    const limit = full();
    expect(limit.waitMs(at - 1, asking)).toBe(1_011);
    expect(limit.waitMs(at, { ...asking, left: () => 49 })).toBe(1_010);
    expect(limit.waitMs(at, { ...asking, left: () => 50 })).toBe(510);
    expect(limit.waitMs(at, trial)).toBe(Infinity);
    send(limit, 5, at, 'pending');
    expect(limit.waitMs(at, asking)).toBe(1_010);
    expect(limit.limit).toBe(10);
  });

  test('is the limit after three more windows even if too few are left to try more', () => {
    const limit = full();
    limit.waitMs(at, asking);
    const next = at + 3 * windowMs;
    send(limit, 15, next - 10, 'passed');
    limit.waitMs(next, { ...asking, left: () => 1 });
    expect(limit.limit).toBe(15);
    expect(limit.waitMs(next, { ...asking, left: () => 1 })).toBe(1_010);
  });

  test('is half as much, and the limit after three more windows; then it is tried in every window', () => {
    const limit = full();
    limit.waitMs(at, asking);
    const next = at + 3 * windowMs;
    send(limit, 15, next - 10, 'passed');
    limit.waitMs(next - 1, asking);
    expect(limit.limit).toBe(10);
    expect(stateOf(limit, next)).toEqual({ limit: 15, patience_windows: 3, refusals: 0, most_refusals: 5 });
    send(limit, 23, next + 1_010, 'passed');
    limit.waitMs(next + windowMs - 1, asking);
    expect(limit.limit).toBe(15);
    limit.waitMs(next + windowMs, asking);
    expect(limit.limit).toBe(23);
  });

  test('counts as a refusal of the limit only if the one before was not refused: later ones say that it is right', () => {
    const limit = full();
    let at = 4 * windowMs;
    const refusals = [24, 30, 30].map((windows) => {
      limit.waitMs(at, asking);
      expect(limit.tried).toBe(15);
      send(limit, 3, at + 10, 'limited');
      const { refusals: count, patience_windows } = stateOf(limit, at + 20);
      expect(patience_windows).toBe(windows);
      at += 20 + windows * windowMs;
      limit.resume(at - windows * windowMs);
      send(limit, 10, at - 10, 'passed');
      return count;
    });
    expect(refusals).toEqual([3, 3, 3]);
    expect(limit.limit).toBe(10);
  });

  test('is made again by the length of the hold, of which a later 429 sees only the rest', () => {
    const limit = full();
    limit.waitMs(at, asking);
    const [first, second] = send(limit, 2, at + 10, 'pending');
    if (first !== undefined) limit.limited(first, true, 60_000);
    if (second !== undefined) limit.limited(second, false, 100);
    limit.waitMs(at + 20, asking);
    limit.resume(at);
    expect(limit.copy(at).clean).toEqual({ ms: 0, of_windows: 24 });
    send(limit, 10, at + 24 * windowMs - 10, 'passed');
    limit.waitMs(at + 24 * windowMs, asking);
    const again = send(limit, 1, at + 24 * windowMs + 10, 'pending');
    for (const start of again) limit.limited(start, false, 100);
    for (const start of again) limit.limited(start, true, 60_000);
    for (const start of again) limit.limited(start, false, 100);
    limit.waitMs(at + 24 * windowMs + 20, asking);
    expect(limit.copy(at + 24 * windowMs + 20).patience_windows).toBe(192);
  });

  test('is given up after a 429, and tried again after eight times as many windows', () => {
    const limit = full();
    limit.waitMs(at, asking);
    send(limit, 3, at + 10, 'limited');
    expect(stateOf(limit, at + 20)).toEqual({
      limit: 10,
      patience_windows: 24,
      refusals: 3,
      most_refusals: 3,
    });
    limit.resume(at);
    const next = at + 24 * windowMs;
    send(limit, 10, next - 10, 'passed');
    expect(limit.waitMs(next - 1, trial)).toBe(Infinity);
    expect(limit.waitMs(next - 1, asking)).toBe(1_011);
    expect(limit.waitMs(next, asking)).toBeLessThan(1_010);
  });
});

describe('the starts below a limit', () => {
  test('are spread over a good half of a second, and a late one catches up 20 ms', () => {
    const limit = learnedLimit(10);
    expect(limit.waitMs(0, asking)).toBe(0);
    limit.start(0, cancel);
    expect(limit.waitMs(0, asking)).toBe(54);
    limit.start(54, cancel);
    expect(limit.waitMs(54, asking)).toBe(54);
    const late = limit.start(500, cancel);
    expect(limit.waitMs(500, asking)).toBe(34);
    limit.withdraw(late);
    expect(limit.waitMs(500, asking)).toBe(0);
    expect(limit.copy(500)).toMatchObject({
      earliest_in_ms: 0,
      starts: [
        [500, 'cancel', 1],
        [446, 'cancel', 1],
      ],
    });
  });

  test('are counted for a window only, also while a request is under way', () => {
    const limit = learnedLimit(10);
    send(limit, 10, 0, 'passed');
    expect(limit.waitMs(windowMs - 1, { ...asking, inFlight: 2 })).toBe(Infinity);
    expect(limit.waitMs(windowMs - 1, { ...asking, inFlight: 1 })).toBe(1);
    expect(limit.waitMs(windowMs, { ...asking, inFlight: 2 })).toBe(0);
  });

  test('are estimated by those ahead', () => {
    const limit = learnedLimit(10);
    send(limit, 3, 0, 'pending');
    expect([0, 2, 7, 9].map((ahead) => limit.waitMsBehind(0, ahead, asking))).toEqual([
      162, 270, 1_020, 1_020,
    ]);
  });

  test('fill a pool that follows rate and latency', () => {
    const limit = learnedLimit(1_000);
    for (let count = 0; count < 100; count += 1) limit.passed(limit.start(0, cancel), 100);
    expect(limit.pool).toBe(186);
  });

  test('of two limits are counted together once, without those refused and those of long ago', () => {
    const [one, other] = [learnedLimit(10), learnedLimit(10)];
    send(one, 2, 0, 'passed');
    const [shared] = send(one, 1, 500, 'passed');
    if (shared !== undefined) other.count(shared);
    send(one, 1, 600, 'limited');
    send(other, 2, 700, 'pending');
    expect(other.copy(700).starts).toEqual([
      [200, 'cancel', 1],
      [0, 'cancel', 2],
    ]);
    expect(one.together(other, 700)).toEqual({ sent: 5, passed: 3 });
    expect(one.together(other, windowMs)).toEqual({ sent: 3, passed: 1 });
    expect(one.together(other, 500 + windowMs)).toEqual({ sent: 2, passed: 0 });
    expect(one.together(other, 700 + windowMs)).toEqual({ sent: 0, passed: 0 });
  });
});

describe('a limit that takes over the starts of another', () => {
  test('and was a guess is lowered to what passed in a window', () => {
    const [one, other] = [new LearnedLimit(0), new LearnedLimit(0)];
    send(one, 300, 0, 'passed', 3);
    send(one, 5, 900, 'limited');
    one.waitMs(960, asking);
    send(other, 40, 2_000, 'passed');
    send(other, 5, 2_010, 'limited');
    one.absorb(other, 2_020);
    one.waitMs(3_010, asking);
    expect([one.limit, one.isGuess]).toEqual([40, false]);
  });

  test('counts each once, oldest first, and tries no more for 24 windows', () => {
    const [one, other] = [learnedLimit(10), new LearnedLimit(0)];
    send(one, 5, 500, 'passed');
    send(other, 5, 100, 'passed', 100);
    other.limited(other.start(100, cancel), true, heldMs);
    one.absorb(other, 1_130);
    expect(one.copy(1_130).starts).toEqual([
      [930, 'cancel', 1],
      [830, 'cancel', 1],
      [730, 'cancel', 1],
      [630, 'cancel', 6],
    ]);
    const next = 1_130 + 24 * windowMs;
    send(one, 10, next - 10, 'passed');
    expect(one.waitMs(next - 1, asking)).toBe(1_011);
    expect(one.waitMs(next, asking)).toBeLessThan(1_010);
  });
});

describe('a limit for another process', () => {
  test('is what was learned, without a trial, and a 429 that is not learned from lowers it', () => {
    const limit = learnedLimit(100, { patience_windows: 24, refusals: 1, earliest_in_ms: 30 });
    expect(limit.copy(10)).toEqual({
      ...{ count: 100, patience_windows: 24, refusals: 1, most_refusals: 5, earliest_in_ms: 20, starts: [] },
      clean: { ms: 10, of_windows: 25 },
    });
    expect(limit.copy(90).earliest_in_ms).toBe(0);
    const counts = [0, 60, 99].map((passed) => {
      const refused = learnedLimit(100);
      send(refused, passed, 0, 'passed');
      send(refused, 1, 10, 'limited');
      return refused.copy(20).count;
    });
    expect(counts).toEqual([1, 60, 98]);
  });

  test('says how long nothing was refused, unless more is being tried or a 429 is still to be learned from', () => {
    const limit = learnedLimit(10);
    expect(limit.copy(40).clean).toEqual({ ms: 40, of_windows: 4 });
    send(limit, 10, 4 * windowMs, 'passed');
    limit.waitMs(4 * windowMs + 10, asking);
    expect(limit.tried).toBe(15);
    expect(limit.copy(4 * windowMs + 20).clean).toBeUndefined();
    send(limit, 1, 4 * windowMs + 20, 'limited');
    expect(limit.copy(4 * windowMs + 30).clean).toBeUndefined();
    limit.waitMs(4 * windowMs + 40, asking);
    expect(limit.copy(4 * windowMs + 40).clean).toEqual({ ms: 30, of_windows: 24 });
  });

  test('is put back only if it is one, and nothing was started meanwhile', () => {
    const started = new LearnedLimit(0);
    send(started, 1, 0, 'passed');
    started.restore(learnedLimit(10).copy(0), 1_019);
    expect(started.limit).toBe(Infinity);
    started.restore(learnedLimit(10).copy(0), 1_020);
    expect(started.limit).toBe(10);
    const starts = [[20, 'cancel', 7]] satisfies ReturnType<LearnedLimit['copy']>['starts'];
    const other = learnedLimit(10, { starts, patience_windows: 0, earliest_in_ms: 70 });
    expect(other.waitMs(0, asking)).toBe(70);
    expect(other.copy(0)).toMatchObject({ starts, patience_windows: 3 });
    const none = new LearnedLimit(0);
    none.restore({ ...other.copy(0), count: null }, 0);
    expect([none.limit, none.copy(0).starts]).toEqual([Infinity, []]);
  });
});
