import { describe, expect, it } from 'vitest';
import { chromiumPath } from './chromium.ts';
import { ada } from './console.ts';
import { boxOf, refresh, rowOf, stopCellOf, tickedBar } from './jobs-page.ts';
import { useConsole } from './use-console.ts';

/** Someone who may look, and cancel at one connection alone. */
const eve = { kind: 'person' as const, may: { connections: ['*'], actions: ['list'] } };

describe.skipIf(chromiumPath === undefined)('a job of the console', () => {
  const { open, ionq, sutro } = useConsole(
    { ada, eve },
    { document: { protected_jobs: [{ name: 'keep *' }] } },
  );

  it('has its button in sight in a window of any width', async () => {
    ionq().addJob({ name: 'in sight', state: 'running' });
    const page = await open();
    const button = page.getByRole('button', { name: 'Stop in sight' });
    for (const width of [320, 360, 700, 701, 800, 900, 901, 1_000, 1_001, 1_280]) {
      await page.setViewportSize({ width, height: 700 });
      const box = await button.boundingBox();
      expect(box?.x, `${width} pixels: it begins in sight`).toBeGreaterThan(0);
      expect((box?.x ?? width) + (box?.width ?? 0), `${width} pixels: it ends in sight`).toBeLessThan(width);
    }
  });

  it('is stopped by one press, without a question, and says cancelled only after a look', async () => {
    const [id = ''] = ionq().addJobs(1, { name: 'one press', state: 'running' });
    const page = await open();
    await rowOf(page, 'one press').getByRole('button', { name: 'Stop one press' }).click();
    await stopCellOf(page, 'one press').locator('.good').waitFor();
    expect(await stopCellOf(page, 'one press').textContent()).toContain('cancelled');
    expect(await page.locator('dialog').count()).toBe(0);
    expect(ionq().job(id)?.state).toBe('cancelled');
  });

  it('reads stopping while the provider has not answered, and is not green', async () => {
    ionq().addJobs(1, { name: 'slow answer', state: 'running' });
    const page = await open();
    ionq().setFault({ kind: 'delay', ms: 1_500, operations: ['cancel'] });
    await page.getByRole('button', { name: 'Stop slow answer' }).click();
    await stopCellOf(page, 'slow answer').getByText('stopping').waitFor();
    expect(await stopCellOf(page, 'slow answer').locator('.good').count()).toBe(0);
    expect(await boxOf(page, 'slow answer').isDisabled()).toBe(true);
    await stopCellOf(page, 'slow answer').locator('.good').waitFor();
  });

  it('reads stopping while its cancel hangs, whatever the list says of it', async () => {
    ionq().addJobs(1, { name: 'hangs', state: 'running' });
    const page = await open();
    ionq().setFault({ kind: 'hang', operations: ['cancel'] });
    await page.getByRole('button', { name: 'Stop hangs' }).click();
    await expect.poll(() => ionq().journal.some(({ operation }) => operation === 'cancel')).toBe(true);
    await refresh(page);
    expect(await stopCellOf(page, 'hangs').textContent()).toContain('stopping');
    expect(await rowOf(page, 'hangs').locator('.good').count()).toBe(0);
    expect(await rowOf(page, 'hangs').locator('.c-state').textContent()).toContain('running');
  });

  it('is never green while its provider says yes and lets it run', async () => {
    ionq().addJobs(1, { name: 'says yes', state: 'running' });
    const page = await open();
    ionq().setFault({ kind: 'says_yes_keeps_running' });
    await page.getByRole('button', { name: 'Stop says yes' }).click();
    const answered = page.waitForResponse((response) => response.url().endsWith('/cancel'));
    await answered;
    await stopCellOf(page, 'says yes').locator('.sign').first().waitFor();
    await refresh(page);
    expect(await rowOf(page, 'says yes').locator('.good').count()).toBe(0);
    expect(await rowOf(page, 'says yes').locator('.c-state').textContent()).toContain('running');
  });

  it('reads stopping while its provider says so, and is followed to its end', async () => {
    sutro().addJobs(1, { name: 'takes long', state: 'running', settlesInMs: 4_000 });
    const page = await open();
    await page.getByRole('button', { name: 'Stop takes long' }).click();
    await stopCellOf(page, 'takes long').locator('.wait').waitFor();
    await rowOf(page, 'takes long').locator('.c-state').getByText('being cancelled').waitFor();
    expect(await stopCellOf(page, 'takes long').textContent()).toContain('stopping');
    expect(await rowOf(page, 'takes long').locator('.good').count()).toBe(0);
    await rowOf(page, 'takes long').locator('.c-state .over').waitFor();
    expect(await stopCellOf(page, 'takes long').textContent()).toContain('cancelled');
    expect(await stopCellOf(page, 'takes long').locator('.wait').count()).toBe(0);
  });

  it('stays ticked, and offers to try again, if its stop failed and may succeed', async () => {
    ionq().addJobs(2, { name: 'ignored', state: 'running' });
    const [id = ''] = ionq().addJobs(1, { name: 'fails first', state: 'running' });
    const page = await open();
    ionq().setFault({ kind: 'status', status: 503, operations: ['cancel'], jobIds: [id] });
    await boxOf(page, 'fails first').check();
    await tickedBar(page).getByRole('button', { name: 'Stop 1 job' }).click();
    await stopCellOf(page, 'fails first').locator('.bad, .odd').waitFor();
    expect(await boxOf(page, 'fails first').isChecked()).toBe(true);
    ionq().clearFaults();
    // The button has just come back under the pointer.
    await tickedBar(page).getByRole('button', { name: 'Stop 1 job' }).click({ delay: 700 });
    await stopCellOf(page, 'fails first').locator('.good').waitFor();
    expect(await tickedBar(page).count()).toBe(0);
  });

  it('is not ticked by a press of its own that failed: every row keeps its button, and this one its Retry', async () => {
    ionq().addJobs(1, { name: 'beside the failed', state: 'running' });
    const [id = ''] = ionq().addJobs(1, { name: 'pressed alone', state: 'running' });
    const page = await open();
    ionq().setFault({ kind: 'status', status: 503, operations: ['cancel'], jobIds: [id] });
    await page.getByRole('button', { name: 'Stop pressed alone' }).click();
    await stopCellOf(page, 'pressed alone').locator('.bad, .odd').waitFor();
    expect(await tickedBar(page).count()).toBe(0);
    expect(await page.getByRole('button', { name: 'Stop beside the failed' }).isEnabled()).toBe(true);
    ionq().clearFaults();
    await page.getByRole('button', { name: 'Retry pressed alone' }).click();
    await stopCellOf(page, 'pressed alone').locator('.good').waitFor();
  });

  it('has no button of its own while jobs are ticked', async () => {
    ionq().addJobs(1, { name: 'ticked', state: 'running' });
    ionq().addJobs(1, { name: 'beside it', state: 'running' });
    const page = await open();
    await boxOf(page, 'ticked').check();
    const buttons = page.locator('tr[data-key]').getByRole('button', { name: /^Stop/ });
    expect(await buttons.count()).toBe(0);
    for (const name of ['ticked', 'beside it'])
      expect(await stopCellOf(page, name).locator('button').isDisabled()).toBe(true);
    await boxOf(page, 'ticked').uncheck();
    expect(await page.getByRole('button', { name: 'Stop beside it' }).isEnabled()).toBe(true);
  });

  it('is stopped from its details, which say why a protected one cannot be stopped', async () => {
    const [id = ''] = ionq().addJobs(1, { name: 'open me', state: 'running' });
    ionq().addJobs(1, { name: 'keep me', state: 'running' });
    const page = await open();
    await page.getByRole('button', { name: 'open me', exact: true }).click();
    const drawer = page.getByRole('complementary', { name: 'open me' });
    await drawer.getByRole('button', { name: 'Stop' }).click();
    await drawer.locator('.facts .sign', { hasText: 'cancelled' }).waitFor();
    expect(ionq().job(id)?.state).toBe('cancelled');
    await drawer.getByRole('button', { name: 'Stop' }).waitFor({ state: 'detached' });
    await page.keyboard.press('Escape');
    await page.getByRole('button', { name: 'keep me', exact: true }).click();
    const kept = page.getByRole('complementary', { name: 'keep me' });
    await kept.getByText('It is protected: no caller may cancel it.', { exact: true }).waitFor();
    expect(await kept.getByRole('button', { name: 'Stop' }).count()).toBe(0);
  });

  it('cannot be ticked if it is over or protected, and says why', async () => {
    ionq().addJobs(1, { name: 'keep it', state: 'running' });
    ionq().addJobs(1, { name: 'done before', state: 'completed' });
    const page = await open('ada', '?state=running,completed');
    for (const [name, why] of [
      ['keep it', 'It is protected: no caller may cancel it.'],
      ['done before', 'It is over.'],
    ] as const) {
      expect(await boxOf(page, name).isDisabled()).toBe(true);
      expect(await stopCellOf(page, name).getByTitle(why).count()).toBe(1);
      expect(await boxOf(page, name).getAttribute('title')).toBe(why);
    }
    expect(await page.getByRole('checkbox', { name: /^Tick all/ }).isDisabled()).toBe(true);
  });

  it('has no button and no box that works for a person without the right', async () => {
    ionq().addJobs(1, { name: 'not yours', state: 'running' });
    const page = await open('eve');
    await rowOf(page, 'not yours').waitFor();
    expect(await boxOf(page, 'not yours').isDisabled()).toBe(true);
    expect(await stopCellOf(page, 'not yours').textContent()).toContain('no right');
    expect(await page.getByRole('button', { name: 'Stop not yours' }).count()).toBe(0);
  });
});
