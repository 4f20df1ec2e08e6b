import { describe, test, vi } from 'vitest';
import { expectNoLie, idsOfRun } from '../support/truth/random-faults.ts';

vi.setConfig({ testTimeout: 60_000 });

// test/soak/random.test.ts has more seeds.
describe.concurrent(`${idsOfRun} ids over four providers with random faults`, () => {
  test.for([11])('seed %i: never a false word', (seed, { expect }) => expectNoLie(seed, expect));
});
