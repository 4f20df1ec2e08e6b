import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { gate } from '../../console/model/gate.js';

describe('a gate', () => {
  it('lets no more in than it may, all in their order, and none twice', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 5 }),
        fc.integer({ min: 1, max: 30 }),
        async (most, count) => {
          const enter = gate(most);
          const order: number[] = [];
          let [inside, peak] = [0, 0];
          const visits = Array.from({ length: count }, async (_, index) => {
            const leave = await enter();
            order.push(index);
            inside += 1;
            peak = Math.max(peak, inside);
            await Promise.resolve();
            inside -= 1;
            leave();
            leave();
          });
          await Promise.all(visits);
          expect(peak).toBe(Math.min(most, count));
          expect(order).toEqual(Array.from({ length: count }, (_, index) => index));
        },
      ),
    );
  });
});
