import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Grant, SlidingWindowLimiter } from '../../shared/access/caller-rate-limiter.ts';
import { type Memory, memoryStore } from '../store/memory-store.ts';
import { runs } from '../support/thorough.ts';
import { ManualClock } from '../support/time/manual-clock.ts';

const windows = [
  { most: 7, windowMs: 60_000 },
  { most: 20, windowMs: 600_000 },
];

function open() {
  const clock = new ManualClock();
  const memory: Memory = { values: new Map(), records: [], lastVersion: 0 };
  const store = memoryStore(memory, clock);
  return { clock, memory, store, rateLimiter: new SlidingWindowLimiter(store, clock) };
}

it('reads a book to which a newer calloff has added something', async () => {
  const { memory, rateLimiter } = open();
  const limits = [{ most: 3, windowMs: 60_000 }];
  await rateLimiter.take('ada', { wanted: 2, limits });
  for (const [key, entry] of memory.values)
    memory.values.set(key, { ...entry, value: JSON.stringify({ ...JSON.parse(entry.value), more: 1 }) });
  expect((await rateLimiter.take('ada', { wanted: 2, limits })).granted).toBe(1);
});

const hourMs = 3_600_000;

const step = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constant('take' as const),
      wanted: fc.integer({ min: 1, max: 9 }),
      whole: fc.boolean(),
      forMs: fc.option(fc.nat(200_000)),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constant('settle' as const),
      which: fc.nat(5),
      used: fc.nat(9),
      twice: fc.boolean(),
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constant('wait' as const),
      ms: fc.oneof(fc.nat(1_500), fc.nat(15_000), fc.nat(120_000), fc.nat(700_000)),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant('step' as const),
      ms: fc.constantFrom(hourMs, -hourMs, 24 * hourMs, 61_000, -61_000),
    }),
  },
);

/** What is counted, exactly: when the latest of it may be used, or was said to have been. */
interface Counted {
  at: number;
  count: number;
}

describe('an allowance', () => {
  it('grants what an exact count leaves and no more, and forgets nothing sooner, and little later, than it is due, however the wall clock is set', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 60 }), async (steps) => {
        const { clock, rateLimiter } = open();
        const counted: Counted[] = [];
        let held: { grant: Grant; entry: Counted }[] = [];
        const room = (forgottenMs: number) =>
          Math.min(
            ...windows.map(({ most, windowMs }) => {
              const from = clock.now() - windowMs - forgottenMs;
              return Math.max(
                0,
                most - counted.filter(({ at }) => at > from).reduce((sum, { count }) => sum + count, 0),
              );
            }),
          );
        for (const each of steps) {
          if (each.kind === 'wait') await clock.turn(each.ms);
          else if (each.kind === 'step') clock.step(each.ms);
          else if (each.kind === 'take') {
            const { wanted, whole, forMs } = each;
            const until = forMs === null ? {} : { forMs };
            const most = room(0);
            const least = room(10_000);
            const grant = await rateLimiter.take('robin/minute', {
              wanted,
              limits: windows,
              whole,
              ...until,
            });
            if (whole && grant.granted === 0) expect(least).toBeLessThan(wanted);
            else expect(grant.granted).toBeGreaterThanOrEqual(Math.min(wanted, least));
            expect(grant.granted).toBeLessThanOrEqual(Math.min(wanted, most));
            const entry = { at: clock.now() + (forMs ?? 0), count: grant.granted };
            counted.push(entry);
            if (forMs !== null && grant.granted > 0) held.push({ grant, entry });
          } else {
            const chosen = held[each.which % Math.max(1, held.length)];
            if (chosen === undefined) continue;
            const { grant, entry } = chosen;
            held = held.filter((other) => other !== chosen);
            // What was held so long ago that it is forgotten is not counted anew.
            const isForgotten = entry.at <= clock.now() - 600_000;
            const used = Math.min(each.used, grant.granted);
            await rateLimiter.settle('robin/minute', grant, used);
            if (each.twice) await rateLimiter.settle('robin/minute', grant, used);
            if (!isForgotten) Object.assign(entry, { at: clock.now(), count: used });
          }
        }
      }),
      { numRuns: runs(300, 80) },
    );
  });

  it('never tells to wait longer than a window, and no shorter than until there is room', async () => {
    const { clock, rateLimiter } = open();
    const limits = [{ most: 2, windowMs: 60_000 }];
    const take = () => rateLimiter.take('robin/reads', { wanted: 1, limits });
    await take();
    await clock.turn(20_000);
    await take();
    const refused = await take();
    expect(refused).toMatchObject({ granted: 0, retryAfterMs: 40_000 });
    await clock.turn(refused.retryAfterMs - 1);
    expect(await take()).toMatchObject({ granted: 0, retryAfterMs: 1 });
    await clock.turn(1);
    expect(await take()).toMatchObject({ granted: 1 });
    await rateLimiter.take('ada/minute', { wanted: 2, limits, forMs: 120_000 });
    expect(await rateLimiter.take('ada/minute', { wanted: 1, limits })).toMatchObject({
      retryAfterMs: 60_000,
    });
  });

  it('joins what lies close together as of the latest of it', async () => {
    const { clock, rateLimiter } = open();
    const take = (wanted: number) =>
      rateLimiter.take('robin/minute', { wanted, limits: [{ most: 3, windowMs: 600_000 }] });
    await clock.turn(1_000);
    await take(1);
    await clock.turn(8_000);
    await take(1);
    await clock.turn(91_000);
    await take(1);
    await clock.turn(502_000);
    expect(await take(3)).toMatchObject({ granted: 0 });
  });

  it('keeps held uses while they count, even without calls in between', async () => {
    const { clock, rateLimiter } = open();
    const limits = [{ most: 2, windowMs: 600_000 }];
    await rateLimiter.take('robin/confirm', { wanted: 2, limits, forMs: 100_000 });
    await clock.turn(699_999);
    expect(await rateLimiter.take('robin/confirm', { wanted: 1, limits })).toMatchObject({ granted: 0 });
    await clock.turn(1);
    expect(await rateLimiter.take('robin/confirm', { wanted: 2, limits })).toMatchObject({ granted: 2 });
  });

  it('stays small however often it is used, and is gone ten minutes after', async () => {
    const { clock, memory, rateLimiter } = open();
    const limits = [{ most: 100_000, windowMs: 600_000 }];
    // In a soak as many as fill most of a window, with as much time between them.
    const calls = runs(3_000, 1_000);
    for (let call = 0; call < calls; call += 1) {
      const grant = await rateLimiter.take('robin/minute', { wanted: 3, limits, forMs: 5_000 });
      await rateLimiter.settle('robin/minute', grant, 2);
      await clock.turn(450_000 / calls);
    }
    const [entry] = memory.values.values();
    expect(entry?.value.length).toBeLessThan(4_000);
    expect((entry?.expiresAt ?? 0) - clock.wallTime()).toBeLessThanOrEqual(605_000);
  });

  /** What another process does, which does not know what this one knew. */
  const another = ({ store, clock }: Pick<ReturnType<typeof open>, 'store' | 'clock'>, terms = {}) =>
    new SlidingWindowLimiter({ ...store }, clock, terms);

  it.each([
    ['for a process that comes later', {}],
    ['for one that may have been frozen', { staysAwake: false }],
  ])(
    'counts what was written in the future as written now %s, so that it is forgotten when it is due',
    async (_who, terms) => {
      const harness = open();
      const { clock, rateLimiter } = harness;
      const limits = [{ most: 3, windowMs: 60_000 }];
      await rateLimiter.take('robin/minute', { wanted: 1, limits });
      await rateLimiter.take('robin/minute', { wanted: 1, limits, forMs: 20_000 });
      await clock.turn(5_000);
      clock.step(-hourMs);
      const other = another(harness, terms);
      expect(await other.take('robin/minute', { wanted: 2, limits })).toMatchObject({ granted: 1 });
      expect(await other.take('robin/minute', { wanted: 1, limits })).toMatchObject({
        granted: 0,
        retryAfterMs: 60_000,
      });
      await clock.turn(60_000);
      expect(await other.take('robin/minute', { wanted: 3, limits })).toMatchObject({ granted: 2 });
      await clock.turn(59_999);
      expect(await other.take('robin/minute', { wanted: 3, limits })).toMatchObject({ granted: 1 });
    },
  );

  it('forgets nothing that it has seen of what another process counted before the clock was set forward, and counts nothing twice', async () => {
    const harness = open();
    const { clock, rateLimiter } = harness;
    const limits = [{ most: 5, windowMs: 60_000 }];
    const other = another(harness);
    await rateLimiter.take('robin/minute', { wanted: 2, limits });
    await other.take('robin/minute', { wanted: 2, limits });
    expect(await rateLimiter.take('robin/minute', { wanted: 2, limits, whole: true })).toMatchObject({
      granted: 0,
    });
    await clock.turn(10_000);
    clock.step(hourMs);
    expect(await rateLimiter.take('robin/minute', { wanted: 3, limits })).toMatchObject({ granted: 1 });
    expect(await other.take('robin/minute', { wanted: 1, limits })).toMatchObject({
      granted: 0,
      retryAfterMs: 50_000,
    });
    await clock.turn(50_000);
    expect(await other.take('robin/minute', { wanted: 5, limits })).toMatchObject({ granted: 4 });
  });

  it('takes a wall clock that went on while the process was frozen for what it is', async () => {
    const harness = open();
    const { clock } = harness;
    const limits = [{ most: 2, windowMs: 60_000 }];
    const rateLimiter = another(harness, { staysAwake: false });
    await rateLimiter.take('robin/minute', { wanted: 2, limits });
    clock.step(61_000);
    expect(await rateLimiter.take('robin/minute', { wanted: 2, limits })).toMatchObject({ granted: 2 });
  });
});
