import type { Page } from 'playwright-core';
import { describe, expect, it } from 'vitest';
import { runs } from '../support/thorough.ts';
import { chromiumPath } from './chromium.ts';
import { ada } from './console.ts';
import { tickedBar } from './jobs-page.ts';
import { useConsole } from './use-console.ts';

describe.skipIf(chromiumPath === undefined)('a stop of many jobs on the console', () => {
  const { server, open, ionq, sutro } = useConsole(
    { ada, ben: ada },
    { document: { protected_jobs: [{ name: '* kept' }] } },
  );
  const stateOf = (id: string) => ionq().job(id)?.state;
  const cancelsSent = () => ionq().journal.filter(({ operation }) => operation.includes('cancel')).length;

  it('takes the jobs that are shown, or all that match, and says how many these are before the yes', async () => {
    const kept = ionq().addJob({ name: 'sweep kept', state: 'running' });
    const ids = ionq().addJobs(1_200, { name: 'sweep', state: 'running' });
    const page = await open('ada', '?name=sweep');
    await page.getByRole('checkbox', { name: 'Tick all 1,000 shown' }).check();
    const bar = tickedBar(page);
    await bar.getByText('1,000 ticked').waitFor();
    await bar.getByRole('button', { name: 'Stop 1,000 jobs' }).waitFor();
    await bar.getByRole('button', { name: 'All that match, also those not shown' }).click();
    await bar.getByRole('button', { name: 'Stop all that match' }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByText('Stop 1,200 jobs?').waitFor({ timeout: 15_000 });
    expect(cancelsSent()).toBe(0);
    await dialog.getByText('1 job will be left alone').click();
    expect(await dialog.locator('.skipped li').textContent()).toMatch(new RegExp(`protected.*${kept}`, 's'));
    await dialog.getByLabel('Reason, for the audit').fill('no 👩\u200d💻 budget');
    await dialog.getByRole('button', { name: 'Stop 1,200 jobs' }).click();
    await page.getByText('Stop of 1,200 jobs is done').waitFor({ timeout: 20_000 });
    expect(new Set(ids.map(stateOf))).toEqual(new Set(['cancelled']));
    expect(stateOf(kept)).toBe('running');
    const audit = await server().ask('ada', 'GET', `/v1/audit?job=${ids[0]}`);
    expect(await audit.text()).toContain('no 👩💻 budget');
  });

  describe('of more jobs than one request can check', () => {
    /** Ticks all that match, and has them listed. */
    const askForAll = async (page: Page) => {
      await page.getByRole('checkbox', { name: 'Tick all 1,000 shown' }).check();
      await tickedBar(page).getByRole('button', { name: 'All that match, also those not shown' }).click();
      await tickedBar(page).getByRole('button', { name: 'Stop all that match' }).click();
      const dialog = page.getByRole('dialog');
      await dialog.getByText('Very many jobs match').waitFor({ timeout: 15_000 });
      await dialog.getByLabel('Reason, for the audit').fill('wrong sweep');
      await dialog.getByRole('button', { name: 'List them' }).click();
      await dialog.getByText('Stop 5,050 jobs?').waitFor({ timeout: 20_000 });
      return dialog;
    };

    it('lists them all before it asks, and stops them as one operation', async () => {
      const ids = ionq().addJobs(5_050, { name: 'lots', state: 'running' });
      const dialog = await askForAll(await open('ada', '?name=lots&provider=ionq'));
      expect(await dialog.textContent()).toContain('calloff has not checked their status');
      // The list was read in several steps, to its end.
      expect(await dialog.getByRole('list', { name: 'Jobs may be missing' }).count()).toBe(0);
      expect(cancelsSent()).toBe(0);
      await dialog.getByRole('button', { name: 'Stop 5,050 jobs' }).click();
      const cancelled = () => ids.filter((id) => stateOf(id) === 'cancelled').length;
      await expect.poll(cancelled, { timeout: 30_000 }).toBe(5_050);
      const made = await server().ask('ada', 'GET', '/v1/operations?limit=1');
      expect(await made.text()).toContain('"reason":"wrong sweep"');
    }, 60_000);

    it.skipIf(runs(1, 0) === 0)(
      'sends nothing, and leaves nothing that waits, if the person lets them run',
      async () => {
        ionq().addJobs(5_050, { name: 'lots', state: 'running' });
        const dialog = await askForAll(await open('ada', '?name=lots&provider=ionq'));
        await dialog.getByRole('button', { name: 'Keep running' }).click();
        const waiting = async () =>
          (await server().ask('ada', 'GET', '/v1/operations?state=waiting_for_confirmation')).text();
        await expect.poll(waiting).toContain('"operations":[]');
        expect(cancelsSent()).toBe(0);
      },
      60_000,
    );
  });

  it('leaves ticked what failed and may succeed, lets go of what is done, and does the rest again', async () => {
    const ids = ionq().addJobs(1_000, { name: 'bulk', state: 'running' });
    const failing = ids.filter((_, index) => index % 33 === 5).slice(0, 30);
    const page = await open('ada', '?name=bulk');
    await page.getByRole('checkbox', { name: 'Tick all 1,000 shown' }).check();
    ionq().setFault({ kind: 'status', status: 503, operations: ['cancel', 'cancelMany'], jobIds: failing });
    await tickedBar(page).getByRole('button', { name: 'Stop 1,000 jobs' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Stop 1,000 jobs' }).click();
    const bar = page.getByRole('region', { name: 'Stop of 1,000 jobs' });
    await bar.getByRole('button', { name: 'Try 30 jobs again' }).waitFor({ timeout: 25_000 });
    await tickedBar(page).getByText('30 ticked').waitFor();
    expect(ids.filter((id) => stateOf(id) === 'running').toSorted()).toEqual(failing.toSorted());
    ionq().clearFaults();
    await bar.getByRole('button', { name: 'Try 30 jobs again' }).click();
    await expect
      .poll(() => ids.filter((id) => stateOf(id) === 'running').length, { timeout: 20_000 })
      .toBe(0);
    await tickedBar(page).waitFor({ state: 'detached', timeout: 15_000 });
  }, 60_000);

  it('pauses the rest, goes on with it, and has a link', async () => {
    const ids = Array.from({ length: 28 }, () => sutro().addJob({ name: 'slow', state: 'running' }));
    sutro().setLimits({ cancel: { perSecond: 4 } });
    const sutroState = (id: string) => sutro().job(id)?.state;
    const page = await open('ada', '?name=slow');
    await page.getByRole('checkbox', { name: 'Tick all 28 shown' }).check();
    await tickedBar(page).getByRole('button', { name: 'Stop 28 jobs' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Stop 28 jobs' }).click();
    const bar = page.getByRole('region', { name: 'Stop of 28 jobs' });
    await bar.getByRole('button', { name: 'Pause the rest' }).click();
    await bar.getByText('Paused the stop of 28 jobs').waitFor();
    const left = ids.filter((id) => sutroState(id) === 'running').length;
    expect(left).toBeGreaterThan(0);
    sutro().setLimits({});
    await bar.getByRole('button', { name: 'Resume' }).click();
    await expect
      .poll(() => ids.filter((id) => sutroState(id) === 'running').length, { timeout: 20_000 })
      .toBe(0);
    await bar.getByRole('button', { name: 'Open' }).click();
    expect(page.url()).toMatch(/\?view=operations&op=op_[a-z0-9]{20}$/);
    const other = await open('ben', new URL(page.url()).search);
    await other.getByText('Asked by ada').waitFor();
  }, 60_000);

  it('that one person paused and another resumed is told as it is, not as paused', async () => {
    Array.from({ length: 20 }, () => sutro().addJob({ name: 'of two', state: 'running' }));
    sutro().setLimits({ cancel: { perSecond: 2 } });
    const page = await open('ada', '?name=of two');
    await page.getByRole('checkbox', { name: 'Tick all 20 shown' }).check();
    await tickedBar(page).getByRole('button', { name: 'Stop 20 jobs' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Stop 20 jobs' }).click();
    const bar = page.getByRole('region', { name: 'Stop of 20 jobs' });
    await bar.getByRole('button', { name: 'Pause the rest' }).click();
    await bar.getByText('Paused the stop of 20 jobs').waitFor();
    // What followed it has read that it is paused, and has ended.
    await page.locator('#announcement').getByText('paused').waitFor({ state: 'attached' });
    const { operations } = await (await server().ask('ada', 'GET', '/v1/operations?limit=1')).json();
    sutro().setLimits({});
    await server().ask('ben', 'POST', `/v1/operations/${operations[0]?.id}/resume`, {});
    await bar.getByText('Stop of 20 jobs is done').waitFor({ timeout: 45_000 });
  }, 60_000);

  it('is found again after the page was loaded anew, until it is done', async () => {
    const ids = Array.from({ length: 12 }, () => sutro().addJob({ name: 'reloaded', state: 'running' }));
    sutro().setLimits({ cancel: { perSecond: 2 } });
    const page = await open('ada', '?name=reloaded');
    await page.getByRole('checkbox', { name: 'Tick all 12 shown' }).check();
    await tickedBar(page).getByRole('button', { name: 'Stop 12 jobs' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Stop 12 jobs' }).click();
    const bar = page.getByRole('region', { name: 'Stop of 12 jobs' });
    await bar.waitFor();
    await page.reload();
    await bar.waitFor();
    sutro().setLimits({});
    await bar.getByText('Stop of 12 jobs is done').waitFor({ timeout: 20_000 });
    expect(new Set(ids.map((id) => sutro().job(id)?.state))).toEqual(new Set(['cancelled']));
  }, 60_000);

  it('has a bar that stays away once it is dismissed, although the stop is followed on', async () => {
    ionq().addJobs(2, { name: 'followed', state: 'running' });
    const page = await open('ada', '?name=followed');
    let [state, told] = ['following', 0];
    await page.route(/\/v1\/operations\/op_\w+$/, async (route) => {
      const { 'if-none-match': _, ...headers } = await route.request().allHeaders();
      const response = await route.fetch({ headers });
      await route.fulfill({ response, json: { ...(await response.json()), state, message: state } });
      told += 1;
    });
    await page.getByRole('checkbox', { name: 'Tick all 2 shown' }).check();
    await tickedBar(page).getByRole('button', { name: 'Stop 2 jobs' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Stop 2 jobs' }).click();
    const bar = page.getByRole('region', { name: 'Stop of 2 jobs' });
    await bar.getByText('Everything is sent, and some jobs have not ended').waitFor();
    await bar.getByRole('button', { name: 'Dismiss' }).click();
    await bar.waitFor({ state: 'detached' });
    let came = 0;
    await page.exposeFunction('noteBar', () => {
      came += 1;
    });
    await page.evaluate(`new MutationObserver(() => {
      if (document.querySelector('.bar.operation') !== null) noteBar();
    }).observe(document.body, { childList: true, subtree: true })`);
    const before = told;
    await expect.poll(() => told, { timeout: 10_000 }).toBeGreaterThan(before + 1);
    state = 'finished';
    await page.locator('#announcement').getByText('finished').waitFor({ state: 'attached' });
    expect(came).toBe(0);
  });

  it('leaves room for the list if many are under way, on a phone after a reload too, and stays dismissed', async () => {
    for (const name of ['one', 'two', 'three', 'four']) {
      const jobs = sutro()
        .addJobs(1, { name, state: 'running', settlesInMs: 90_000 })
        .map((job_id) => ({ provider: 'sutro', job_id }));
      const made = await server().ask('ada', 'POST', '/v1/operations', { jobs, reason: `stop ${name}` });
      const { id, confirmation } = await made.json();
      if (confirmation !== undefined) {
        const { confirmation_token } = confirmation;
        await server().ask('ada', 'POST', `/v1/operations/${id}/start`, { confirmation_token });
      }
    }
    const page = await open('ada', '', { width: 360, height: 740 });
    const others = page.getByRole('region', { name: 'Other stops' });
    await others.getByText('3 other stops: 3 under way').waitFor();
    await page.locator('.bar.operation q', { hasText: 'stop four' }).waitFor();
    expect(await page.locator('.bar').count()).toBe(2);
    const covered = await page.locator('.bars').evaluate((bars) => bars.getBoundingClientRect().height);
    expect(covered).toBeLessThan(740 / 2);
    await others.getByRole('button', { name: 'Dismiss' }).click();
    await others.waitFor({ state: 'detached' });
    await page.reload();
    await page.locator('.bar.operation q', { hasText: 'stop four' }).waitFor();
    await page.locator('tr[data-key]').nth(3).waitFor();
    expect(await others.count()).toBe(0);
  });
});
