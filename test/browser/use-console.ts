import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, beforeEach, expect } from 'vitest';
import type { Sandbox } from '../../sandbox/sandbox.ts';
import type { HouseTerms, Role } from '../support/surfaces/test-server.ts';
import { openBrowser, openTab, type Tab, type Viewer } from './chromium.ts';
import { type ConsoleServer, openConsole, signIn } from './console.ts';

/** One browser and one console for all tests of a file, and the tabs of the test that runs. */
export interface ConsoleInUse {
  server(): ConsoleServer;
  ionq(): Sandbox['providers']['ionq'];
  sutro(): Sandbox['providers']['sutro'];
  /** Opens the page in a tab of its own, signed in as a caller. `search`: which place of it, such as `?view=audit`. */
  open(caller?: string, search?: string, viewer?: Viewer): Promise<Page>;
  /** Opens a tab that shows nothing yet. */
  openEmpty(viewer?: Viewer): Promise<Tab>;
  /** The tab that was opened last. */
  tab(): Tab;
}

/**
 * Starts a browser and a console before the tests of a block. Each test begins with empty providers; after it no tab of it may
 * have complained, and all are closed.
 */
export function useConsole(roles?: Readonly<Record<string, Role>>, terms?: HouseTerms): ConsoleInUse {
  let browser: Browser;
  let server: ConsoleServer;
  let tabs: Tab[] = [];
  beforeAll(async () => {
    [browser, server] = await Promise.all([openBrowser(), openConsole(roles, terms)]);
  });
  afterAll(async () => {
    await browser?.close();
    await server?.close();
  });
  beforeEach(() => {
    for (const provider of Object.values(server.sandbox.providers)) provider.reset();
    return async () => {
      const complaints = tabs.flatMap((tab) => tab.complaints);
      await Promise.all(tabs.map(({ context }) => context.close()));
      tabs = [];
      expect(complaints).toEqual([]);
    };
  });
  const openEmpty = async (viewer?: Viewer) => {
    const tab = await openTab(browser, viewer);
    tabs.push(tab);
    return tab;
  };
  return {
    server: () => server,
    ionq: () => server.sandbox.providers.ionq,
    sutro: () => server.sandbox.providers.sutro,
    async open(caller = 'ada', search = '', viewer) {
      const tab = await openEmpty(viewer);
      await signIn(tab, server.url, server.tokenOf(caller));
      if (search !== '') await tab.page.goto(`${server.url}/${search}`);
      return tab.page;
    },
    openEmpty,
    tab() {
      const last = tabs.at(-1);
      if (last === undefined) throw new Error('this test has opened no tab');
      return last;
    },
  };
}
