import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { inSoak } from '../support/thorough.ts';
import { chromiumPath, openBrowser, openTab, type Tab } from './chromium.ts';
import type { ConsoleServer } from './console.ts';
import { openSeeded } from './seeded.ts';

const isSkipped = chromiumPath === undefined;

describe.skipIf(isSkipped)('the console by keyboard alone', () => {
  let browser: Browser;
  let server: ConsoleServer;
  let tab: Tab;

  beforeAll(async () => {
    [browser, server] = await Promise.all([openBrowser(), openSeeded()]);
  });
  afterAll(async () => {
    await browser?.close();
    await server?.close();
  });
  // Every test begins with the page anew, in one tab, which stays signed in and keeps what it has compiled.
  beforeAll(async () => {
    tab = await openTab(browser);
    const { page } = tab;
    await page.goto(`${server.url}/`);
    await page.locator('#token:focus').waitFor();
    await page.keyboard.insertText(server.tokenOf('ada'));
    await page.keyboard.press('Enter');
    await page.getByRole('button', { name: 'Sign out' }).waitFor();
  });
  beforeEach(async () => {
    const { page } = tab;
    await page.goto(`${server.url}/`);
    await page.locator('tr[data-key]').nth(5).waitFor();
    await page.getByText('Label invoices').waitFor();
    return () => expect(tab.complaints).toEqual([]);
  });

  const focused = (page: Page) => page.locator(':focus');
  const press = async (page: Page, ...keys: string[]) => {
    for (const key of keys) await page.keyboard.press(key);
  };

  it('goes from the sign-in to stopped jobs: move, tick, stop, agree', async () => {
    const { page } = tab;
    await press(page, 'j', 'x', 'j', 'j', 'x', 'k');
    await page.getByRole('region', { name: 'Ticked jobs' }).getByText('2 ticked').waitFor();
    await press(page, 's');
    const dialog = page.getByRole('dialog', { name: 'Stop 2 jobs?' });
    await dialog.waitFor();
    await dialog.getByLabel('Reason').waitFor();
    // Tab goes round in the dialog, and nowhere else.
    for (let turn = 0; turn < 6; turn += 1) {
      await press(page, 'Tab');
      const isOut = 'document.activeElement !== document.body && !document.activeElement.closest("dialog")';
      expect(await page.evaluate(isOut)).toBe(false);
    }
    await dialog.getByLabel('Reason').focus();
    await page.keyboard.insertText('by keyboard');
    await press(page, 'Enter');
    await dialog.waitFor({ state: 'detached' });
    await page.locator('.c-stop .good').nth(1).waitFor();
    await page
      .locator('#announcement')
      .getByText(/outcome|cancelled/)
      .waitFor({ state: 'attached' });
  });

  it('types letters into a field as letters, finds the field by a slash, and leaves it by Esc', async () => {
    const { page } = tab;
    await press(page, '/');
    expect(await focused(page).getAttribute('name')).toBe('name');
    await press(page, 'x', 's', 'j', 'k', '?');
    expect(await focused(page).inputValue()).toBe('xsjk?');
    expect(await page.getByRole('dialog').count()).toBe(0);
    expect(await page.getByRole('heading', { name: 'Keys' }).count()).toBe(0);
    expect(await page.getByRole('region', { name: 'Ticked jobs' }).count()).toBe(0);
    await press(page, 'Escape');
    expect(await page.evaluate('document.activeElement?.tagName')).not.toBe('INPUT');
  });

  inSoak(() => {
    it('keeps the focus in the dialog, on its title, when the jobs have been checked', async () => {
      const { page } = tab;
      await press(page, 'j', 'x', 'j', 'x', 's');
      await page.getByRole('dialog', { name: 'Stop 2 jobs?' }).waitFor();
      await expect.poll(() => focused(page).textContent()).toBe('Stop 2 jobs?');
      await press(page, 'Escape');
      await page.getByRole('dialog').waitFor({ state: 'detached' });
      await press(page, 'Escape');
    });

    it('opens a job by Enter and closes it by Esc, which gives the focus back; so it does with the dialog', async () => {
      const { page } = tab;
      await press(page, 'j', 'j');
      const row = await focused(page).getAttribute('data-key');
      await press(page, 'Enter');
      await page.locator('.drawer .facts').waitFor();
      await press(page, 'Escape');
      await page.locator('.drawer').waitFor({ state: 'detached' });
      expect(await focused(page).getAttribute('data-key')).toBe(row);
      await press(page, 'x', 'j', 'x', 's');
      await page.getByRole('dialog').getByLabel('Reason').waitFor();
      await press(page, 'Escape');
      await page.getByRole('dialog').waitFor({ state: 'detached' });
      expect(await focused(page).getAttribute('data-key')).not.toBeNull();
      await press(page, 'Escape');
      await page.getByRole('region', { name: 'Ticked jobs' }).waitFor({ state: 'detached' });
    });

    it('lists its keys at a question mark, and hides them at Esc', async () => {
      const { page } = tab;
      await press(page, '?');
      const keys = page.getByRole('complementary', { name: 'Keyboard shortcuts' });
      for (const key of ['j / k', 'x', 'Enter', 's', '/', 'Esc', '?'])
        await keys.getByText(key, { exact: true }).waitFor();
      await press(page, 'Escape');
      await keys.waitFor({ state: 'detached' });
    });

    it('moves nothing by itself for a person who wants no motion', async () => {
      const { page } = tab;
      await page.emulateMedia({ reducedMotion: 'reduce' });
      const moving = 'document.getAnimations().filter((one) => one.playState === "running").length';
      await page.route('**/v1/operations?*', () => {});
      await page.getByRole('link', { name: 'Operations' }).press('Enter');
      await page.getByRole('status', { name: 'Reading the operations …' }).waitFor();
      expect(await page.evaluate(moving)).toBe(0);
      await page.emulateMedia({ reducedMotion: 'no-preference' });
      expect(await page.evaluate(moving)).toBeGreaterThan(0);
    });
  });
});
