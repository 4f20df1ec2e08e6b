import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Allowance, type Grant } from '../../shared/access/allowance.ts';
import { SetClock } from '../store/host.ts';
import { type Memory, memoryStore } from '../store/memory-store.ts';

const windows = [
  { most: 7, windowMs: 60_000 },
  { most: 20, windowMs: 600_000 },
];

function open() {
  const clock = new SetClock();
  const memory: Memory = { values: new Map(), records: [], lastVersion: 0 };
  const store = memoryStore(memory, clock);
  return { clock, memory, allowance: new Allowance(store, clock) };
}

it('reads a book to which a newer calloff has added something', async () => {
  const { memory, allowance } = open();
  const limits = [{ most: 3, windowMs: 60_000 }];
  await allowance.take('ada', { wanted: 2, limits });
  for (const [key, entry] of memory.values)
    memory.values.set(key, { ...entry, value: JSON.stringify({ ...JSON.parse(entry.value), more: 1 }) });
  expect((await allowance.take('ada', { wanted: 2, limits })).granted).toBe(1);
});

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
);

/** What is counted, exactly: when the latest of it may be used, or was said to have been. */
interface Counted {
  at: number;
  count: number;
}

describe('an allowance', () => {
  it('grants what an exact count leaves and no more, and forgets nothing sooner, and little later, than it is due', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 60 }), async (steps) => {
        const { clock, allowance } = open();
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
          if (each.kind === 'wait') clock.forward(each.ms);
          else if (each.kind === 'take') {
            const { wanted, whole, forMs } = each;
            const until = forMs === null ? {} : { forMs };
            const most = room(0);
            const least = room(10_000);
            const grant = await allowance.take('robin/minute', { wanted, limits: windows, whole, ...until });
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
            await allowance.settle('robin/minute', grant, used);
            if (each.twice) await allowance.settle('robin/minute', grant, used);
            if (!isForgotten) Object.assign(entry, { at: clock.now(), count: used });
          }
        }
      }),
      { numRuns: 300 },
    );
  });

  it('never tells to wait longer than a window, and no shorter than until there is room', async () => {
    const { clock, allowance } = open();
    const limits = [{ most: 2, windowMs: 60_000 }];
    const take = () => allowance.take('robin/reads', { wanted: 1, limits });
    await take();
    clock.forward(20_000);
    await take();
    const refused = await take();
    expect(refused).toMatchObject({ granted: 0, retryAfterMs: 40_000 });
    clock.forward(refused.retryAfterMs - 1);
    expect(await take()).toMatchObject({ granted: 0, retryAfterMs: 1 });
    clock.forward(1);
    expect(await take()).toMatchObject({ granted: 1 });
    await allowance.take('ada/minute', { wanted: 2, limits, forMs: 120_000 });
    expect(await allowance.take('ada/minute', { wanted: 1, limits })).toMatchObject({ retryAfterMs: 60_000 });
  });

  it('joins what lies close together as of the latest of it', async () => {
    const { clock, allowance } = open();
    const take = (wanted: number) =>
      allowance.take('robin/minute', { wanted, limits: [{ most: 3, windowMs: 600_000 }] });
    clock.forward(1_000);
    await take(1);
    clock.forward(8_000);
    await take(1);
    clock.forward(91_000);
    await take(1);
    clock.forward(502_000);
    expect(await take(3)).toMatchObject({ granted: 0 });
  });

  it('keeps what is held for as long as it counts, though nobody asks in between', async () => {
    const { clock, allowance } = open();
    const limits = [{ most: 2, windowMs: 600_000 }];
    await allowance.take('robin/confirm', { wanted: 2, limits, forMs: 100_000 });
    clock.forward(699_999);
    expect(await allowance.take('robin/confirm', { wanted: 1, limits })).toMatchObject({ granted: 0 });
    clock.forward(1);
    expect(await allowance.take('robin/confirm', { wanted: 2, limits })).toMatchObject({ granted: 2 });
  });

  it('stays small however often it is used, and is gone ten minutes after', async () => {
    const { clock, memory, allowance } = open();
    const limits = [{ most: 100_000, windowMs: 600_000 }];
    for (let call = 0; call < 3_000; call += 1) {
      const grant = await allowance.take('robin/minute', { wanted: 3, limits, forMs: 5_000 });
      await allowance.settle('robin/minute', grant, 2);
      clock.forward(150);
    }
    const [entry] = memory.values.values();
    expect(entry?.value.length).toBeLessThan(4_000);
    expect((entry?.expiresAt ?? 0) - clock.now()).toBeLessThanOrEqual(605_000);
  });
});
