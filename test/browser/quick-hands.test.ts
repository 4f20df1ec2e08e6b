import type { Locator, Page } from 'playwright-core';
import { describe, expect, it } from 'vitest';
import { chromiumPath } from './chromium.ts';
import { ada, carefulAgent } from './console.ts';
import { refresh, rowOf, stopCellOf, tickedBar } from './jobs-page.ts';
import { useConsole } from './use-console.ts';

/** The middle of what is drawn there. */
async function middleOf(locator: Locator): Promise<{ x: number; y: number }> {
  const box = await locator.boundingBox();
  if (box === null) throw new Error('it is not drawn');
  return { x: box.x + box.width / 2, y: box.y + box.height / 2 };
}

/**
 * Presses what is drawn at a point as soon as what `shown` selects is in the page, in the task after that drawing: no person is
 * faster. With a finger nothing was there before.
 */
async function pressOnce(page: Page, shown: string, at: { x: number; y: number }, isFinger = false) {
  await page.evaluate(
    ({ selector, x, y, byFinger }) => {
      new MutationObserver((_, observer) => {
        if (document.querySelector(selector) === null) return;
        observer.disconnect();
        setTimeout(() => {
          const target = document.elementFromPoint(x, y);
          const how = { bubbles: true, clientX: x, clientY: y, pointerType: 'touch' };
          if (byFinger) target?.dispatchEvent(new PointerEvent('pointerdown', how));
          if (target instanceof HTMLElement) target.click();
        });
      }).observe(document.body, { childList: true, subtree: true, attributes: true, characterData: true });
    },
    { selector: shown, ...at, byFinger: isFinger },
  );
}

describe.skipIf(chromiumPath === undefined)('quick hands at the console', () => {
  const { server, tab, open, ionq, sutro } = useConsole({ ada, grace: ada, 'night-agent': carefulAgent });
  const noticed = (page: Page) => page.locator('#notice', { hasText: 'under the pointer changed' }).waitFor();
  const stops = () => tab().requests.filter((address) => /\/(cancel|start|resume)$/.test(address));

  /** Starts a slow stop of many jobs; gives its id. */
  async function slowStop(): Promise<string> {
    sutro().setLimits({ cancel: { perSecond: 1 } });
    const ids = Array.from({ length: 30 }, () => sutro().addJob({ name: 'slow', state: 'running' }));
    const jobs = ids.map((job_id) => ({ provider: 'sutro', job_id }));
    const { id, confirmation } = await (await server().ask('ada', 'POST', '/v1/operations', { jobs })).json();
    const { confirmation_token } = confirmation ?? {};
    if (confirmation_token)
      await server().ask('ada', 'POST', `/v1/operations/${id}/start`, { confirmation_token });
    return id;
  }
  const stateOf = async (id: string) =>
    (await (await server().ask('ada', 'GET', `/v1/operations/${id}`)).json()).state;

  it('pause an operation by a double click, whose second half does not resume it', async () => {
    const id = await slowStop();
    const page = await open('ada', `?view=operations&op=${id}`);
    const pause = page.getByRole('button', { name: 'Pause the rest' });
    const at = await middleOf(pause);
    await pressOnce(page, 'button[data-aim^="Resume"]', at);
    await page.mouse.click(at.x, at.y);
    await noticed(page);
    expect(await stateOf(id)).toBe('paused');
    expect(stops()).toEqual([]);
    await page.getByRole('button', { name: 'Resume' }).click({ delay: 700 });
    await expect.poll(() => stateOf(id)).toBe('running');
    await pause.press('Enter');
    await page.getByRole('button', { name: 'Resume' }).waitFor();
    await page.keyboard.press('Enter');
    expect(stops()).toHaveLength(1);
    expect(await stateOf(id)).toBe('paused');
  });

  it('agree to the request that they aim at, not to the one that took its place, by a pointer or by a key', async () => {
    for (const name of ['first', 'second', 'third']) {
      const jobs = ionq()
        .addJobs(1, { name, state: 'running' })
        .map((job_id) => ({ provider: 'ionq', job_id }));
      await server().ask('night-agent', 'POST', '/v1/jobs/cancel', { jobs, reason: name });
    }
    const page = await open('ada', '?view=waiting');
    await page.locator('article').nth(2).waitFor();
    const idOf = async (index: number) => (await page.locator('article').nth(index).getAttribute('id')) ?? '';
    const [first, second] = [await idOf(0), await idOf(1)];
    const agree = (id: string) => page.locator(`[id="${id}"]`).getByRole('button', { name: /^Agree/ });
    const at = await middleOf(agree(first));
    await page.mouse.move(at.x, at.y);
    await agree(first).focus();
    await pressOnce(page, `main:not(:has([id="${first}"]))`, at);
    await server().ask('grace', 'DELETE', `/v1/confirmations/${first}`);
    await page.getByRole('link', { name: 'Waiting' }).evaluate((link) => {
      if (link instanceof HTMLElement) link.click();
    });
    await noticed(page);
    // The button that had the focus is gone: the title of the view has it, and no other button.
    expect(await page.evaluate(() => document.activeElement?.textContent)).toBe('Waiting for you');
    await page.keyboard.press('Enter');
    expect(await page.locator('.answered').count()).toBe(0);
    await agree(second).click({ delay: 700 });
    await page.locator('.answered').waitFor();
    const left = await (await server().ask('ada', 'GET', '/v1/confirmations')).json();
    for (const { id } of left.confirmations) await server().ask('ada', 'DELETE', `/v1/confirmations/${id}`);
  });

  it('stop no card of a phone that came under the finger while it came', async () => {
    const [meant = ''] = ionq().addJobs(1, { name: 'meant', state: 'running', createdAt: new Date(0) });
    const page = await open('ada', '', { width: 360, height: 740 });
    const at = await middleOf(page.getByRole('button', { name: 'Stop meant' }));
    const [other = ''] = ionq().addJobs(1, { name: 'came between', state: 'running' });
    await pressOnce(page, 'tr[data-key] + tr[data-key]', at, true);
    await refresh(page);
    await noticed(page);
    expect(stops()).toEqual([]);
    expect([ionq().job(meant)?.state, ionq().job(other)?.state]).toEqual(['running', 'running']);
    const now = await middleOf(page.getByRole('button', { name: 'Stop meant' }));
    await page.waitForTimeout(700);
    await pressOnce(page, 'main', now, true);
    await refresh(page);
    await stopCellOf(page, 'meant').locator('.good').waitFor();
    expect(ionq().job(other)?.state).toBe('running');
  });

  it('go on by a key from where a row was that has gone, and a key stops none in its place', async () => {
    const now = Date.now();
    const ids = Array.from({ length: 12 }, (_, index) =>
      ionq().addJob({
        name: `n${index}`,
        state: 'running',
        createdAt: new Date(now - index * 60_000),
      }),
    );
    const page = await open();
    await rowOf(page, 'n11').waitFor();
    const focused = () => page.evaluate(() => document.activeElement?.querySelector('.link')?.textContent);
    for (let turn = 0; turn < 6; turn += 1) await page.keyboard.press('j');
    expect(await focused()).toBe('n5');
    await server().ask('grace', 'POST', `/v1/providers/ionq/jobs/${ids[5]}/cancel`, {});
    await refresh(page);
    await rowOf(page, 'n5').waitFor({ state: 'detached' });
    await page.keyboard.press('s');
    await page.keyboard.press('j');
    expect(await focused()).toBe('n6');
    expect(stops()).toEqual([]);
    // The button that was pressed is gone: its row has the focus, so that the next key goes on from there.
    await page.getByRole('button', { name: 'Stop n6' }).press('Enter');
    await stopCellOf(page, 'n6').locator('.good').waitFor();
    expect(await focused()).toBe('n6');
    await page.keyboard.press('j');
    expect(await focused()).toBe('n7');
  });

  it('stop a job although they load the page anew before the answer', async () => {
    const [id = ''] = ionq().addJobs(1, { name: 'left at once', state: 'running' });
    const page = await open();
    await rowOf(page, 'left at once').waitFor();
    ionq().setFault({ kind: 'delay', ms: 400 });
    const sent = page.waitForRequest(/\/cancel$/);
    await page.getByRole('button', { name: 'Stop left at once' }).click();
    await sent;
    await page.reload();
    await expect.poll(() => ionq().job(id)?.state, { timeout: 10_000 }).toBe('cancelled');
  });

  it('leave a question by the way back, and nothing is sent', async () => {
    ionq().addJobs(2, { name: 'asked about', state: 'running' });
    const page = await open();
    await page.getByRole('link', { name: 'Audit' }).click();
    await page.getByRole('link', { name: 'Jobs', exact: true }).click();
    await page.getByRole('checkbox', { name: 'Tick all 2 shown' }).check();
    await tickedBar(page).getByRole('button', { name: 'Stop 2 jobs' }).click();
    await page.getByRole('dialog').getByLabel('Reason, for the audit').waitFor();
    await page.goBack();
    await page.getByRole('heading', { name: 'Audit' }).waitFor();
    expect(await page.getByRole('dialog').count()).toBe(0);
    expect(ionq().journal.some(({ operation }) => operation.startsWith('cancel'))).toBe(false);
  });

  it('stop what is ticked, not all that matched before, once what was ticked then has ended', async () => {
    const ids = ionq().addJobs(3, { name: 'of before', state: 'running' });
    const page = await open();
    // The first page of the list says that more match than it shows; the second has none.
    await page.route(/\/v1\/jobs\?/, async (route) => {
      const isSecond = new URL(route.request().url()).searchParams.has('cursor');
      if (isSecond) return route.fulfill({ json: { jobs: [], unavailable: [], next_cursor: null } });
      const response = await route.fetch();
      await route.fulfill({ response, json: { ...(await response.json()), next_cursor: 'more' } });
    });
    await refresh(page);
    await page.getByRole('checkbox', { name: 'Tick all 3 shown' }).check();
    await tickedBar(page).getByRole('button', { name: 'All that match, also those not shown' }).click();
    await tickedBar(page).getByRole('button', { name: 'Stop all that match' }).waitFor();
    for (const id of ids) await server().ask('grace', 'POST', `/v1/providers/ionq/jobs/${id}/cancel`, {});
    ionq().addJob({ name: 'of now', state: 'running' });
    await refresh(page);
    await tickedBar(page).waitFor({ state: 'detached' });
    await rowOf(page, 'of now').getByRole('checkbox').check();
    await tickedBar(page).getByText('1 ticked').waitFor();
    await tickedBar(page).getByRole('button', { name: 'Stop 1 job' }).waitFor();
  });
});
