import type { Page } from 'playwright-core';
import { describe, expect, it } from 'vitest';
import { chromiumPath } from './chromium.ts';
import { ada } from './console.ts';
import { useConsole } from './use-console.ts';

describe.skipIf(chromiumPath === undefined)('the filters of a view of the console', () => {
  const { server, open, ionq, sutro } = useConsole({ ada, ben: ada });

  const rows = (page: Page, region: string) =>
    page.getByRole('region', { name: region, exact: true }).locator('tbody tr').allTextContents();
  const addressOf = (page: Page) => Object.fromEntries(new URL(page.url()).searchParams);

  it('of the audit stand in its address: back works, and a link shows another person the same', async () => {
    const [first = '', second = ''] = ionq().addJobs(2, { name: 'at ionq', state: 'running' });
    const third = sutro().addJob({ name: 'at sutro', state: 'running' });
    for (const [caller, provider, id] of [
      ['ada', 'ionq', first],
      ['ben', 'ionq', second],
      ['ben', 'sutro', third],
    ] as const)
      await server().ask(caller, 'POST', `/v1/providers/${provider}/jobs/${id}/cancel`, { reason: 'done' });
    const page = await open('ada', '?view=audit');
    const shown = async (at: Page) => {
      const all = (await rows(at, 'Audit entries')).join('\n');
      return [first, second, third].filter((id) => all.includes(id));
    };
    await expect.poll(() => shown(page)).toEqual([first, second, third]);
    await page.getByLabel('Who').fill('ben');
    await page.getByLabel('Who').press('Enter');
    await expect.poll(() => shown(page)).toEqual([second, third]);
    await page.getByLabel('Provider').selectOption('ionq');
    await expect.poll(() => shown(page)).toEqual([second]);
    const today = new Date().toISOString().slice(0, 10);
    await page.getByLabel('Since (UTC)').fill(today);
    await page.getByLabel('Until (UTC)').fill(today);
    await expect
      .poll(() => addressOf(page))
      .toEqual({
        ...{ view: 'audit', caller: 'ben', connection: 'ionq', since: today, until: today },
      });
    await expect.poll(() => shown(page)).toEqual([second]);
    const other = await open('ben', new URL(page.url()).search);
    await expect.poll(() => shown(other)).toEqual([second]);
    expect(await other.getByLabel('Who').inputValue()).toBe('ben');
    expect(await other.getByLabel('Provider').inputValue()).toBe('ionq');
    expect(await other.getByLabel('Since (UTC)').inputValue()).toBe(today);
    await page.getByRole('searchbox', { name: 'Job' }).fill(first);
    await page.getByRole('searchbox', { name: 'Job' }).press('Enter');
    await page.getByRole('heading', { name: 'No entry matches' }).waitFor();
    for (let step = 0; step < 4; step += 1) await page.goBack();
    await expect.poll(() => shown(page)).toEqual([second, third]);
    expect(await page.getByLabel('Provider').inputValue()).toBe('');
    expect(await page.getByLabel('Who').inputValue()).toBe('ben');
    await page.goBack();
    await expect.poll(() => shown(page)).toEqual([first, second, third]);
    await page.goForward();
    await expect.poll(() => shown(page)).toEqual([second, third]);
    await page.getByRole('button', { name: 'Clear filters' }).click();
    await expect.poll(() => shown(page)).toEqual([first, second, third]);
    expect(addressOf(page)).toEqual({ view: 'audit' });
  });

  it('of the audit leave reads out until a person wants them', async () => {
    const [id = ''] = ionq().addJobs(1, { name: 'asked', state: 'running' });
    await server().ask('ben', 'GET', '/v1/jobs');
    await server().ask('ben', 'POST', `/v1/providers/ionq/jobs/${id}/cancel`, {});
    const page = await open('ada', '?view=audit&caller=ben');
    const kinds = () =>
      page.getByRole('region', { name: 'Audit entries' }).locator('[data-label="What"]').allTextContents();
    await page.getByRole('region', { name: 'Audit entries' }).getByText(id).waitFor();
    expect(await kinds()).not.toContain('list');
    await page.getByRole('combobox', { name: 'What' }).selectOption('reads too');
    await expect.poll(kinds).toContain('list');
    await page.goBack();
    await expect.poll(kinds).not.toContain('list');
    await page.goForward();
    await expect.poll(kinds).toContain('list');
    expect(addressOf(page)).toEqual({ view: 'audit', caller: 'ben', reads: 'too' });
  });

  it('say that nothing runs at the provider that was chosen, and show its jobs that are over', async () => {
    ionq().addJobs(1, { name: 'is over', state: 'completed' });
    sutro().addJob({ name: 'runs elsewhere', state: 'running' });
    const page = await open();
    await page.getByLabel('Provider').selectOption('ionq');
    await page.getByRole('heading', { name: 'Nothing runs at ionq' }).waitFor();
    await page.getByRole('button', { name: 'Show the 1 that is over' }).click();
    await page.getByRole('button', { name: 'is over', exact: true }).waitFor();
    expect(await page.getByRole('button', { name: 'runs elsewhere' }).count()).toBe(0);
  });

  it('count at once, also if the read before has not ended', async () => {
    const [job_id = ''] = ionq().addJobs(1, { name: 'any', state: 'running' });
    await server().ask('ben', 'POST', `/v1/providers/ionq/jobs/${job_id}/cancel`, {});
    const page = await open();
    let letGo = () => {};
    const held = new Promise<void>((resolve) => {
      letGo = resolve;
    });
    await page.route(/\/v1\/audit\?limit/, async (route) => {
      await held;
      await route.continue();
    });
    await page.getByRole('link', { name: 'Audit' }).click();
    await page.getByLabel('Who').fill('ben');
    await page.getByLabel('Who').press('Enter');
    await page.getByRole('status', { name: 'Reading the audit …' }).waitFor();
    const read = page.waitForRequest(/\/v1\/audit\?caller=ben/, { timeout: 2_000 });
    letGo();
    await read;
    await page.getByRole('region', { name: 'Audit entries' }).getByText(job_id).waitFor();
  });

  it('of the outcomes of an operation stand in its address, too', async () => {
    const [good = '', bad = ''] = ionq().addJobs(2, { name: 'one fails', state: 'running' });
    const over = ionq().addJob({ name: 'over', state: 'completed' });
    ionq().setFault({ kind: 'status', status: 403, operations: ['cancel', 'cancelMany'], jobIds: [bad] });
    const jobs = [good, bad, over].map((job_id) => ({ provider: 'ionq', job_id }));
    const { id } = await (await server().ask('ada', 'POST', '/v1/operations', { jobs })).json();
    const page = await open('ada', `?view=operations&op=${id}`);
    await page.getByText('2 of 3 jobs are over, 1 of 3 jobs was not stopped').waitFor({ timeout: 15_000 });
    const shown = async (at: Page) => {
      const all = (await rows(at, 'Outcomes')).join('\n');
      return [good, bad, over].filter((each) => all.includes(each));
    };
    await expect.poll(() => shown(page)).toEqual([good, bad, over]);
    await page.getByRole('combobox', { name: 'Outcome' }).selectOption('not stopped, or not known');
    await expect.poll(() => shown(page)).toEqual([bad]);
    await page.getByRole('combobox', { name: 'Outcome' }).selectOption('cancelled');
    await expect.poll(() => shown(page)).toEqual([good]);
    expect(addressOf(page)).toEqual({ view: 'operations', op: id, outcome: 'cancelled' });
    const other = await open('ben', new URL(page.url()).search);
    await expect.poll(() => shown(other)).toEqual([good]);
    expect(await other.getByRole('combobox', { name: 'Outcome' }).inputValue()).toBe('cancelled');
    await page.getByRole('combobox', { name: 'Outcome' }).selectOption('came back');
    await page.getByText('No job of this operation has such an outcome.').waitFor();
    await page.goBack();
    await expect.poll(() => shown(page)).toEqual([good]);
    await page.goBack();
    await expect.poll(() => shown(page)).toEqual([bad]);
    await page.goBack();
    await expect.poll(() => shown(page)).toEqual([good, bad, over]);
  });
});
