import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Driver, drivers } from './drivers.ts';
import { laws } from './laws.ts';

/** Laws that open dozens of stores take long where each starts a thread and the machine is busy. */
const timeoutMs = 90_000;

describe.each(Object.entries(drivers))('a store in %s', (_name, start) => {
  let driver: Driver;
  beforeAll(async () => {
    driver = await start();
  });
  afterAll(() => driver.stop());

  for (const { name, check } of laws) {
    test(
      name,
      async () => {
        expect(await check(await driver.host())).toEqual([]);
      },
      timeoutMs,
    );
  }
});
