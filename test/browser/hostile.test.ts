import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { chromiumPath, openBrowser, phone, type Tab } from './chromium.ts';
import { ada, type ConsoleServer, carefulAgent, openConsole } from './console.ts';
import { hostile } from './hostile.ts';

const isSkipped = chromiumPath === undefined;
/** The configuration lets no caller have a name that is more than letters, digits and a few marks. */
const agent = 'night.agent@lab-2';
const roles = {
  ada,
  [agent]: carefulAgent,
} as const;
/** What else is in the row, so that each can be found whatever its name is. */
const ids = hostile.map((_, index) => `00000000-0000-4000-8000-${String(index).padStart(12, '0')}`);

describe.skipIf(isSkipped)('what foreign people wrote', () => {
  let browser: Browser;
  let server: ConsoleServer;
  let tab: Tab;

  beforeAll(async () => {
    [browser, server] = await Promise.all([openBrowser(), openConsole(roles)]);
    const { sutro, ionq } = server.sandbox.providers;
    for (const [index, text] of hostile.entries()) {
      sutro.addJob({ id: `job-${ids[index]}`, name: text, state: 'running' });
      const labels = { [text]: text };
      ionq.addJob({ id: ids[index], name: text, owner: text, target: text, labels, state: 'running' });
    }
    tab = await server.open(browser, 'ada');
  });
  afterAll(async () => {
    await browser?.close();
    await server?.close();
  });

  /** Nothing of it ran, loaded, or became an element, and the page is no wider than the window. */
  async function isText(page: Page): Promise<void> {
    const made = 'main :is(img, script, svg, math, iframe, style, link, base, meta, template, a)';
    expect(await page.locator(made).count()).toBe(0);
    expect(await page.evaluate('window.ran')).toBeUndefined();
    expect(tab.requests.filter((address) => !address.startsWith(server.url))).toEqual([]);
    expect(tab.complaints).toEqual([]);
    expect(await page.evaluate('document.documentElement.scrollWidth <= innerWidth')).toBe(true);
  }

  it('is text in the list and its filters, and breaks neither a row nor the page, on a phone either', async () => {
    const { page } = tab;
    await page.goto(`${server.url}/?provider=sutro&name=${encodeURIComponent('<img')}`);
    await page.getByRole('button', { name: '<img src=x onerror=window.ran=1>', exact: true }).waitFor();
    expect(await page.getByLabel('Name', { exact: true }).inputValue()).toBe('<img');
    for (const provider of ['sutro', 'ionq']) {
      await page.goto(`${server.url}/?provider=${provider}`);
      await page.locator('tr[data-key]').nth(20).waitFor();
      await isText(page);
    }
    await page.setViewportSize(phone);
    await isText(page);
    const heights = await page
      .locator('tr[data-key]')
      .evaluateAll((rows) => rows.map((row) => row.clientHeight));
    expect(new Set(heights).size).toBe(1);
  });

  it('is text in the drawer: name, owner, target and labels', async () => {
    const { page } = tab;
    for (const index of [0, 2, 16, 21, 23, 27, 28, 29, 30, 31]) {
      const id = ids[index] ?? '';
      await page.goto(`${server.url}/?provider=ionq&open=${encodeURIComponent(`ionq/${id}`)}`);
      await page.locator('.drawer .facts').waitFor();
      const title = (await page.locator('#job-title').textContent()) ?? '';
      // calloff leaves out what no person sees, or what turns the direction of the rest.
      if (index < 27 || index > 30) expect(title).toBe(hostile[index]?.replaceAll(',', ' '));
      expect(title).not.toMatch(/[\p{Cc}\p{Bidi_Control}\u200b\u2060\ufeff]/u);
      await isText(page);
    }
  });

  it('is text in the dialog, the rows, the operation and the audit: also the reason', async () => {
    const { page } = tab;
    const reason = '<img src=x onerror=window.ran=1> "\u0024{window.ran=1}" <!--?lit$1$-->';
    await page.setViewportSize({ width: 1_280, height: 800 });
    await page.goto(`${server.url}/?provider=sutro`);
    await page.locator('tr[data-key]').nth(20).waitFor();
    await page.getByRole('checkbox', { name: /^Tick all/ }).click();
    await page.getByRole('button', { name: `Stop ${hostile.length} jobs` }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByText('<svg onload=window.ran=1>').waitFor();
    await isText(page);
    await dialog.getByLabel('Reason').fill(reason);
    await dialog.getByRole('button', { name: /^Stop/ }).click();
    await page.locator('.bar.operation').getByRole('button', { name: 'Open' }).click();
    await page.locator('q').getByText(reason).waitFor();
    await isText(page);
    await page.getByRole('link', { name: 'Operations' }).click();
    await page.getByRole('cell', { name: reason }).waitFor();
    await isText(page);
    await page.goto(
      `${server.url}/?view=audit&caller=${encodeURIComponent('"><img src=x onerror=alert(1)>')}`,
    );
    await page.getByText('No entry matches').waitFor();
    await isText(page);
    await page.goto(`${server.url}/?view=audit`);
    await page.getByRole('cell', { name: reason }).first().waitFor();
    await isText(page);
  });

  it('is text where a request waits: names, owners, the reason and the caller', async () => {
    const { page } = tab;
    const jobs = ids.map((job_id) => ({ provider: 'ionq', job_id }));
    const reason = '<script>window.ran=1</script>';
    expect((await server.ask(agent, 'POST', '/v1/jobs/cancel', { jobs, reason })).status).toBe(200);
    await page.goto(`${server.url}/?view=waiting`);
    await page.getByRole('heading', { name: `${agent} asks to stop ${hostile.length} jobs` }).waitFor();
    await page.locator('q').getByText(reason).waitFor();
    await page.getByText(`<img src=x onerror=window.ran=1>`).first().waitFor();
    await page.getByText(/changed since the request/).waitFor();
    expect(await page.locator('article tbody tr').count()).toBe(hostile.length);
    await isText(page);
    await page.setViewportSize(phone);
    await isText(page);
  });
});
