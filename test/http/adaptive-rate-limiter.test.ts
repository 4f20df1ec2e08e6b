import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { AdaptiveRateLimiter } from '../../shared/http/rate-limit/adaptive-rate-limiter.ts';
import type { AcquireOptions, Permit, RequestResult } from '../../shared/http/rate-limit/permit.ts';
import { newTurn } from '../../shared/http/rate-limit/turn.ts';
import type { RateLimit } from '../../shared/http/types.ts';
import { runs } from '../support/thorough.ts';
import { ManualClock } from '../support/time/manual-clock.ts';

/** One who asked to be let in. */
interface Asker {
  /** How the asking ended, once it has. */
  entry?: Permit;
  at?: number;
}

const answered = { kind: 'answered' } as const;
const limited = (retryAfterMs: number | null) => ({ kind: 'limited', retryAfterMs }) as const;

const turn = newTurn('cancel');

function gateOf(known?: RateLimit) {
  const clock = new ManualClock(0);
  const limiter = new AdaptiveRateLimiter(clock, { known });
  const ask = (patience: Partial<AcquireOptions> = {}): Asker => {
    const asker: Asker = {};
    limiter.acquire({ deadline: Number.POSITIVE_INFINITY, turn, ...patience }).then((entry) => {
      asker.entry = entry;
      asker.at = clock.now();
    });
    return asker;
  };
  const askMany = (count: number) => Array.from({ length: count }, () => ask());
  return { clock, limiter, ask, askMany };
}

function leave({ entry }: Asker, passage: RequestResult = answered): void {
  if (entry?.kind !== 'entered') throw new Error('not let in');
  entry.release(passage);
}

function isIn({ entry }: Asker): boolean {
  return entry?.kind === 'entered';
}

describe('before the first 429', () => {
  test('32 may be under way together, and who leaves makes room for the next', async () => {
    const { clock, askMany } = gateOf();
    const askers = askMany(40);
    await clock.turn(0);
    expect(askers.map(isIn)).toEqual(askers.map((_, index) => index < 32));
    for (const asker of askers.slice(0, 5)) leave(asker);
    await clock.turn(0);
    expect(askers.filter(isIn)).toEqual(askers.slice(0, 37));
  });

  test('who leaves unused frees the place', async () => {
    const { clock, askMany } = gateOf();
    const askers = askMany(33);
    await clock.turn(0);
    leave(askers[7] ?? {}, { kind: 'unused' });
    await clock.turn(0);
    expect(askers.every(isIn)).toBe(true);
  });
});

test('each that waits is given up at its own deadline, though nothing else happens', async () => {
  const { clock, ask, askMany } = gateOf();
  askMany(32);
  const waiting = [30, 10, 20, 20, Number.POSITIVE_INFINITY].map((deadline) => ask({ deadline }));
  await clock.turn(100);
  expect(waiting.map(({ entry, at }) => [entry?.kind, at])).toEqual([
    ...[30, 10, 20, 20].map((deadline) => ['late', deadline]),
    [undefined, undefined],
  ]);
});

describe('after a 429', () => {
  /** Forty asked, 32 got in; one is refused, and the other 31 are answered. */
  async function refused(retryAfterMs: number | null) {
    const { clock, ask, askMany } = gateOf();
    const askers = askMany(40);
    await clock.turn(0);
    const [first = {}, ...others] = askers.slice(0, 32);
    leave(first, limited(retryAfterMs));
    for (const asker of others) leave(asker);
    return { clock, ask, waiting: askers.slice(32) };
  }

  test('everything holds as told, then one goes alone, then the others', async () => {
    const { clock, waiting } = await refused(2_000);
    await clock.turn(1_999);
    expect(waiting.filter(isIn)).toEqual([]);
    await clock.turn(1);
    expect(waiting.filter(isIn)).toEqual(waiting.slice(0, 1));
    await clock.turn(60_000);
    expect(waiting.filter(isIn)).toEqual(waiting.slice(0, 1));
    leave(waiting[0] ?? {});
    await clock.turn(1_000);
    expect(waiting.every(isIn)).toBe(true);
  });

  test('the next one goes alone where the first was not sent after all', async () => {
    const { clock, waiting } = await refused(2_000);
    await clock.turn(2_000);
    leave(waiting[0] ?? {}, { kind: 'unused' });
    await clock.turn(1_000);
    expect(waiting.filter(isIn)).toEqual(waiting.slice(0, 2));
  });

  test('no other request is sent while the one that went alone is refused, too', async () => {
    const { clock, waiting } = await refused(2_000);
    await clock.turn(2_000);
    leave(waiting[0] ?? {}, limited(7_000));
    await clock.turn(6_999);
    expect(waiting.filter(isIn)).toEqual(waiting.slice(0, 1));
    await clock.turn(1);
    expect(waiting.filter(isIn)).toEqual(waiting.slice(0, 2));
  });

  test('who was refused goes first', async () => {
    const { clock, ask, waiting } = await refused(2_000);
    const again = ask({ again: true });
    await clock.turn(2_000);
    expect(isIn(again)).toBe(true);
    expect(waiting.filter(isIn)).toEqual([]);
  });

  test('it holds for a tenth of a second even when told to come back at once', async () => {
    const { clock, waiting } = await refused(0);
    await clock.turn(99);
    expect(waiting.filter(isIn)).toEqual([]);
  });

  test('more 429s for earlier requests do not prolong a hold without a time', async () => {
    const { clock, askMany } = gateOf();
    const askers = askMany(33);
    await clock.turn(0);
    for (const asker of askers.slice(0, 32)) leave(asker, limited(null));
    await clock.turn(1_000);
    expect(askers.every(isIn)).toBe(true);
  });

  test('the longest Retry-After of a burst counts', async () => {
    const { clock, askMany } = gateOf();
    const askers = askMany(33);
    await clock.turn(0);
    for (const [index, asker] of askers.slice(0, 32).entries())
      leave(asker, limited(index === 5 ? 4_000 : 1_000));
    await clock.turn(3_999);
    expect(askers.every(isIn)).toBe(false);
    await clock.turn(1);
    expect(askers.every(isIn)).toBe(true);
  });

  test('holds without Retry-After double up to 30 s while nothing succeeds, and begin anew after a success', async () => {
    const { clock, ask } = gateOf();
    const waits: number[] = [];
    const outcomes = [...Array.from({ length: 7 }, () => limited(null)), answered, limited(null), answered];
    for (const outcome of outcomes) {
      const asked = clock.now();
      const asker = ask();
      await clock.turn(40_000);
      waits.push((asker.at ?? 0) - asked);
      leave(asker, outcome);
      await clock.turn(0);
    }
    expect(waits).toEqual([0, 1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000, 0, 1_000]);
  });
});

describe('one who has not got for ever', () => {
  test('hears at once that a hold is longer, and how long it is', async () => {
    const { clock, ask, askMany } = gateOf();
    const [first = {}] = askMany(32);
    await clock.turn(0);
    const [hasty, patient] = [ask({ deadline: 5_000 }), ask({ deadline: 5_001 })];
    leave(first, limited(5_000));
    await clock.turn(0);
    const late = ask({ deadline: 4_000 });
    await clock.turn(0);
    expect([hasty.entry, late.entry]).toEqual([
      { kind: 'held', retryAfterMs: 5_000 },
      { kind: 'held', retryAfterMs: 5_000 },
    ]);
    await clock.turn(5_000);
    expect(isIn(patient)).toBe(true);
  });

  test('is late at the deadline, to the millisecond, where no turn came', async () => {
    const { clock, ask, askMany } = gateOf();
    askMany(32);
    const asker = ask({ deadline: 500 });
    await clock.turn(499);
    expect(asker.entry).toBeUndefined();
    await clock.turn(1);
    expect(asker).toEqual({ entry: { kind: 'late' }, at: 500 });
  });

  test('is late at once with a deadline that is past, even where there is room', async () => {
    const { clock, ask } = gateOf();
    const asker = ask({ deadline: 0 });
    await clock.turn(0);
    expect(asker.entry).toEqual({ kind: 'late' });
  });
});

describe('one who goes away', () => {
  test('leaves the line to the others, in their order', async () => {
    const { clock, ask, askMany } = gateOf();
    const [first = {}] = askMany(32);
    const controller = new AbortController();
    const gone = ask({ signal: controller.signal });
    const next = ask();
    await clock.turn(0);
    controller.abort();
    leave(first);
    await clock.turn(0);
    expect(gone.entry).toEqual({ kind: 'aborted' });
    expect(isIn(next)).toBe(true);
  });

  test('is not let in at all when gone before asking', async () => {
    const { clock, ask } = gateOf();
    const gone = ask({ signal: AbortSignal.abort() });
    await clock.turn(0);
    expect(gone.entry).toEqual({ kind: 'aborted' });
  });

  test('leaves no timer behind', async () => {
    const { clock, ask } = gateOf();
    const first = ask();
    await clock.turn(0);
    leave(first, limited(60_000));
    const controller = new AbortController();
    ask({ signal: controller.signal });
    await clock.turn(0);
    expect(clock.pending).toBe(1);
    controller.abort();
    expect(clock.pending).toBe(0);
  });

  test('keeps its place in the count once let in', async () => {
    const { clock, ask, askMany } = gateOf();
    const controller = new AbortController();
    const gone = ask({ signal: controller.signal });
    const others = askMany(32);
    await clock.turn(0);
    controller.abort();
    await clock.turn(0);
    expect(isIn(gone)).toBe(true);
    expect(others.filter(isIn)).toHaveLength(31);
  });
});

test.for([1_000, 60_000, 3_600_000])(
  'a known limit is never exceeded in any window of %i ms, whatever comes back',
  async (windowMs) => {
    const passage = fc.oneof(
      { weight: 10, arbitrary: fc.constant<RequestResult>(answered) },
      {
        weight: 1,
        arbitrary: fc.option(fc.integer({ min: 0, max: 70_000 })).map((ms): RequestResult => limited(ms)),
      },
    );
    await fc.assert(
      fc.asyncProperty(fc.array(passage, { minLength: 100, maxLength: 200 }), async (passages) => {
        const { clock, limiter } = gateOf({ count: 20, windowMs });
        const starts: number[] = [];
        const requests = passages.map(async (each, index) => {
          const entry = await limiter.acquire({ deadline: Number.POSITIVE_INFINITY, turn });
          if (entry.kind !== 'entered') throw new Error(entry.kind);
          starts.push(clock.now());
          await new Promise<void>((resolve) => clock.after(5 + (index % 15), resolve));
          entry.release(each);
        });
        await clock.until(Promise.all(requests), 1e9);
        starts.sort((one, other) => one - other);
        for (const [index, start] of starts.entries()) {
          const twentyFirst = starts[index + 20] ?? Number.POSITIVE_INFINITY;
          expect(twentyFirst - start).toBeGreaterThan(windowMs);
        }
      }),
      { numRuns: runs(30, 10) },
    );
  },
);

test('whatever the answers and their order, the pool is never exceeded and everyone is settled once', async () => {
  const passage = fc.oneof(
    {
      weight: 4,
      arbitrary: fc.constantFrom<RequestResult['kind']>('answered', 'lost', 'unopened', 'unused'),
    },
    { weight: 1, arbitrary: fc.constant<RequestResult['kind']>('limited') },
  );
  const request = fc.record({
    asksAt: fc.nat(3_000),
    latencyMs: fc.integer({ min: 0, max: 100 }),
    deadlineMs: fc.option(fc.nat(20_000), { nil: Number.POSITIVE_INFINITY }),
    goesAwayAt: fc.option(fc.nat(5_000)),
    again: fc.boolean(),
    passage,
    retryAfterMs: fc.option(fc.nat(5_000)),
  });
  await fc.assert(
    fc.asyncProperty(fc.array(request, { minLength: 1, maxLength: 120 }), async (requests) => {
      const clock = new ManualClock(0);
      const limiter = new AdaptiveRateLimiter(clock);
      const wait = (ms: number) => new Promise<void>((resolve) => clock.after(ms, resolve));
      let inFlight = 0;
      let most = 0;
      const one = async (each: (typeof requests)[number]) => {
        const controller = new AbortController();
        if (each.goesAwayAt !== null) clock.after(each.goesAwayAt, () => controller.abort());
        await wait(each.asksAt);
        const entry = await limiter.acquire({
          deadline: clock.now() + each.deadlineMs,
          turn,
          signal: controller.signal,
          again: each.again,
        });
        if (entry.kind !== 'entered') return entry.kind;
        inFlight += 1;
        most = Math.max(most, inFlight);
        await wait(each.latencyMs);
        inFlight -= 1;
        entry.release(each.passage === 'limited' ? limited(each.retryAfterMs) : { kind: each.passage });
        return entry.kind;
      };
      const kinds = await clock.until(Promise.all(requests.map(one)), 1e9);
      expect(kinds).toHaveLength(requests.length);
      expect(most).toBeLessThanOrEqual(32);
      await clock.turn(10_000);
      expect(clock.pending).toBe(0);
    }),
    { numRuns: runs(200, 60) },
  );
});
