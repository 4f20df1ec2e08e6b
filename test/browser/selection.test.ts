import type { Page } from 'playwright-core';
import { describe, expect, it } from 'vitest';
import { chromiumPath } from './chromium.ts';
import { ada } from './console.ts';
import { boxOf, namesIn, refresh, rowOf, stopCellOf, tickedBar } from './jobs-page.ts';
import { useConsole } from './use-console.ts';

/** The name of the job whose row holds the focus. */
const focusedRow = (page: Page) =>
  page.evaluate(() => document.activeElement?.closest('tr')?.querySelector('.c-name .link')?.textContent);

/** A person each of whose stops wants a yes, which is their own to give. */
const careful = { ...ada, may: { ...ada.may, confirm_above: 0 } };

describe.skipIf(chromiumPath === undefined)('what is ticked on the console', () => {
  const { server, open, ionq, sutro } = useConsole(
    { ada, ben: ada, careful },
    { document: { protected_jobs: [{ name: '* kept' }] } },
  );

  it('stays ticked, where it is and in focus, through a refresh and another order', async () => {
    const now = Date.now();
    for (let index = 0; index < 120; index += 1)
      ionq().addJob({
        name: `job ${String(index).padStart(3, '0')}`,
        state: index % 2 ? 'queued' : 'running',
        createdAt: new Date(now - index * 60_000),
      });
    const page = await open();
    await boxOf(page, 'job 004').check();
    const scroller = page.locator('.scroller');
    await scroller.evaluate((box) => box.scrollTo(0, 1_500));
    const box = boxOf(page, 'job 060');
    await box.check();
    await box.focus();
    const top = await scroller.evaluate(({ scrollTop }) => scrollTop);
    ionq().addJob({ name: 'a new one', state: 'running', createdAt: new Date(now - 7_200_000 * 2) });
    await refresh(page);
    await page.getByText('121 jobs').waitFor();
    expect(await focusedRow(page)).toBe('job 060');
    expect(await scroller.evaluate(({ scrollTop }) => scrollTop)).toBe(top);
    await page.getByRole('button', { name: 'State' }).click();
    expect(page.url()).toContain('sort=state');
    await tickedBar(page).getByText('2 ticked').waitFor();
    await page.getByRole('button', { name: 'State' }).click();
    expect(page.url()).toContain('sort=-state');
    await page.getByRole('button', { name: 'Age' }).click();
    await scroller.evaluate((box) => box.scrollTo(0, 0));
    expect(await boxOf(page, 'job 004').isChecked()).toBe(true);
    expect((await namesIn(page)).slice(0, 3)).toEqual(['job 000', 'job 001', 'job 002']);
  });

  it('shows before the press that its state has changed', async () => {
    const page = await open();
    const id = ionq().addJob({ name: 'queued first', state: 'queued', startsInMs: 4_000 });
    await refresh(page);
    await boxOf(page, 'queued first').check();
    await expect.poll(() => ionq().job(id)?.state, { timeout: 9_000 }).toBe('running');
    await refresh(page);
    await rowOf(page, 'queued first').getByText('was queued').waitFor();
    expect(await rowOf(page, 'queued first').locator('.c-state').textContent()).toContain('running');
    expect(await boxOf(page, 'queued first').isChecked()).toBe(true);
  });

  it('is let go of if the job ends by itself, and its row says how', async () => {
    const page = await open();
    const id = ionq().addJob({ name: 'ends alone', state: 'running', finishesInMs: 4_000 });
    ionq().addJob({ name: 'goes on', state: 'running' });
    await refresh(page);
    await page.getByRole('checkbox', { name: 'Tick all 2 shown' }).check();
    await expect.poll(() => ionq().job(id)?.state, { timeout: 9_000 }).toBe('completed');
    await refresh(page);
    await rowOf(page, 'ends alone').locator('.c-state').getByText('completed').waitFor();
    await rowOf(page, 'ends alone').getByText('was running').waitFor();
    await tickedBar(page).getByText('1 ticked').waitFor();
    expect(await boxOf(page, 'ends alone').isDisabled()).toBe(true);
    expect(await page.locator('#announcement').textContent()).toContain(id);
    expect(ionq().journal.some(({ operation }) => operation === 'cancel')).toBe(false);
  });

  it('is shown whole in the dialog, with what will be left alone and why, and its reason stands in the audit', async () => {
    const page = await open();
    const one = ionq().addJob({ name: 'first', state: 'running' });
    const two = sutro().addJob({ name: 'second', state: 'queued' });
    const over = ionq().addJob({ name: 'over meanwhile', state: 'running', finishesInMs: 4_000 });
    await refresh(page);
    await page.getByRole('checkbox', { name: 'Tick all 3 shown' }).check();
    await expect.poll(() => ionq().job(over)?.state, { timeout: 9_000 }).toBe('completed');
    await tickedBar(page).getByRole('button', { name: /^Stop/ }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByText('Stop 2 jobs?').waitFor();
    const rows = await dialog.locator('.scroller tbody tr').allTextContents();
    expect(rows).toHaveLength(2);
    for (const [name, id, provider, state] of [
      ['first', one, 'ionq', 'running'],
      ['second', two, 'sutro', 'queued'],
    ] as const) {
      const row = rows.find((text) => text.includes(id));
      for (const text of [name, provider, state]) expect(row).toContain(text);
      expect(row).toMatch(/\d+ s\s*$/);
    }
    await dialog.getByText('1 job will be left alone').click();
    const left = await dialog.locator('.skipped li').textContent();
    expect(left).toContain(over);
    expect(left).toMatch(/completed|finished|ended/);
    sutro().addJob({ name: 'came too late', state: 'running' });
    await dialog.getByLabel('Reason, for the audit').fill('end of the study');
    await dialog.getByRole('button', { name: 'Stop 2 jobs' }).click();
    await stopCellOf(page, 'first').locator('.good').waitFor();
    await stopCellOf(page, 'second').locator('.good').waitFor({ timeout: 15_000 });
    expect(sutro().newestJobs(1)[0]?.state).toBe('running');
    for (const id of [one, two]) {
      const audit = await server().ask('ada', 'GET', `/v1/audit?job=${id}`);
      expect(await audit.text()).toContain('"reason":"end of the study"');
    }
  });

  it('alone is stopped after the yes that the policy wants, and its reason stands in the audit', async () => {
    const id = ionq().addJob({ name: 'asked about', state: 'running' });
    const page = await open('careful');
    await page.getByRole('button', { name: 'Stop asked about' }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByText('Stop 1 job?').waitFor();
    expect(ionq().job(id)?.state).toBe('running');
    await dialog.getByLabel('Reason, for the audit').fill('one too many');
    await dialog.getByRole('button', { name: 'Stop 1 job' }).click();
    await stopCellOf(page, 'asked about').locator('.good').waitFor();
    expect(await dialog.count()).toBe(0);
    expect(ionq().job(id)?.state).toBe('cancelled');
    const audit = await server().ask('ada', 'GET', `/v1/audit?job=${id}`);
    expect(await audit.text()).toContain('"reason":"one too many"');
  });

  it('never has a protected job in it, also if all that are shown are ticked', async () => {
    const seen = ionq().addJob({ name: 'x', state: 'running' });
    ionq().addJob({ name: 'never kept', state: 'running' });
    const page = await open();
    await rowOf(page, 'never kept').waitFor();
    expect(await boxOf(page, 'never kept').isDisabled()).toBe(true);
    await page.getByRole('checkbox', { name: 'Tick all 1 shown' }).check();
    await tickedBar(page).getByRole('button', { name: 'Stop 1 job' }).click();
    await expect.poll(() => ionq().job(seen)?.state).toBe('cancelled');
  });

  it('leaves nothing sent if the person lets the jobs run, and keeps the ticks', async () => {
    ionq().addJobs(2, { name: 'let them', state: 'running' });
    const page = await open();
    await page.getByRole('checkbox', { name: 'Tick all 2 shown' }).check();
    const stop = tickedBar(page).getByRole('button', { name: 'Stop 2 jobs' });
    await stop.click();
    await page.getByRole('dialog').getByRole('button', { name: 'Stop 2 jobs' }).waitFor();
    await page.getByRole('dialog').getByRole('button', { name: 'Keep running' }).click();
    await page.getByRole('dialog').waitFor({ state: 'detached' });
    await tickedBar(page).getByText('2 ticked').waitFor();
    expect(await stop.evaluate((button) => button === document.activeElement)).toBe(true);
    expect(ionq().journal.some(({ operation }) => operation.startsWith('cancel'))).toBe(false);
  });

  it('is filtered by name while a person types, without Enter, and one step back undoes all of it', async () => {
    for (const name of ['train one', 'train two', 'other']) ionq().addJob({ name, state: 'running' });
    const page = await open();
    await rowOf(page, 'other').waitFor();
    const field = page.getByLabel('Name');
    await field.pressSequentially('train ');
    await rowOf(page, 'other').waitFor({ state: 'detached' });
    expect(await page.evaluate(() => document.activeElement?.getAttribute('name'))).toBe('name');
    // What is typed on stands behind what was typed before, with its space.
    await field.pressSequentially('two');
    await rowOf(page, 'train one').waitFor({ state: 'detached' });
    expect(await field.inputValue()).toBe('train two');
    expect(new URL(page.url()).searchParams.get('name')).toBe('train two');
    await page.goBack();
    await rowOf(page, 'other').waitFor();
    expect([await field.inputValue(), new URL(page.url()).search]).toEqual(['', '']);
    await page.goForward();
    await rowOf(page, 'other').waitFor({ state: 'detached' });
    expect(await field.inputValue()).toBe('train two');
  });

  it('has filters, order and the open job in its address: back works, and another person sees the same', async () => {
    const id = ionq().addJob({ name: 'train one', state: 'running' });
    ionq().addJob({ name: 'train two', state: 'queued' });
    sutro().addJob({ name: 'other', state: 'running' });
    const page = await open();
    await rowOf(page, 'other').waitFor();
    await page.getByLabel('Name').fill('train');
    await page.getByLabel('Name').press('Enter');
    await rowOf(page, 'other').waitFor({ state: 'detached' });
    await page.getByRole('button', { name: 'Job', exact: true }).click();
    await page.getByRole('button', { name: 'Job', exact: true }).click();
    await page.getByRole('button', { name: 'train one', exact: true }).click();
    await page.getByRole('complementary', { name: 'train one' }).waitFor();
    const link = new URL(page.url());
    expect(Object.fromEntries(link.searchParams)).toEqual({
      name: 'train',
      sort: '-name',
      open: `ionq/${id}`,
    });
    const other = await open('ben', link.search);
    await other.getByRole('complementary', { name: 'train one' }).getByText(id).waitFor();
    await rowOf(other, 'train two').waitFor();
    expect(await namesIn(other)).toEqual(['train two', 'train one']);
    expect(await other.getByLabel('Name').inputValue()).toBe('train');
    await page.goBack();
    expect(await page.getByRole('complementary').count()).toBe(0);
    await page.goBack();
    await page.goBack();
    await page.goBack();
    await rowOf(page, 'other').waitFor();
    expect(await page.getByLabel('Name').inputValue()).toBe('');
    await page.goForward();
    await rowOf(page, 'other').waitFor({ state: 'detached' });
  });
});
