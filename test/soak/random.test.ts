import { describe, test, vi } from 'vitest';
import { expectNoLie } from '../support/truth/random-faults.ts';

vi.setConfig({ testTimeout: 60_000 });

describe.concurrent('1,000 ids over four providers with random faults', () => {
  test.for([1, 3, 5])('seed %i: never a false word', (seed, { expect }) => expectNoLie(seed, expect));
});
