import type { Page } from 'playwright-core';
import { describe, expect, it } from 'vitest';
import { chromiumPath } from './chromium.ts';
import { ada, carefulAgent } from './console.ts';
import { useConsole } from './use-console.ts';

const callers = ['ben', 'cleo', 'dora'];
const roles = { ada, ...Object.fromEntries(callers.map((name) => [name, ada])), agent: carefulAgent };

describe.skipIf(chromiumPath === undefined)('the pages of a list on the console', () => {
  const { server, open, ionq } = useConsole(roles);

  /** What each page shows, from the first to the last. */
  async function read(page: Page, next: string, shown: () => Promise<string[]>): Promise<string[][]> {
    const pages = [await shown()];
    for (const button = page.getByRole('button', { name: next }); await button.isVisible(); ) {
      const before = page.url();
      await button.click();
      await expect.poll(() => page.url()).not.toBe(before);
      await expect.poll(shown).not.toEqual(pages.at(-1));
      await page.locator('.skeleton').waitFor({ state: 'detached' });
      pages.push(await shown());
    }
    return pages;
  }
  /** Goes back, page for page, and opens the last of them in a tab of another person. */
  async function comeBack(page: Page, pages: string[][], shown: (page: Page) => Promise<string[]>) {
    const last = new URL(page.url()).search;
    for (const before of pages.toReversed().slice(1)) {
      await page.goBack();
      await expect.poll(() => shown(page)).toEqual(before);
    }
    const other = await open('ben', last);
    await expect.poll(() => shown(other)).toEqual(pages.at(-1));
    return other;
  }

  it('show every request that waits, each once, and the count says that there are more', async () => {
    const ids = ionq().addJobs(23, { name: 'asked', state: 'running' });
    for (const job_id of ids)
      await server().ask('agent', 'POST', '/v1/jobs/cancel', { jobs: [{ provider: 'ionq', job_id }] });
    const shown = (page: Page) => page.locator('article td .id').allTextContents();
    const page = await open('ada', '?view=waiting');
    const badge = page.getByRole('link', { name: 'Waiting for you' }).locator('.count');
    await expect.poll(() => badge.textContent()).toBe('20+');
    await expect.poll(async () => (await shown(page)).length).toBe(20);
    const pages = await read(page, 'Later requests', () => shown(page));
    expect(pages.map(({ length }) => length)).toEqual([20, 3]);
    expect(pages.flat().toSorted()).toEqual(ids.toSorted());
    expect(await badge.textContent()).toBe('20+');
    const other = await comeBack(page, pages, shown);
    // The card that follows comes under the pointer: a press counts once a person has had the time to see that.
    const keepFirst = async () => {
      const left = (await shown(other)).slice(1);
      await other
        .getByRole('article')
        .first()
        .getByRole('button', { name: 'Keep running' })
        .click({ delay: 700 });
      await expect.poll(() => shown(other)).toEqual(left);
    };
    for (const _ of pages[1] ?? []) await keepFirst();
    await other.locator('.answered').getByText('Closed: the 1 job keeps running').waitFor();
    await other.getByRole('heading', { name: 'No request on this page' }).waitFor();
    await other.getByRole('button', { name: 'First requests' }).click();
    await expect.poll(() => shown(other)).toEqual(pages[0]);
    await keepFirst();
    await expect.poll(() => other.locator('nav .count').textContent()).toBe('19');
  }, 60_000);

  it('show every operation, each once', async () => {
    const made: string[] = [];
    for (const caller of callers)
      for (const job_id of ionq().addJobs(18, { name: caller, state: 'running' })) {
        const body = { jobs: [{ provider: 'ionq', job_id }], draft: true };
        made.push((await (await server().ask(caller, 'POST', '/v1/operations', body)).json()).id);
      }
    const shown = (page: Page) =>
      page.getByRole('region', { name: 'Operations' }).locator('.id').allTextContents();
    const page = await open('ada', '?view=operations&caller=*');
    await expect.poll(async () => (await shown(page)).length).toBe(50);
    const pages = await read(page, 'Older operations', () => shown(page));
    expect(pages.flat()).toEqual(made.toReversed());
    const other = await comeBack(page, pages, shown);
    await other.getByRole('button', { name: 'Newest operations' }).click();
    await expect.poll(() => shown(other)).toEqual(pages[0]);
  });

  it('show every entry of the audit, each once', async () => {
    const ids = ionq().addJobs(130, { name: 'stopped', state: 'running' });
    const jobs = ids.map((job_id) => ({ provider: 'ionq', job_id }));
    expect((await server().ask('ada', 'POST', '/v1/jobs/cancel', { jobs })).status).toBe(200);
    const shown = (page: Page) =>
      page.getByRole('region', { name: 'Audit entries' }).locator('.id').allTextContents();
    const page = await open('ada', '?view=audit&connection=ionq&caller=ada');
    await expect.poll(async () => (await shown(page)).length).toBe(100);
    const pages = await read(page, 'Older entries', () => shown(page));
    expect(pages.flat().toSorted()).toEqual(ids.toSorted());
    const other = await comeBack(page, pages, shown);
    expect(await other.getByLabel('Who').inputValue()).toBe('ada');
    await other.getByRole('button', { name: 'Newest entries' }).click();
    await expect.poll(() => shown(other)).toEqual(pages[0]);
  });
});
