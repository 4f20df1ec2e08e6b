import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { cases } from '../support/thorough.ts';
import { type Driver, drivers } from './drivers.ts';
import { type LawName, laws } from './laws.ts';

/** Laws that open dozens of stores take long where each starts a thread and the machine is busy. */
const timeoutMs = 90_000;

/** Each store in SQLite starts a thread, which answers by the code of the one without: these laws are about more than answers. */
const onThreads: readonly LawName[] = [
  'lets exactly one of many writers win',
  'shows to one client at once what another has put',
  'lists each value that is there the whole time once, while others come and go',
  'answers each of many that are asked at once by itself',
  'refuses another body for a record, and keeps the first',
  'gives a body back letter by letter',
  'refuses a record that not every store can keep, and keeps none with it',
  'never keeps the thread from others for long, however much is asked of it',
  'keeps all that many clients append at once',
  'answers as the plainest store does, whatever is asked in whatever order',
];

describe.each(Object.entries(drivers))('a store in %s', (store, start) => {
  let driver: Driver;
  beforeAll(async () => {
    driver = await start();
  });
  afterAll(() => driver.stop());

  const tried = cases(laws, ({ name }) => store !== 'SQLite' || onThreads.includes(name));
  for (const { name, check } of tried) {
    test(
      name,
      async () => {
        expect(await check(await driver.host())).toEqual([]);
      },
      timeoutMs,
    );
  }
});
