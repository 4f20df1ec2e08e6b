import { describe, test, vi } from 'vitest';
import {
  drawnByChance,
  expectNearlyAll,
  expectNearlyAllByChance,
  pairs,
} from '../support/truth/passing-faults.ts';

vi.setConfig({ maxConcurrency: 18, testTimeout: 180_000 });

/**
 * The faults by turns where jobs are cancelled by lists of them, and where they are not; those drawn by chance are at all
 * four. test/soak/passing.test.ts has every pair.
 */
const wanted = [...Map.groupBy(pairs, ({ name }) => name).values()].flatMap((places, index) =>
  places.filter(({ provider }) => provider === (index % 2 === 0 || places.length === 1 ? 'ionq' : 'sutro')),
);

describe.concurrent('with one passing fault per job, at least 99 % end as cancelled', () => {
  test.for(wanted)('$name at $provider', (pair, { expect }) => expectNearlyAll(pair, expect));
});

describe.concurrent('with one fault per job, drawn by chance', () => {
  test.for(['everything'] as const)(`on %s, of ${drawnByChance}`, (scope, { expect }) =>
    expectNearlyAllByChance(scope, expect),
  );
});
