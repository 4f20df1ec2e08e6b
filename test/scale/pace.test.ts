import { describe, test, vi } from 'vitest';
import { casesAt, runs } from '../support/thorough.ts';
import { paceOf, paces } from '../support/time/paces.ts';

vi.setConfig({ testTimeout: 60_000 });

// The soak has the others, and test/http/rate-limiter-pace.test.ts all of them, simulated.
describe('goes just below an undocumented limit', () => {
  // These machines are noisy: one repetition is allowed.
  test.for(casesAt(paces, 0))('$name', { retry: 1 }, async (whole, { expect }) => {
    const pace = { ...whole, jobs: runs(whole.jobs, 600) };
    const figures = await paceOf(pace);
    const { cancelled, overFloor, callOverFloor, refusedShare } = figures;
    console.info(
      `${pace.name}: ${overFloor.toFixed(3)} of N/R, the call ${callOverFloor.toFixed(3)}, 429 ${(refusedShare * 100).toFixed(2)} %`,
    );
    expect(cancelled).toBe(pace.jobs);
    expect(overFloor).toBeLessThanOrEqual(pace.most);
    expect(refusedShare).toBeLessThan(0.02);
  });
});
