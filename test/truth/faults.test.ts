import { describe, test, vi } from 'vitest';
import { liesAbout } from '../support/truth/fault-matrix.ts';
import { faultCases } from '../support/truth/faults.ts';

vi.setConfig({ maxConcurrency: 12, testTimeout: 60_000 });

/** One job everywhere; forty where jobs are cancelled by lists of them, and where they are not. test/soak/faults.test.ts has every cell. */
const isWanted: Parameters<typeof liesAbout>[1] = ({ size, provider, scope, lasting }, kind) =>
  size === 'single' ||
  (provider === 'ionq' && kind !== 'huge_body') ||
  // Forty huge bodies are much work for the machine, and each is read like any other.
  (provider === 'sutro' && (kind !== 'huge_body' || (scope === 'looks' && lasting === 'once per job')));

describe.concurrent('never a false word', () => {
  test.for(faultCases)('$name', async (faultCase, { expect }) => {
    expect(await liesAbout(faultCase, isWanted)).toEqual([]);
  });
});
