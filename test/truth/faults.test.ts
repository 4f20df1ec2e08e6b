import { describe, test, vi } from 'vitest';
import { type Cell, liesAbout } from '../support/fault-matrix.ts';
import { faultCases } from '../support/faults.ts';

vi.setConfig({ maxConcurrency: 12, testTimeout: 60_000 });

/** One job everywhere; forty where jobs are cancelled by lists of them, and where they are not. test/soak/faults.test.ts has every cell. */
const isWanted = ({ size, provider }: Cell) =>
  size === 'single' || provider === 'ionq' || provider === 'sutro';

describe.concurrent('never a false word', () => {
  test.for(faultCases)('$name', async (faultCase, { expect }) => {
    expect(await liesAbout(faultCase, isWanted)).toEqual([]);
  });
});
