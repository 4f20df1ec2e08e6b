import { describe, expect, test } from 'vitest';
import { laws } from './laws.ts';
import { memoryHost } from './memory-store.ts';
import { sabotages } from './sabotage.ts';

test('every law has a name of its own, and a store that breaks it', () => {
  expect(new Set(laws.map(({ name }) => name)).size).toBe(laws.length);
  expect(Object.keys(sabotages)).toHaveLength(laws.length);
});

for (const { name, check } of laws) {
  describe(`the law "${name}"`, () => {
    for (const { how, make } of sabotages[name]) {
      test(`catches a store that ${how}`, async () => {
        expect(await check(memoryHost(make))).not.toEqual([]);
      });
    }
  });
}
