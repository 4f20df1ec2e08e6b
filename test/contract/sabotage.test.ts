import { describe, expect, test } from 'vitest';
import type { ProviderAdapter } from '../../shared/adapter/adapter.ts';
import { providerIds } from '../../shared/contract/provider-ids.ts';
import type { ProviderFixtures } from '../../shared/laws/fixtures.ts';
import { laws } from '../../shared/laws/laws.ts';
import { fixtures } from '../fixtures/index.ts';
import { sabotages } from './sabotage.ts';

function fixturesOf({ id }: ProviderAdapter): ProviderFixtures {
  const found = providerIds.find((each) => each === id);
  if (found === undefined) throw new Error(`there are no fixtures of ${id}`);
  return fixtures[found];
}

describe('the suite itself', () => {
  test('has a name of its own for every law', () => {
    expect(new Set(laws.map(({ name }) => name)).size).toBe(laws.length);
  });

  test('breaks every law in at least one way', () => {
    expect(laws.filter(({ name }) => sabotages[name].length === 0)).toEqual([]);
    expect(Object.keys(sabotages)).toHaveLength(laws.length);
  });
});

for (const { name, check } of laws) {
  describe(`the law "${name}"`, () => {
    for (const { how, adapter } of sabotages[name]) {
      test(`catches an adapter that ${how}`, async () => {
        expect(await check(adapter, fixturesOf(adapter))).not.toEqual([]);
      });
    }
  });
}
