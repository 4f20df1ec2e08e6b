import { defineConfig } from 'vitest/config';

const timed = ['test/scale/**/*.test.ts'];

/** Tests that measure time, or keep the machine busy, run after the others, one by one: so nothing of ours disturbs them, nor they others. */
export default defineConfig({
  test: {
    projects: [
      {
        test: {
          name: 'suite',
          include: ['test/**/*.test.ts'],
          exclude: ['**/node_modules/**', ...timed],
          testTimeout: 30_000,
          maxWorkers: 2,
          sequence: { groupOrder: 0 },
        },
      },
      {
        test: {
          name: 'timed',
          include: timed,
          testTimeout: 60_000,
          maxWorkers: 1,
          sequence: { groupOrder: 1 },
        },
      },
    ],
  },
});
