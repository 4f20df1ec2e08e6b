import { describe, expect, test } from 'vitest';
import { laws } from '../../shared/laws/laws.ts';
import { adapters } from '../fixtures/adapters.ts';
import { fixtures } from '../fixtures/index.ts';

/** Adapters that together read answers with all that adapters read answers with. */
const ids = ['aws-batch', 'openai-batch', 'github-actions'] as const;

describe.each(ids)('the adapter of %s', (id) => {
  for (const { name, check } of laws) {
    test(name, async () => {
      expect(await check(adapters[id], fixtures[id])).toEqual([]);
    });
  }
});
