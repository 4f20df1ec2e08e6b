import { describe, test, vi } from 'vitest';
import { paceOf, paces } from '../support/time/paces.ts';

vi.setConfig({ testTimeout: 60_000 });

// Over loopback in real time; npm test has all of them simulated, in test/http/rate-limiter-pace.test.ts.
describe('goes just below an undocumented limit', () => {
  // These machines are noisy: one repetition is allowed.
  test.for(paces)('$name', { retry: 1 }, async (pace, { expect }) => {
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
