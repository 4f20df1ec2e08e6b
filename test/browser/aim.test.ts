import { describe, expect, it } from 'vitest';
import { chromiumPath } from './chromium.ts';
import { ada, signIn } from './console.ts';
import { boxOf, refresh, rowOf, stopCellOf, tickedBar } from './jobs-page.ts';
import { useConsole } from './use-console.ts';

describe.skipIf(chromiumPath === undefined)('a press in the console', () => {
  const { server, tab, open, ionq } = useConsole({ ada, grace: ada });
  const stops = () => tab().requests.filter((address) => /\/(cancel|start)$/.test(address));

  it('stops nothing by a key on a view that does not show the jobs', async () => {
    const [id = ''] = ionq().addJobs(1, { name: 'out of sight', state: 'running' });
    const page = await open();
    await boxOf(page, 'out of sight').check();
    await page.getByRole('link', { name: 'Audit' }).click();
    await page.getByRole('heading', { name: 'Audit' }).waitFor();
    await page.keyboard.press('s');
    await page.getByRole('link', { name: 'Jobs', exact: true }).click();
    await rowOf(page, 'out of sight').waitFor();
    await refresh(page);
    expect(stops()).toEqual([]);
    expect(ionq().job(id)?.state).toBe('running');
  });

  it('stops the job that is open by a key, not the one where the cursor was', async () => {
    const [below = ''] = ionq().addJobs(1, { name: 'was here', state: 'running' });
    const [opened = ''] = ionq().addJobs(1, { name: 'is open', state: 'running' });
    const page = await open();
    await rowOf(page, 'was here').focus();
    await page.getByRole('button', { name: 'is open', exact: true }).click();
    await page.getByRole('heading', { name: 'is open' }).waitFor();
    await page.keyboard.press('s');
    await stopCellOf(page, 'is open').locator('.good').waitFor();
    expect(ionq().job(opened)?.state).toBe('cancelled');
    expect(ionq().job(below)?.state).toBe('running');
  });

  it('does not stop a row that came under the pointer just before the press', async () => {
    const [meant = ''] = ionq().addJobs(1, { name: 'meant', state: 'running', createdAt: new Date(0) });
    const page = await open();
    const box = await page.getByRole('button', { name: 'Stop meant' }).boundingBox();
    if (box === null) throw new Error('the button is not drawn');
    await page.mouse.move(box.x + 5, box.y + 5);
    const [other = ''] = ionq().addJobs(1, { name: 'came between', state: 'running' });
    // The press follows in the same task as the drawing that moves the rows: no person is faster.
    await page.evaluate(
      ({ x, y }) => {
        new MutationObserver((_, observer) => {
          const button = document.elementFromPoint(x, y);
          if (document.querySelectorAll('tr[data-key]').length < 2 || !(button instanceof HTMLElement))
            return;
          observer.disconnect();
          setTimeout(() => button.click());
        }).observe(document.body, { childList: true, subtree: true });
      },
      { x: box.x + 5, y: box.y + 5 },
    );
    await refresh(page);
    await page.locator('#notice', { hasText: 'under the pointer changed' }).waitFor();
    expect([ionq().job(meant)?.state, ionq().job(other)?.state]).toEqual(['running', 'running']);
    await page.getByRole('button', { name: 'Stop meant' }).click({ delay: 700 });
    await expect.poll(() => ionq().job(meant)?.state).toBe('cancelled');
  });

  it('stops the row to which a person moves the pointer, although another came under it just before', async () => {
    const [meant = ''] = ionq().addJobs(1, { name: 'aimed at', state: 'running', createdAt: new Date(0) });
    const page = await open();
    const box = await page.getByRole('button', { name: 'Stop aimed at' }).boundingBox();
    if (box === null) throw new Error('the button is not drawn');
    await page.mouse.move(box.x + 5, box.y + 5);
    ionq().addJobs(1, { name: 'slid under', state: 'running' });
    // The time of the page stands still from the drawing that moves the rows.
    await page.evaluate(() => {
      new MutationObserver((_, observer) => {
        if (document.querySelectorAll('tr[data-key]').length < 2) return;
        observer.disconnect();
        const now = performance.now();
        performance.now = () => now;
      }).observe(document.body, { childList: true, subtree: true });
    });
    await refresh(page);
    await rowOf(page, 'slid under').waitFor();
    await page.getByRole('button', { name: 'Stop aimed at' }).click();
    await expect.poll(() => ionq().job(meant)?.state).toBe('cancelled');
  });

  it('stops nothing by the second half of a double click, if the row that the dialog covered is hit', async () => {
    ionq().addJobs(60, { name: 'many', state: 'running' });
    const page = await open('ada', '', { width: 800, height: 800 });
    const boxes = page.locator('tr[data-key]').getByRole('checkbox');
    await boxes.nth(1).check();
    await boxes.nth(2).check();
    await tickedBar(page).getByRole('button', { name: 'Stop 2 jobs' }).click();
    const box = await page.getByRole('dialog').getByRole('button', { name: 'Stop 2 jobs' }).boundingBox();
    if (box === null) throw new Error('the button is not drawn');
    await page.mouse.click(box.x + box.width - 5, box.y + 10);
    await page.getByRole('dialog').waitFor({ state: 'detached' });
    await page.evaluate(
      ({ x, y }) => {
        const row = document.elementFromPoint(x, y)?.closest('tr[data-key]');
        const stop = row?.querySelector('button.stop');
        if (!(stop instanceof HTMLElement)) throw new Error('no row is beneath the dialog');
        stop.click();
      },
      { x: box.x + box.width - 5, y: box.y + 10 },
    );
    await page.locator('#notice', { hasText: 'under the pointer changed' }).waitFor();
    expect(stops().filter((address) => address.includes('/providers/'))).toEqual([]);
  });

  it('takes the ticks away when a person signs out, so that the next one has none', async () => {
    ionq().addJobs(2, { name: 'of ada', state: 'running' });
    const page = await open();
    await page.getByRole('checkbox', { name: 'Tick all 2 shown' }).check();
    await tickedBar(page).waitFor();
    await page.getByRole('button', { name: 'Sign out' }).click();
    await page.getByLabel('Your token').waitFor();
    await page.getByLabel('Your token').fill(server().tokenOf('grace'));
    await page.getByRole('button', { name: 'Sign in' }).click();
    await page.getByRole('button', { name: 'Sign out' }).waitFor();
    await page.locator('tr[data-key]').nth(1).waitFor();
    expect(await tickedBar(page).count()).toBe(0);
  });

  it('counts for the person that the page names: another tab that signs in renews this one', async () => {
    const page = await open();
    await page.locator('.who', { hasText: 'ada' }).waitFor();
    const other = await tab().context.newPage();
    await other.goto(server().url);
    await other.getByRole('button', { name: 'Sign out' }).click();
    await other.getByLabel('Your token').waitFor();
    await signIn({ ...tab(), page: other }, server().url, server().tokenOf('grace'));
    await page.locator('.who', { hasText: 'grace' }).waitFor();
  });

  it('says that the session may go on if the answer to the sign-out is lost', async () => {
    const page = await open();
    await page.route('**/v1/session', (route) => route.abort());
    await page.getByRole('button', { name: 'Sign out' }).click();
    await page.getByText('This browser may still be signed in').waitFor();
  });

  it('does not tell of a stop if something in front of calloff answers in its place', async () => {
    const ids = ionq().addJobs(2, { name: 'behind a proxy', state: 'running' });
    const page = await open();
    await page.route(/\/v1\/operations$/, (route) =>
      route.fulfill({
        status: 503,
        contentType: 'application/json',
        body: '{"message":"Service Unavailable"}',
      }),
    );
    await page.getByRole('checkbox', { name: 'Tick all 2 shown' }).check();
    await tickedBar(page).getByRole('button', { name: 'Stop 2 jobs' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Stop 2 jobs' }).click();
    await page.getByText('The jobs may or may not be stopped').waitFor();
    // The button that had the focus is gone: the title has it.
    await expect.poll(() => page.locator(':focus').textContent()).toBe('The jobs may or may not be stopped');
    expect(ids.map((id) => ionq().job(id)?.state)).toEqual(['running', 'running']);
  });

  it('is offered again, and nothing is green, after a cancelled job came back', async () => {
    const [id = ''] = ionq().addJobs(1, { name: 'lazarus', state: 'running', comesBackInMs: 1_000 });
    const page = await open();
    await page.getByRole('button', { name: 'Stop lazarus' }).click();
    await stopCellOf(page, 'lazarus').locator('.good').waitFor();
    await expect.poll(() => ionq().job(id)?.state, { timeout: 5_000 }).toBe('running');
    await refresh(page);
    await page.getByRole('button', { name: 'Stop lazarus' }).waitFor();
    expect(await stopCellOf(page, 'lazarus').locator('.good').count()).toBe(0);
  });

  it('does not say that no job matches at a provider that it cannot ask', async () => {
    const page = await open();
    await page.goto(`${server().url}/?provider=IonQ`);
    await page.getByText('No connection is called IonQ').waitFor();
    expect(await page.getByText('No job matches').count()).toBe(0);
  });

  it('says neither that no provider is connected nor how many jobs there are before calloff said so', async () => {
    ionq().addJobs(1, { name: 'runs', state: 'running' });
    const page = await open();
    let release = () => {};
    const held = new Promise<void>((resolve) => {
      release = resolve;
    });
    await page.route('**/v1/providers', async (route) => {
      await held;
      await route.continue();
    });
    await page.reload();
    await page.locator('.skeleton').waitFor();
    expect(await page.locator('main').textContent()).not.toMatch(/No provider is connected|Nothing runs/);
    expect(await page.locator('.summary').textContent()).toBe('0 jobs shown');
    release();
    await rowOf(page, 'runs').waitFor();
  });

  it('does not say that no provider is connected if calloff did not say which are', async () => {
    const page = await open();
    await page.route('**/v1/providers', (route) => route.abort());
    await page.reload();
    await page.getByText('calloff did not say which providers are connected').waitFor();
    expect(await page.getByText('No provider is connected').count()).toBe(0);
  });
});
