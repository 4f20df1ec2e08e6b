import { describe, expect, test } from 'vitest';
import { twins } from '../../sandbox/providers/index.ts';
import { providerIds } from '../../shared/contract/provider-ids.ts';
import { adapters } from '../fixtures/adapters.ts';
import { fixtures } from '../fixtures/index.ts';
import { agreements } from './agreement.ts';

describe.each(providerIds)('the adapter of %s', (id) => {
  test.each(agreements)('$name', ({ check }) => {
    expect(check({ id, adapter: adapters[id], fixtures: fixtures[id], twin: twins[id] })).toEqual([]);
  });
});
