import type { Page } from 'playwright-core';
import { describe, expect, it } from 'vitest';
import { chromiumPath, phone } from './chromium.ts';
import { boxOf, refresh, rowOf, stopCellOf, tickedBar } from './jobs-page.ts';
import { useConsole } from './use-console.ts';

const anyState = '?state=queued,running,cancelling,unknown,cancelled,completed,failed';
const ofCalloff = (kind: string) => ({
  contentType: 'application/problem+json',
  body: JSON.stringify({ type: `urn:calloff:problem:${kind}`, title: 'The session is over.' }),
});
/** Ticks the two jobs, and stops them as an operation. */
async function stopBoth(page: Page): Promise<void> {
  await page.getByRole('checkbox', { name: 'Tick all 2 shown' }).check();
  await tickedBar(page).getByRole('button', { name: 'Stop 2 jobs' }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Stop 2 jobs' }).click();
  await page.getByRole('dialog').waitFor({ state: 'detached' });
}

describe.skipIf(chromiumPath === undefined)('a stop whose end the console did not see', () => {
  const { open, ionq, server } = useConsole();
  const signInAgain = async (page: Page) => {
    await page.getByText('Your session is over').waitFor();
    await page.getByLabel('Your token').fill(server().tokenOf('ada'));
    await page.getByRole('button', { name: 'Sign in' }).click();
    await page.getByRole('button', { name: 'Sign out' }).waitFor();
  };

  it('reads stopping no longer than until a list says that the job is over, also in a list of all states', async () => {
    const ids = ionq().addJobs(2, { name: 'over unseen', state: 'running' });
    const page = await open('ada', anyState);
    await page.locator('tr[data-key]').nth(1).waitFor();
    await page.route(/\/v1\/operations\/[^/]+$/, (route) =>
      route.fulfill({ status: 401, ...ofCalloff('unauthorized') }),
    );
    await stopBoth(page);
    await page.getByText('Your session is over').waitFor();
    await expect.poll(() => ids.map((id) => ionq().job(id)?.state)).toEqual(['cancelled', 'cancelled']);
    // The operation cannot be read any more: the list alone says how it ended.
    await page.route(/\/v1\/operations/, (route) => route.abort());
    await signInAgain(page);
    await page.locator('tr[data-key].over').nth(1).waitFor();
    await expect.poll(() => page.locator('.c-stop', { hasText: 'stopping' }).count()).toBe(0);
    expect(await page.locator('.c-stop .good').count()).toBe(0);
  });

  it('is followed again after the person has signed in again, and says its outcome in the rows', async () => {
    ionq().addJobs(2, { name: 'followed again', state: 'running' });
    const page = await open('ada', anyState);
    await page.locator('tr[data-key]').nth(1).waitFor();
    await page.route(/\/v1\/operations\/[^/]+$/, (route) =>
      route.fulfill({ status: 401, ...ofCalloff('unauthorized') }),
    );
    await stopBoth(page);
    await page.getByText('Your session is over').waitFor();
    await page.unroute(/\/v1\/operations\/[^/]+$/);
    await signInAgain(page);
    await page.locator('.c-stop .good').nth(1).waitFor();
    await page.getByText('Stop of 2 jobs is done').waitFor();
  });

  it('was none if the press met a session that is over: the row reads stopping no more', async () => {
    const [id = ''] = ionq().addJobs(1, { name: 'never sent', state: 'running' });
    const page = await open();
    await page.route('**/cancel', (route) => route.fulfill({ status: 401, ...ofCalloff('unauthorized') }));
    await page.getByRole('button', { name: 'Stop never sent' }).click();
    await signInAgain(page);
    await page.getByRole('button', { name: 'Stop never sent' }).waitFor();
    expect(ionq().job(id)?.state).toBe('running');
  });

  it('is looked at although the table shows another provider from then on', async () => {
    const [id = ''] = ionq().addJobs(1, { name: 'elsewhere', state: 'running' });
    const page = await open();
    await page.route('**/cancel', async (route) => {
      await route.fetch();
      const evidence = { source: 'reply', provider_status: null, observed_at: null };
      const said = { outcome: 'cancelling', state: 'running', retryable: false, message: 'Accepted.' };
      const json = { provider: 'ionq', job_id: id, ...said, evidence };
      await route.fulfill({ status: 202, json });
    });
    await page.getByRole('button', { name: 'Stop elsewhere' }).click();
    await stopCellOf(page, 'elsewhere').getByText('stopping').waitFor();
    await page.getByLabel('Provider').selectOption('sutro');
    await rowOf(page, 'elsewhere').locator('.c-state', { hasText: 'cancelled' }).waitFor();
    expect(await stopCellOf(page, 'elsewhere').textContent()).not.toContain('stopping');
  });

  it('is followed to its end while lists and looks hang', async () => {
    ionq().addJobs(3, { name: 'not held up', state: 'running' });
    const page = await open();
    await page.locator('tr[data-key]').nth(2).waitFor();
    // None of these is answered.
    await page.route(/\/v1\/jobs\?/, () => undefined);
    await page.route(/\/v1\/providers\/[^/]+\/jobs\/[^/]+$/, () => undefined);
    await page.getByRole('button', { name: 'Refresh' }).click();
    for (const index of [0, 1, 2]) {
      await page.locator('tr[data-key] .c-name .link').nth(index).click();
      await page.locator('#job-title').waitFor();
      await page.keyboard.press('Escape');
    }
    await page.locator('tr[data-key]').nth(0).getByRole('checkbox').check();
    await page.locator('tr[data-key]').nth(1).getByRole('checkbox').check();
    await tickedBar(page).getByRole('button', { name: 'Stop 2 jobs' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Stop 2 jobs' }).click();
    await page.locator('.c-stop .good').nth(1).waitFor();
    await page.locator('.c-stop button.stop').click();
    await page.locator('.c-stop .good').nth(2).waitFor();
  });

  it('says that nothing answered once a look has hung too long, and looks on', async () => {
    ionq().addJobs(1, { name: 'hung look', state: 'running' });
    const page = await open();
    await rowOf(page, 'hung look').waitFor();
    await page.clock.install();
    await page.route(/\/v1\/providers\/[^/]+\/jobs\/[^/]+$/, () => undefined);
    await page.getByRole('button', { name: 'hung look', exact: true }).click();
    await page.locator('#job-title').waitFor();
    await page.clock.runFor(21_000);
    await page.getByText('There was no answer within 20 s').first().waitFor();
  });
});

describe.skipIf(chromiumPath === undefined)('what stands between the console and calloff', () => {
  const { open, ionq } = useConsole();

  it.each([
    [408, 'application/problem+json', '{"title":"Request Timeout. Nothing was done."}'],
    [403, 'text/html', '<h1>Forbidden</h1>'],
    [429, 'application/json', '{"message":"Too Many Requests"}'],
  ])('does not say whether a job was stopped after its %d (%s)', async (status, contentType, body) => {
    ionq().addJobs(1, { name: 'who knows', state: 'running' });
    const page = await open();
    await page.route('**/cancel', async (route) => {
      await route.fetch();
      await route.fulfill({ status, contentType, body });
    });
    await page.getByRole('button', { name: 'Stop who knows' }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByText('The job may or may not be stopped').waitFor();
    await dialog.getByText(`Something in front of calloff answered ${status} in its place.`).waitFor();
    expect(await dialog.textContent()).not.toMatch(/nothing was/i);
    // It was stopped: its row says so, although no list has it any more.
    await dialog.getByRole('button', { name: 'Close' }).click();
    await refresh(page);
    await rowOf(page, 'who knows').locator('.c-state', { hasText: 'cancelled' }).waitFor();
  });

  it('says of a pause that it may or may not have come about', async () => {
    ionq().addJobs(2, { name: 'paused?', state: 'running' });
    ionq().setFault({
      kind: 'rate_limited',
      retryAfter: { seconds: 9 },
      operations: ['cancel', 'cancelMany'],
    });
    const page = await open();
    await page.locator('tr[data-key]').nth(1).waitFor();
    await page.route('**/pause', (route) => route.fulfill({ status: 504, body: 'Gateway Timeout' }));
    await stopBoth(page);
    await page.getByRole('button', { name: 'Pause the rest' }).click();
    await page.locator('#notice', { hasText: 'The operation may or may not be paused' }).waitFor();
    ionq().clearFaults();
  });
});

describe.skipIf(chromiumPath === undefined)('a filter that calloff does not know', () => {
  const { open, ionq } = useConsole();

  it('is said with its next step, and no provider is blamed', async () => {
    ionq().addJobs(1, { name: 'unlisted', state: 'running' });
    const page = await open('ada', '?state=runing', phone);
    await page.getByRole('heading', { name: 'calloff cannot use these filters' }).waitFor();
    await page.getByRole('alert').first().waitFor();
    expect(await page.getByText('did not answer').count()).toBe(0);
    // The sentence is as wide as a phone.
    const isCut = await page.getByRole('alert').evaluate((note) => note.scrollWidth > note.clientWidth);
    expect(isCut).toBe(false);
    await page.locator('.empty').getByRole('button', { name: 'Clear filters' }).click();
    await rowOf(page, 'unlisted').waitFor();
    await refresh(page);
    expect(await boxOf(page, 'unlisted').count()).toBe(1);
  });
});
