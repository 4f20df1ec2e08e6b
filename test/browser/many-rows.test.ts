import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { chromiumPath, openBrowser, type Tab } from './chromium.ts';
import { type ConsoleServer, openConsole } from './console.ts';
import { refresh, tickedBar } from './jobs-page.ts';

const many = 5_000;
const few = 50;
/** A tick is measured so many times, and the median counts. */
const turns = 9;

const isSkipped = chromiumPath === undefined;
let browser: Browser;
let server: ConsoleServer;
let tab: Tab;
beforeAll(async () => {
  if (isSkipped) return;
  [browser, server] = await Promise.all([openBrowser(), openConsole()]);
  server.sandbox.providers.ionq.addJobs(many, { name: 'among many', state: 'running' });
  server.sandbox.providers.sutro.addJobs(few, { name: 'among few', state: 'running' });
  tab = await server.open(browser, 'ada');
}, 120_000);
afterAll(async () => {
  await browser?.close();
  await server?.close();
});

/** Scrolls to the end of the list until every row is loaded. */
async function loadAll(page: Page, count: number): Promise<void> {
  const scroller = page.locator('.scroller');
  await expect
    .poll(
      async () => {
        await scroller.evaluate((box) => box.scrollTo(0, box.scrollHeight));
        return page.locator('table.jobs').getAttribute('aria-rowcount');
      },
      { timeout: 60_000 },
    )
    .toBe(String(count + 1));
  await scroller.evaluate((box) => box.scrollTo(0, 0));
  // A box that the drawing of the top takes away would be ticked in vain.
  await page.locator('tr[data-key][aria-rowindex="2"]').waitFor();
}

/** How long it takes from a click on the box of a row until the next frame can be shown, in milliseconds. */
const tickTook = (page: Page, row: number) =>
  page
    .locator('tr[data-key] input[type=checkbox]')
    .nth(row)
    .evaluate(
      (box) =>
        new Promise<number>((resolve) => {
          requestAnimationFrame(() => {
            const beganAt = performance.now();
            if (box instanceof HTMLElement) box.click();
            queueMicrotask(() => {
              // The drawing is done; reading the layout makes the browser lay it out too.
              document.body.getBoundingClientRect();
              resolve(performance.now() - beganAt);
            });
          });
        }),
    );

const median = (times: readonly number[]) =>
  times.toSorted((a, b) => a - b)[Math.floor(times.length / 2)] ?? 0;

it.skipIf(isSkipped)('shows the first of 5,000 jobs within a second of the answer', async () => {
  const { page } = tab;
  await page.addInitScript(() => {
    const inner = window.fetch;
    window.fetch = async (...given) => {
      const response = await inner(...given);
      if (String(given[0]).includes('provider=ionq')) performance.mark('answered');
      return response;
    };
    new MutationObserver(() => {
      if (
        document.querySelector('tr[data-key^="ionq/"]') &&
        performance.getEntriesByName('drawn').length === 0
      )
        performance.mark('drawn');
    }).observe(document, { childList: true, subtree: true });
  });
  await page.goto(`${server.url}/?provider=ionq`);
  await page.locator('tr[data-key]').first().waitFor();
  const took = await page.evaluate(() => {
    const at = (name: string) => performance.getEntriesByName(name)[0]?.startTime ?? Number.NaN;
    return at('drawn') - at('answered');
  });
  console.info(`first rows ${took.toFixed(0)} ms after the answer`);
  expect(took).toBeGreaterThanOrEqual(0);
  expect(took).toBeLessThan(1_000);
});

it.skipIf(isSkipped)(
  'ticks one among 5,000 rows at most half as slowly again as one among 50, and keeps ticks, focus and place through a refresh',
  async () => {
    const { page } = tab;
    const other = await tab.context.newPage();
    await other.goto(`${server.url}/?provider=sutro`);
    await other.locator('tr[data-key]').first().waitFor();
    await page.goto(`${server.url}/?provider=ionq`);
    await page.locator('tr[data-key]').first().waitFor();
    await loadAll(page, many);
    const times: { readonly many: number[]; readonly few: number[] } = { many: [], few: [] };
    for (let turn = 0; turn < turns; turn += 1) {
      await page.bringToFront();
      times.many.push(await tickTook(page, turn));
      await other.bringToFront();
      times.few.push(await tickTook(other, turn));
    }
    console.info(
      `a tick among ${many}: ${median(times.many).toFixed(1)} ms, among ${few}: ${median(times.few).toFixed(1)} ms`,
    );
    expect(median(times.many)).toBeLessThan(median(times.few) * 1.5 + 1);
    await page.bringToFront();
    const box = page.locator('tr[data-key] input[type=checkbox]').nth(3);
    await box.focus();
    const key = await page.evaluate(() => document.activeElement?.closest('tr')?.dataset.key);
    await refresh(page);
    await page.getByText(/ionq, [0-3] s ago/).waitFor();
    await tickedBar(page).getByText(`${turns} ticked`).waitFor();
    expect(await page.locator('table.jobs').getAttribute('aria-rowcount')).toBe(String(many + 1));
    expect(await page.evaluate(() => document.activeElement?.closest('tr')?.dataset.key)).toBe(key);
    expect(tab.complaints).toEqual([]);
  },
  90_000,
);

it.skipIf(isSkipped)(
  'says that more than 5,000 ticked jobs are too many for one stop, and what to do instead',
  async () => {
    const { page } = tab;
    server.sandbox.providers.ionq.addJobs(1, { name: 'one too many', state: 'running' });
    await page.goto(`${server.url}/?provider=ionq`);
    await page.locator('tr[data-key]').first().waitFor();
    await loadAll(page, many + 1);
    await page.getByRole('checkbox', { name: 'Tick all 5,001 shown' }).check();
    await tickedBar(page).getByRole('button', { name: 'Stop 5,001 jobs' }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByText('5,001 jobs are ticked, and calloff checks at most 5,000').waitFor();
    await dialog.getByRole('button', { name: 'Close' }).click();
    await tickedBar(page).getByRole('button', { name: 'All that match, also those not shown' }).click();
    await tickedBar(page).getByRole('button', { name: 'Stop all that match' }).waitFor();
  },
  60_000,
);
