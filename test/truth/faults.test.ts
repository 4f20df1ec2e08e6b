import { describe, test, vi } from 'vitest';
import { liesAbout } from '../support/truth/fault-matrix.ts';
import { faultCases } from '../support/truth/faults.ts';

vi.setConfig({ maxConcurrency: 12, testTimeout: 60_000 });

/**
 * One job with a fault that stays in everything a provider does, and at two providers, once where it passes and once where it
 * stays; eleven where jobs are
 * cancelled by lists of them, with a fault that passes, and where they are not, with one that stays.
 * test/soak/faults.test.ts has every cell.
 */
const isWanted: Parameters<typeof liesAbout>[1] = ({ size, provider, scope, lasting }, kind) => {
  const isTried =
    (provider === 'ionq' && lasting === 'once per job') || (provider === 'sutro' && lasting === 'always');
  if (size === 'single') return isTried || (lasting === 'always' && scope === 'everything');
  // Eleven huge bodies are much work for the machine, and each is read like any other.
  if (kind === 'huge_body') return provider === 'sutro' && scope === 'looks' && lasting === 'once per job';
  return isTried;
};

describe.concurrent('never a false word', () => {
  test.for(faultCases)('$name', async (faultCase, { expect }) => {
    expect(await liesAbout(faultCase, isWanted)).toEqual([]);
  });
});
