import { expect, test } from 'vitest';
import { systemClock } from '../../shared/lib/clock.ts';
import { compareAndSwap } from '../../shared/store/compare-and-swap.ts';
import { memoryStore } from './memory-store.ts';

test('a short value is replaced without reading it again, and a long one is not kept in memory for that', async () => {
  const reads: string[] = [];
  const inner = memoryStore({ values: new Map(), records: [], lastVersion: 0 }, systemClock);
  const store = {
    ...inner,
    get: (key: string) => {
      reads.push(key);
      return inner.get(key);
    },
  };
  const expiresAt = Date.now() + 60_000;
  for (const [key, length] of [
    ['short', 100],
    ['long', 100_000],
  ] as const)
    for (let round = 0; round < 3; round += 1)
      await compareAndSwap(store, key, (before = '') => ({
        value: before.padEnd(length + round, 'x'),
        expiresAt,
      }));
  expect(reads).toEqual(['short', 'long', 'long', 'long']);
  expect((await inner.get('long'))?.value).toHaveLength(100_002);
});
