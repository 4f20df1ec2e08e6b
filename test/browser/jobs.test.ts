import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { chromiumPath, openBrowser, type Tab } from './chromium.ts';
import { type ConsoleServer, openConsole } from './console.ts';

describe.skipIf(chromiumPath === undefined)('the jobs of the console', () => {
  let browser: Browser;
  let server: ConsoleServer;

  beforeAll(async () => {
    [browser, server] = await Promise.all([openBrowser(), openConsole()]);
  });
  afterAll(async () => {
    await browser?.close();
    await server?.close();
  });

  let tab: Tab;
  beforeEach(async () => {
    server.sandbox.providers.ionq.clearFaults();
    return async () => {
      expect(tab.complaints).toEqual([]);
      await tab.context.close();
    };
  });

  const rowOf = (name: string) => tab.page.getByRole('row').filter({ hasText: name });

  it('stops a job with one press, and says cancelled only after a look', async () => {
    server.sandbox.providers.ionq.addJobs(1, { name: 'one press', state: 'running' });
    tab = await server.open(browser, 'ada');
    await rowOf('one press').getByRole('button', { name: 'Stop one press' }).click();
    await rowOf('one press').locator('.c-stop .good').waitFor();
    expect(await rowOf('one press').locator('.c-stop').textContent()).toContain('cancelled');
  });
});
