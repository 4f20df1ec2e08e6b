import type { Browser } from 'playwright-core';
import {
  type HouseTerms,
  openTestServer,
  type Role,
  type TestServer,
} from '../support/surfaces/test-server.ts';
import { openTab, type Tab, type Viewer } from './chromium.ts';

/** A person with every right at every connection. */
export const ada: Role = {
  kind: 'person',
  may: { connections: ['*'], actions: ['list', 'cancel', 'confirm', 'audit'], self_confirm: true },
};

/** An agent, each of whose stops waits for the yes of a person. */
export const carefulAgent: Role = {
  kind: 'agent',
  may: { connections: ['*'], actions: ['list', 'cancel'], confirm_above: 0 },
};

/** The console, served for these callers. */
export interface ConsoleServer extends TestServer {
  /** Opens the page, signed in as a caller. `search`: which place of it, such as `?view=audit`. */
  open(
    browser: Browser,
    caller: string,
    at?: { readonly search?: string; readonly viewer?: Viewer },
  ): Promise<Tab>;
}

/** Starts a server that serves the console beside a sandbox. */
export async function openConsole(
  roles: Readonly<Record<string, Role>> = { ada },
  terms: HouseTerms = {},
): Promise<ConsoleServer> {
  const server = await openTestServer(roles, { CALLOFF_CONSOLE: 'on' }, terms);
  return {
    ...server,
    async open(browser, caller, { search = '', viewer } = {}) {
      const tab = await openTab(browser, viewer);
      await signIn(tab, server.url, server.tokenOf(caller));
      if (search !== '') await tab.page.goto(`${server.url}/${search}`);
      return tab;
    },
  };
}

/** Signs in as a person does. */
export async function signIn({ page }: Tab, url: string, token: string): Promise<void> {
  await page.goto(`${url}/`);
  await page.getByLabel('Your token').fill(token);
  await page.getByRole('button', { name: 'Sign in' }).click();
  await page.getByRole('button', { name: 'Sign out' }).waitFor();
}
