import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { semaphore } from '../../console/semaphore.js';

describe('a semaphore', () => {
  it('runs no more tasks at a time than it may, all in their order, also after one that fails', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 5 }),
        fc.integer({ min: 1, max: 30 }),
        async (most, count) => {
          const run = semaphore(most);
          const order: number[] = [];
          let [inside, peak] = [0, 0];
          const task = async (index: number) => {
            order.push(index);
            inside += 1;
            peak = Math.max(peak, inside);
            await Promise.resolve();
            inside -= 1;
            if (index % 3 === 1) throw new Error(String(index));
            return index;
          };
          const all = Array.from({ length: count }, (_, index) => run(() => task(index)));
          const results = await Promise.allSettled(all);
          expect(results.map(({ status }) => status)).toEqual(
            results.map((_, index) => (index % 3 === 1 ? 'rejected' : 'fulfilled')),
          );
          expect(peak).toBe(Math.min(most, count));
          expect(order).toEqual(Array.from({ length: count }, (_, index) => index));
        },
      ),
    );
  });
});
