import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type RunningServer, startServer } from '../../functions/http/server.ts';
import { readSettings } from '../../shared/config/settings.ts';
import { silentLog } from '../../shared/lib/log.ts';
import { openLocal } from '../../shared/local-gateway.ts';
import { freshFolder } from '../support/process/temporary.ts';
import { chromiumPath, openBrowser, openTab } from './chromium.ts';
import { signIn } from './console.ts';

const token = 'a-token-for-the-tests';

describe.skipIf(chromiumPath === undefined)('the console of a calloff without a provider', () => {
  let browser: Browser;
  let server: RunningServer;

  beforeAll(async () => {
    const variables = { PORT: '0', CALLOFF_TOKEN: token, CALLOFF_CONSOLE: 'on' };
    const settings = readSettings({ ...variables, CALLOFF_DATA_DIR: freshFolder() });
    const start = async () => startServer(settings, await openLocal(settings, { log: silentLog }), silentLog);
    [browser, server] = await Promise.all([openBrowser(), start()]);
  });
  afterAll(async () => {
    await browser?.close();
    await server?.stop();
  });

  it('says so on the list, with the next step, and has its other views', async () => {
    const tab = await openTab(browser);
    const { page } = tab;
    await signIn(tab, server.url, token);
    for (const search of ['', '?provider=ionq', '?name=any']) {
      await page.goto(`${server.url}/${search}`);
      await page.getByRole('heading', { name: 'No provider is connected' }).waitFor();
      await page.getByText('Set the API key of a provider, such as IONQ_API_KEY').waitFor();
      expect(await page.getByText('Nothing runs').count()).toBe(0);
      expect(await page.locator('.skeleton').count()).toBe(0);
    }
    for (const [view, heading] of [
      ['Operations', 'No operation yet'],
      ['Audit', 'Audit'],
      ['Waiting for you', 'Nothing waits for you'],
    ] as const) {
      await page.getByRole('link', { name: view }).click();
      await page.getByRole('heading', { name: heading, exact: true }).waitFor();
    }
    expect(tab.complaints).toEqual([]);
    await tab.context.close();
  });
});
