import { describe, expect, test } from 'vitest';
import { providerIds } from '../../shared/contract/provider-ids.ts';
import { laws } from '../../shared/laws/laws.ts';
import { adapters } from '../fixtures/adapters.ts';
import { fixtures } from '../fixtures/index.ts';

describe.each(providerIds)('the adapter of %s', (id) => {
  for (const { name, check } of laws) {
    test(name, async () => {
      expect(await check(adapters[id], fixtures[id])).toEqual([]);
    });
  }
});
