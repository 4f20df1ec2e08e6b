import type { Page } from 'playwright-core';
import { describe, expect, it } from 'vitest';
import { chromiumPath } from './chromium.ts';
import { ada } from './console.ts';
import { boxOf, rowOf, stopCellOf, tickedBar } from './jobs-page.ts';
import { useConsole } from './use-console.ts';

/** Someone who sees no job of the others. */
const ben = { ...ada, may: { ...ada.may, connections: ['sutro'] } };

describe.skipIf(chromiumPath === undefined)('the session of the console', () => {
  const { server, open, openEmpty, ionq, sutro } = useConsole({ ada, ben, leaving: ada });

  const signInHere = async (page: Page, caller: string) => {
    await page.getByLabel('Your token').fill(server().tokenOf(caller));
    await page.getByRole('button', { name: 'Sign in' }).click();
    await page.locator('.who', { hasText: caller }).waitFor();
  };

  it('begins at the place that the address names: an operation, the operations, the audit, what waits', async () => {
    const [job_id = ''] = ionq().addJobs(1, { name: 'linked', state: 'running' });
    const body = { jobs: [{ provider: 'ionq', job_id }] };
    const { id } = await (await server().ask('ada', 'POST', '/v1/operations', body)).json();
    for (const [search, heading] of [
      [`?view=operations&op=${id}`, 'Stop of 1 job'],
      ['?view=operations&state=draft', 'No operation matches'],
      [`?view=audit&caller=ada&job=${job_id}`, 'Audit'],
      ['?view=waiting', 'Nothing waits for you'],
    ] as const) {
      const { page } = await openEmpty();
      await page.goto(`${server().url}/${search}`);
      await page.getByRole('heading', { name: 'Sign in' }).waitFor();
      expect(await page.locator('body').textContent()).not.toContain(id);
      await signInHere(page, 'ada');
      await page.getByRole('heading', { name: heading, exact: true }).waitFor();
      expect(new URL(page.url()).search).toBe(search);
    }
  });

  it('that ends at the press sends nothing, and the same person has the question and its reason again', async () => {
    const ids = ionq().addJobs(2, { name: 'asked twice', state: 'running' });
    const page = await open();
    await page.getByRole('checkbox', { name: 'Tick all 2 shown' }).check();
    await tickedBar(page).getByRole('button', { name: 'Stop 2 jobs' }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByLabel('Reason, for the audit').fill('typed before');
    await page.context().clearCookies();
    await dialog.getByRole('button', { name: 'Stop 2 jobs' }).click();
    await page.getByText('Your session is over').waitFor();
    expect(await dialog.count()).toBe(0);
    await signInHere(page, 'ada');
    expect(await dialog.getByLabel('Reason, for the audit').inputValue()).toBe('typed before');
    expect(ids.map((id) => ionq().job(id)?.state)).toEqual(['running', 'running']);
    await dialog.getByRole('button', { name: 'Stop 2 jobs' }).click();
    await expect.poll(() => ids.map((id) => ionq().job(id)?.state)).toEqual(['cancelled', 'cancelled']);
  });

  it('that ends in the middle leaves nothing to the person who signs in next', async () => {
    ionq().addJobs(12, { name: 'theirs', state: 'running' });
    ionq().addJobs(1, { name: 'stopped alone', state: 'running' });
    ionq().addJobs(2, { name: 'ticked', state: 'running' });
    sutro().addJob({ name: 'of both', state: 'running' });
    const page = await open('leaving');
    await boxOf(page, 'stopped alone').check();
    await tickedBar(page).getByRole('button', { name: 'Stop 1 job' }).click();
    await stopCellOf(page, 'stopped alone').locator('.good').waitFor();
    ionq().setFault({ kind: 'hang', operations: ['cancel', 'cancelMany'] });
    const boxes = page.locator('tr[data-key]').filter({ hasText: 'theirs' }).getByRole('checkbox');
    for (const box of await boxes.all()) await box.check();
    await tickedBar(page).getByRole('button', { name: 'Stop 12 jobs' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Stop 12 jobs' }).click();
    await page.getByRole('region', { name: 'Stop of 12 jobs' }).waitFor();
    for (const box of await rowOf(page, 'ticked').getByRole('checkbox').all()) await box.check();
    await boxOf(page, 'of both').check();
    await tickedBar(page).getByRole('button', { name: 'Stop 3 jobs' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Stop 3 jobs' }).waitFor();
    server().revoke('leaving');
    await page.getByText('Your session is over').waitFor({ timeout: 20_000 });
    await page.getByRole('dialog').waitFor({ state: 'detached' });
    await signInHere(page, 'ben');
    await rowOf(page, 'of both').waitFor();
    expect(await boxOf(page, 'of both').isChecked()).toBe(false);
    const left = ['dialog', '.bar', '.sign.good', '.c-stop .wait', 'tr[data-key^="ionq/"]'];
    for (const each of left) expect(await page.locator(each).count(), each).toBe(0);
    expect(await page.locator('body').textContent()).not.toMatch(/theirs|stopped alone|ticked|leaving/);
  });
});
