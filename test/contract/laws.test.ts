import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { providerIds } from '../../shared/contract/provider-ids.ts';
import { everywhere } from '../../shared/laws/law.ts';
import { laws } from '../../shared/laws/laws.ts';
import { adapters } from '../fixtures/adapters.ts';
import { fixtures } from '../fixtures/index.ts';
import { runs } from '../support/thorough.ts';

/** The adapters keep the same laws with much the same code, and each is tried with answers of its own. */
const numRuns = runs(300, 30);
beforeAll(() => fc.configureGlobal({ numRuns }));
// Other files run in this thread, too.
afterAll(() => fc.resetConfigureGlobal());

test('a law is tried with so many values', () => {
  const tried: number[] = [];
  everywhere(fc.nat(), (value) => void tried.push(value));
  expect(tried).toHaveLength(numRuns);
});

describe.each(providerIds)('the adapter of %s', (id) => {
  for (const { name, check } of laws) {
    test(name, async () => {
      expect(await check(adapters[id], fixtures[id])).toEqual([]);
    });
  }
});
