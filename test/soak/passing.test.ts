import { describe, test, vi } from 'vitest';
import {
  drawnByChance,
  expectNearlyAll,
  expectNearlyAllByChance,
  pairs,
} from '../support/truth/passing-faults.ts';

vi.setConfig({ maxConcurrency: 18, testTimeout: 180_000 });

describe.concurrent('with one passing fault per job, at least 99 % end as cancelled', () => {
  test.for(pairs)('$name at $provider', (pair, { expect }) => expectNearlyAll(pair, expect));
});

describe.concurrent('with one fault per job, drawn by chance', () => {
  test.for(['cancel', 'everything'] as const)(`on %s, of ${drawnByChance}`, (scope, { expect }) =>
    expectNearlyAllByChance(scope, expect),
  );
});
