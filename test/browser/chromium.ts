import { existsSync } from 'node:fs';
import { type Browser, type BrowserContext, chromium, type Page } from 'playwright-core';

const { CALLOFF_TEST_CHROMIUM: named } = process.env;

/** Where a Chromium may stand. `CALLOFF_TEST_CHROMIUM` names another. */
const places = [
  named,
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
  // What `playwright-core install chromium` put there.
  chromium.executablePath(),
];

/** The Chromium of this machine; `undefined` if it has none. */
export const chromiumPath = places.find((path) => path !== undefined && existsSync(path));

/** What a person looks through. */
export interface Viewer {
  readonly width: number;
  readonly height: number;
  readonly scheme?: 'light' | 'dark';
  /** Lets a test add a script of its own, which the page's policy forbids. */
  readonly bypassPolicy?: boolean;
}

/** A window of a desktop. */
export const desktop: Viewer = { width: 1_280, height: 800 };
/** A phone, held upright. */
export const phone: Viewer = { width: 390, height: 844 };

/** A tab, and what it asked and complained of. */
export interface Tab {
  readonly page: Page;
  readonly context: BrowserContext;
  /** The addresses that it asked, in their order. */
  readonly requests: readonly string[];
  /** Errors of the page, and what its policy forbade. */
  readonly complaints: readonly string[];
}

/** A browser without a window, which sends nothing beyond this machine. */
export async function openBrowser(): Promise<Browser> {
  if (chromiumPath === undefined) throw new Error('this machine has no Chromium');
  return chromium.launch({
    executablePath: chromiumPath,
    args: ['--no-sandbox', '--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1'],
  });
}

/** Opens a tab with a clean profile. */
export async function openTab(browser: Browser, viewer: Viewer = desktop): Promise<Tab> {
  const { width, height, scheme = 'light', bypassPolicy = false } = viewer;
  const context = await browser.newContext({
    viewport: { width, height },
    colorScheme: scheme,
    bypassCSP: bypassPolicy,
  });
  // A page that does not show what a test waits for fails it before the test's own time is over.
  context.setDefaultTimeout(12_000);
  const page = await context.newPage();
  const requests: string[] = [];
  const complaints: string[] = [];
  page.on('request', (request) => requests.push(request.url()));
  page.on('pageerror', (error) => complaints.push(error.message));
  page.on('console', (message) => {
    // The browser itself notes each answer of 400 and above, which are answers as others.
    if (message.type() === 'error' && !message.text().startsWith('Failed to load resource'))
      complaints.push(message.text());
  });
  return { page, context, requests, complaints };
}
