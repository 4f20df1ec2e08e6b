import type { Page } from 'playwright-core';
import { describe, expect, it } from 'vitest';
import type { ProviderName } from '../../sandbox/sandbox.ts';
import { chromiumPath } from './chromium.ts';
import { ada } from './console.ts';
import { boxOf, refresh, rowOf, stopCellOf, tickedBar } from './jobs-page.ts';
import { useConsole } from './use-console.ts';

const providers: readonly ProviderName[] = [
  ...(['ionq', 'sutro', 'ionworks', 'promptloop'] as const),
  ...(['openai-batch', 'anthropic', 'openai-fine-tuning', 'replicate'] as const),
];
/** Someone who may stop one job a minute. */
const patient = { ...ada, may: { ...ada.may, cancels_per_minute: 1 } };

/** Makes the page believe that it is hidden, or shown again. */
const setHidden = (page: Page, isHidden: boolean) =>
  page.evaluate((hidden) => {
    Object.defineProperty(document, 'hidden', { value: hidden, configurable: true });
    document.dispatchEvent(new Event('visibilitychange'));
  }, isHidden);

describe.skipIf(chromiumPath === undefined)('the console in trouble', () => {
  const { server, tab, open, ionq, sutro } = useConsole({ ada, leaving: ada, patient }, { providers });

  it('keeps the rows of a provider that is down, with their age, says who did not answer, and goes on with the others', async () => {
    ionq().addJobs(1, { name: 'out of sight', state: 'running' });
    sutro().addJobs(1, { name: 'in sight', state: 'running' });
    const page = await open();
    await rowOf(page, 'out of sight').waitFor();
    ionq().setFault({ kind: 'status', status: 503 });
    sutro().addJobs(1, { name: 'came later', state: 'running' });
    await page.getByRole('button', { name: 'Refresh' }).click();
    await rowOf(page, 'came later').waitFor();
    await page.getByRole('list', { name: 'Jobs may be missing' }).getByText('ionq').waitFor();
    expect(await rowOf(page, 'out of sight').getAttribute('class')).toContain('stale');
    expect(await rowOf(page, 'in sight').getAttribute('class')).not.toContain('stale');
    await rowOf(page, 'out of sight')
      .locator('.c-state')
      .getByText(/as of [1-9]\d* s ago/)
      .waitFor();
    expect(await rowOf(page, 'in sight').locator('.c-state').textContent()).not.toContain('as of');
    await page.getByText(/ionq, [1-9]\d* s ago/).waitFor();
    ionq().clearFaults();
    await page.getByRole('button', { name: 'Refresh' }).click();
    await page.locator('tr.stale').waitFor({ state: 'detached' });
    expect(await page.getByRole('list', { name: 'Jobs may be missing' }).count()).toBe(0);
  });

  it('never waits for hung lists with a stop', async () => {
    const [id = ''] = ionq().addJobs(1, { name: 'must stop', state: 'running' });
    const page = await open();
    await rowOf(page, 'must stop').waitFor();
    for (const name of providers)
      server().sandbox.providers[name].setFault({ kind: 'hang', operations: ['list'] });
    await page.getByRole('button', { name: 'Refresh' }).click();
    await expect.poll(() => ionq().journal.at(-1)?.operation).toBe('list');
    const pressedAt = Date.now();
    await page.getByRole('button', { name: 'Stop must stop' }).click();
    await expect.poll(() => ionq().job(id)?.state, { timeout: 10_000 }).toBe('cancelled');
    await stopCellOf(page, 'must stop').locator('.good').waitFor();
    expect(Date.now() - pressedAt).toBeLessThan(8_000);
  });

  it('shows the jobs of a provider that answers although the others hang from the beginning', async () => {
    for (const name of providers)
      if (name !== 'replicate')
        server().sandbox.providers[name].setFault({ kind: 'hang', operations: ['list'] });
    server().sandbox.providers.replicate.addJobs(1, { name: 'last one', state: 'running' });
    const page = await open();
    await page.getByText(/replicate, \d+ s ago/).waitFor({ timeout: 15_000 });
    expect(await page.locator('tr[data-key]').count()).toBe(1);
  });

  it('reads stopping while a provider is too busy to be asked, and ends as usual', async () => {
    ionq().addJobs(1, { name: 'too busy', state: 'running' });
    const page = await open();
    ionq().setFault({ kind: 'rate_limited', retryAfter: { seconds: 2 }, operations: ['cancel'], times: 1 });
    await page.getByRole('button', { name: 'Stop too busy' }).click();
    await expect.poll(() => ionq().journal.some(({ status }) => status === 429)).toBe(true);
    expect(await stopCellOf(page, 'too busy').textContent()).toContain('stopping');
    expect(await rowOf(page, 'too busy').locator('.good').count()).toBe(0);
    await stopCellOf(page, 'too busy').locator('.good').waitFor();
  });

  it('says that a person has pressed too often, and keeps the tick', async () => {
    const ids = ionq().addJobs(2, { name: 'one a minute', state: 'running' });
    const page = await open('patient');
    const rows = page.locator('tr[data-key]');
    await rows.nth(1).waitFor();
    await rows.nth(0).getByRole('checkbox').check();
    await tickedBar(page).getByRole('button', { name: 'Stop 1 job' }).click();
    await rows.nth(0).locator('.c-stop .good').waitFor();
    await rows.nth(1).getByRole('checkbox').check();
    await tickedBar(page).getByRole('button', { name: 'Stop 1 job' }).click();
    const refused = rows.nth(1).locator('.c-stop .bad');
    await refused.waitFor();
    expect(await refused.getAttribute('title')).toContain('too many cancels in a short time');
    expect(await rows.nth(1).getByRole('checkbox').isChecked()).toBe(true);
    expect(ids.map((id) => ionq().job(id)?.state).toSorted()).toEqual(['cancelled', 'running']);
  });

  it('reads again only after the time that calloff asks it to wait', async () => {
    const page = await open();
    await page.clock.install();
    await page.goto(`${server().url}/?provider=ionq`);
    await page.getByText(/ionq, \d+ s ago/).waitFor();
    let asked = 0;
    await page.route(/\/v1\/jobs\?/, (route) => {
      asked += 1;
      return route.fulfill({
        status: 429,
        headers: { 'retry-after': '50', 'content-type': 'application/problem+json' },
        body: JSON.stringify({
          type: 'urn:calloff:problem:too-often',
          title: 'You have used up your reads for this minute.',
        }),
      });
    });
    await refresh(page);
    await page.getByText('You have used up your reads for this minute.').waitFor();
    await page.clock.runFor(45_000);
    expect(asked).toBe(1);
    await page.clock.runFor(10_000);
    await expect.poll(() => asked).toBe(2);
  });

  it('does not read while it is hidden, and reads at once when it is shown again', async () => {
    const page = await open();
    await page.clock.install();
    await page.goto(`${server().url}/?provider=ionq`);
    await page.getByText(/ionq, \d+ s ago/).waitFor();
    await page.waitForLoadState('networkidle');
    await setHidden(page, true);
    const before = tab().requests.length;
    await page.clock.runFor(120_000);
    expect(tab().requests.slice(before)).toEqual([]);
    const read = page.waitForRequest(/\/v1\/jobs\?/);
    await setHidden(page, false);
    await page.clock.runFor(1_000);
    await read;
  });

  it('reads less often while nothing changes', async () => {
    const page = await open();
    await page.clock.install();
    await page.goto(`${server().url}/?provider=ionq`);
    await page.getByText(/ionq, \d+ s ago/).waitFor();
    await page.waitForLoadState('networkidle');
    let [asked, answered] = [0, 0];
    page.on('request', (request) => {
      if (request.url().includes('/v1/jobs?')) asked += 1;
    });
    page.on('response', (response) => {
      if (response.url().includes('/v1/jobs?')) answered += 1;
    });
    const inMinutes = async (minutes: number) => {
      const before = asked;
      for (let second = 0; second < minutes * 60; second += 5) {
        await page.clock.runFor(5_000);
        await expect.poll(() => answered).toBe(asked);
      }
      return asked - before;
    };
    const first = await inMinutes(1);
    await inMinutes(2);
    expect(await inMinutes(1)).toBe(1);
    expect(first).toBeGreaterThan(1);
  });

  it('asks to sign in again if the token is revoked between a tick and the press, and what was ticked runs on', async () => {
    const ids = ionq().addJobs(2, { name: 'runs on', state: 'running' });
    const page = await open('leaving');
    await page.getByRole('checkbox', { name: 'Tick all 2 shown' }).check();
    server().revoke('leaving');
    await expect
      .poll(async () => (await server().ask('leaving', 'GET', '/v1/session')).status, { timeout: 10_000 })
      .toBe(401);
    const stop = tickedBar(page).getByRole('button', { name: 'Stop 2 jobs' });
    // The next read of the page may find out first.
    if (await stop.isVisible()) await stop.click({ timeout: 2_000 }).catch(() => undefined);
    await page
      .getByText('Your session is over, or your token was revoked. What you started goes on.')
      .waitFor();
    expect(await page.getByLabel('Your token').count()).toBe(1);
    expect(await page.getByText('runs on').count()).toBe(0);
    expect(ids.map((id) => ionq().job(id)?.state)).toEqual(['running', 'running']);
  });

  it('never says that nothing was stopped if the answer is lost', async () => {
    const ids = ionq().addJobs(2, { name: 'perhaps', state: 'running' });
    const page = await open();
    await page.route('**/v1/operations', async (route) => {
      await route.fetch();
      await route.abort();
    });
    await page.getByRole('checkbox', { name: 'Tick all 2 shown' }).check();
    await tickedBar(page).getByRole('button', { name: 'Stop 2 jobs' }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByRole('button', { name: 'Stop 2 jobs' }).click();
    await dialog.getByText('The jobs may or may not be stopped').waitFor();
    expect(await dialog.textContent()).not.toMatch(/nothing was/i);
    await dialog.getByRole('button', { name: 'Close' }).click();
    await expect.poll(() => ids.map((id) => ionq().job(id)?.state)).toEqual(['cancelled', 'cancelled']);
    await refresh(page);
    await page.locator('tr[data-key].over').nth(1).waitFor({ timeout: 10_000 });
  });

  it('does not say either whether one job was stopped if that answer is lost, and keeps its tick', async () => {
    ionq().addJobs(1, { name: 'who knows', state: 'running' });
    const page = await open();
    await page.route('**/cancel', (route) => route.abort());
    await boxOf(page, 'who knows').check();
    await tickedBar(page).getByRole('button', { name: 'Stop 1 job' }).click();
    await page.getByRole('dialog').getByText('The job may or may not be stopped').waitFor();
    await page.getByRole('dialog').getByRole('button', { name: 'Close' }).click();
    expect(await boxOf(page, 'who knows').isChecked()).toBe(true);
  });
});

describe.skipIf(chromiumPath === undefined)('a stop in the console', () => {
  // More than a window reads at once, and none of them lists slowly.
  const quick = ['ionq', 'sutro', 'ionworks', 'openai-batch'] as const;
  const { server, tab, open, ionq } = useConsole({ ada }, { providers: quick });

  it('waits for no hung lists, even if two windows of one browser do', async () => {
    const [id = ''] = ionq().addJobs(1, { name: 'of two windows', state: 'running' });
    const page = await open();
    await rowOf(page, 'of two windows').waitFor();
    const other = await tab().context.newPage();
    await other.goto(server().url);
    for (const each of [page, other])
      for (const name of quick) await each.getByText(new RegExp(`${name}, \\d+ s ago`)).waitFor();
    for (const name of quick)
      server().sandbox.providers[name].setFault({ kind: 'hang', operations: ['list'] });
    // Both windows together take each connection that a browser keeps to a host.
    for (const each of [page, other])
      await Promise.all([
        each.waitForRequest(/\/v1\/jobs\?/),
        each.getByRole('button', { name: 'Refresh' }).click(),
      ]);
    const pressedAt = Date.now();
    await page.getByRole('button', { name: 'Stop of two windows' }).click();
    await expect.poll(() => ionq().job(id)?.state, { timeout: 12_000 }).toBe('cancelled');
    await stopCellOf(page, 'of two windows').locator('.good').waitFor();
    expect(Date.now() - pressedAt).toBeLessThan(8_000);
  });
});
