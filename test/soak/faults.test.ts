import { describe, test, vi } from 'vitest';
import { liesAbout } from '../support/truth/fault-matrix.ts';
import { faultCases } from '../support/truth/faults.ts';

vi.setConfig({ maxConcurrency: 12, testTimeout: 60_000 });

describe.concurrent('never a false word, in any cell', () => {
  test.for(faultCases)('$name', async (faultCase, { expect }) => {
    expect(await liesAbout(faultCase, () => true)).toEqual([]);
  });
});
