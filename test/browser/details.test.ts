import type { Page } from 'playwright-core';
import { describe, expect, it } from 'vitest';
import { chromiumPath } from './chromium.ts';
import { ada, signIn } from './console.ts';
import { refresh, rowOf, stopCellOf } from './jobs-page.ts';
import { useConsole } from './use-console.ts';

/** Reads the list again until it tells of a cancel, of which the server reads now and then. */
async function untilAsked(page: Page, name: string): Promise<void> {
  const told = async () => {
    await refresh(page);
    return stopCellOf(page, name).textContent();
  };
  await expect.poll(told, { timeout: 15_000, interval: 300 }).toContain('cancel requested by');
}

describe.skipIf(chromiumPath === undefined)('what the console says of a job', () => {
  const { server, tab, openEmpty, open, ionq, sutro } = useConsole({ ada, ben: ada });

  it("has the age that calloff's clock tells, if the one of the machine is hours behind", async () => {
    ionq().addJob({ name: 'two hours', state: 'queued', createdAt: new Date(Date.now() - 2.5 * 3_600_000) });
    const behind = await openEmpty();
    await behind.context.clock.setSystemTime(Date.now() - 3 * 3_600_000);
    await signIn(behind, server().url, server().tokenOf('ada'));
    await rowOf(behind.page, 'two hours').waitFor();
    expect(await rowOf(behind.page, 'two hours').locator('.c-age').textContent()).toContain('2 h');
  });

  it('is state, provider, name, owner, age, running time and cost, with a dash where the provider says nothing', async () => {
    const createdAt = new Date(Date.now() - 3 * 3_600_000);
    ionq().addJob({ name: 'with all', state: 'running', createdAt, owner: 'grace' });
    sutro().addJob({ name: 'without', state: 'queued' });
    const page = await open();
    // No provider of the sandbox states a cost in a currency.
    await page.route(/\/v1\/jobs\?/, async (route) => {
      const response = await route.fetch();
      const json = await response.json();
      for (const job of json.jobs)
        if (job.name === 'with all') job.cost = { amount: 1_234.5, currency: 'EUR' };
      await route.fulfill({ response, json });
    });
    await refresh(page);
    await rowOf(page, 'with all').getByText('1,234.5 EUR').waitFor();
    const cellsOf = async (name: string) =>
      Object.fromEntries(
        await rowOf(page, name)
          .locator('td')
          .evaluateAll((cells) => cells.map((cell) => [cell.className, cell.textContent?.trim()])),
      );
    await rowOf(page, 'without').waitFor();
    expect(await page.locator('thead th').allTextContents()).toEqual(
      expect.arrayContaining(
        ['State', 'Job', 'Provider', 'Owner', 'Running for', 'Cost'].map((title) =>
          expect.stringContaining(title),
        ),
      ),
    );
    expect(await cellsOf('with all')).toMatchObject({
      'c-state': expect.stringMatching(/running$/),
      'c-provider': 'ionq',
      'c-owner': 'grace',
      'c-age': '3 h',
      'c-running': '3 h',
      'c-cost': '1,234.5 EUR',
    });
    expect(await cellsOf('without')).toMatchObject({
      'c-provider': 'sutro',
      'c-owner': '–',
      'c-running': '–',
      'c-cost': '–',
    });
  });

  it('has the age of each time, the time itself on hover and to copy, and the whole id to copy', async () => {
    const createdAt = new Date(Date.now() - 2 * 86_400_000);
    const id = ionq().addJob({ name: 'two days', state: 'queued', createdAt });
    const page = await open();
    const time = rowOf(page, 'two days').locator('.c-age time');
    expect(await time.textContent()).toBe('2 d');
    const at = (await time.getAttribute('title')) ?? '';
    expect(Math.abs(Date.parse(at) - createdAt.getTime())).toBeLessThan(1_000);
    await page.getByRole('button', { name: 'two days', exact: true }).click();
    const drawer = page.getByRole('complementary', { name: 'two days' });
    await drawer.getByText(at, { exact: true }).waitFor();
    await tab().context.grantPermissions(['clipboard-read', 'clipboard-write']);
    await drawer.getByRole('button', { name: `Copy ${id}` }).click();
    expect(await page.evaluate(() => navigator.clipboard.readText())).toBe(id);
  });

  it('tells who asked for a cancel that is not over in the row and in the drawer, which leads to the audit', async () => {
    const id = sutro().addJob({ name: 'asked', state: 'running', settlesInMs: 60_000 });
    const reason = { reason: 'too dear', wait_seconds: 0 };
    await server().ask('ben', 'POST', `/v1/providers/sutro/jobs/${id}/cancel`, reason);
    const page = await open();
    await untilAsked(page, 'asked');
    expect(await stopCellOf(page, 'asked').textContent()).toMatch(
      /stopping.*cancel requested by ben.*not over yet/s,
    );
    expect(await stopCellOf(page, 'asked').locator('.good').count()).toBe(0);
    expect(await page.getByRole('button', { name: 'Stop asked' }).count()).toBe(0);
    await page.getByRole('button', { name: 'asked', exact: true }).click();
    const drawer = page.getByRole('complementary', { name: 'asked' });
    await drawer
      .locator('.facts')
      .getByText(/cancel requested by ben/)
      .waitFor();
    const entry = drawer.locator('.entries li').first();
    await entry.waitFor();
    expect(await entry.textContent()).toMatch(/ben.*cancel.*through http.*too dear/s);
    await drawer.getByRole('button', { name: 'Open in the audit' }).click();
    expect(new URL(page.url()).searchParams.get('job')).toBe(id);
    await page.getByRole('region', { name: 'Audit entries' }).getByText('too dear').waitFor();
  });

  it('can be pressed again if the provider did not stop it when someone else asked', async () => {
    const id = ionq().addJob({ name: 'ignored', state: 'running' });
    ionq().setFault({ kind: 'says_yes_keeps_running' });
    await server().ask('ben', 'POST', `/v1/providers/ionq/jobs/${id}/cancel`, { wait_seconds: 0 });
    const page = await open();
    await untilAsked(page, 'ignored');
    expect(await stopCellOf(page, 'ignored').textContent()).toContain('stopping');
    const [sign, line] = await Promise.all(
      ['.sign', '.asked'].map((part) => stopCellOf(page, 'ignored').locator(part).boundingBox()),
    );
    // The line stands below the sign: beside it the two words would touch.
    expect(line?.y ?? 0).toBeGreaterThanOrEqual((sign?.y ?? 0) + (sign?.height ?? 99) - 1);
    ionq().clearFaults();
    await page.getByRole('button', { name: 'Stop ignored' }).click();
    await stopCellOf(page, 'ignored').locator('.good').waitFor();
  });

  it('is of the job that is open, although another that was open before answers late, and so is its button', async () => {
    const late = ionq().addJob({ name: 'answers late', state: 'running' });
    const meant = ionq().addJob({ name: 'open now', state: 'running' });
    const page = await open();
    let release = () => {};
    const held = new Promise<void>((resolve) => {
      release = resolve;
    });
    await page.route(`**/jobs/${late}`, async (route) => {
      await held;
      await route.continue();
    });
    await page.route(`**/jobs/${meant}`, (route) => route.abort());
    await page.getByRole('button', { name: 'answers late', exact: true }).click();
    await page.getByRole('complementary', { name: 'answers late' }).waitFor();
    await page.getByRole('button', { name: 'open now', exact: true }).click();
    const answered = page.waitForResponse(`**/jobs/${late}`);
    release();
    await answered;
    const drawer = page.locator('.drawer');
    await drawer.getByText('calloff did not answer').waitFor();
    expect(await drawer.textContent()).not.toMatch(new RegExp(`answers late|${late}`));
    await drawer.getByRole('button', { name: 'Stop' }).click();
    await expect.poll(() => ionq().job(meant)?.state).toBe('cancelled');
    expect(ionq().job(late)?.state).toBe('running');
  });

  it('is opened and stopped by its id if its provider does not list, and the drawer says how it ended', async () => {
    const id = ionq().addJob({ name: 'in no list', state: 'running' });
    ionq().setFault({ kind: 'status', status: 503, operations: ['list'] });
    const page = await open('ada', '', { width: 360, height: 740 });
    const field = page.getByLabel('Id of a job at ionq');
    await field.fill(` ${id} `);
    await field.press('Enter');
    const drawer = page.getByRole('complementary', { name: 'in no list' });
    await drawer.locator('.facts').getByText('running').waitFor();
    await drawer.getByRole('button', { name: 'Stop' }).click();
    await drawer.locator('.sign.good').waitFor();
    expect(ionq().job(id)?.state).toBe('cancelled');
    await drawer.locator('.facts .sign').getByText('cancelled').waitFor();
    expect(await drawer.getByRole('button', { name: 'Stop' }).count()).toBe(0);
  });

  it('follows in the drawer what the list sees later', async () => {
    const page = await open();
    const id = ionq().addJob({ name: 'moves', state: 'queued', startsInMs: 4_000 });
    await refresh(page);
    await page.getByRole('button', { name: 'moves', exact: true }).click();
    const drawer = page.getByRole('complementary', { name: 'moves' });
    await drawer.locator('.facts').getByText('queued').first().waitFor();
    await expect.poll(() => ionq().job(id)?.state, { timeout: 9_000 }).toBe('running');
    await refresh(page);
    await drawer.locator('.facts').getByText('running').first().waitFor();
  });
});
