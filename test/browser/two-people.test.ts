import { describe, expect, it } from 'vitest';
import { chromiumPath } from './chromium.ts';
import { ada } from './console.ts';
import { tickedBar } from './jobs-page.ts';
import { useConsole } from './use-console.ts';

describe.skipIf(chromiumPath === undefined)('a stop of many jobs on the console', () => {
  const { open, ionq } = useConsole({ ada, ben: ada });
  const stateOf = (id: string) => ionq().job(id)?.state;
  const cancelsSent = () => ionq().journal.filter(({ operation }) => operation.includes('cancel')).length;

  it('by two people at once ends for both with every job over and none ticked', async () => {
    const ids = ionq().addJobs(20, { name: 'shared', state: 'running' });
    const [one, other] = [await open('ada', '?name=shared'), await open('ben', '?name=shared')];
    for (const page of [one, other]) {
      await page.getByRole('checkbox', { name: 'Tick all 20 shown' }).check();
      await tickedBar(page).getByRole('button', { name: 'Stop 20 jobs' }).click();
      await page.getByRole('dialog').getByRole('button', { name: 'Stop 20 jobs' }).waitFor();
    }
    await Promise.all(
      [one, other].map((page) =>
        page.getByRole('dialog').getByRole('button', { name: 'Stop 20 jobs' }).click(),
      ),
    );
    for (const page of [one, other]) {
      await page.getByText('Stop of 20 jobs is done').waitFor({ timeout: 20_000 });
      await expect.poll(() => page.locator('tr[data-key] .c-stop .good').count()).toBe(20);
    }
    expect(new Set(ids.map(stateOf))).toEqual(new Set(['cancelled']));
    for (const page of [one, other]) {
      expect(await tickedBar(page).count()).toBe(0);
      expect(await page.locator('tr[data-key] button.stop').count()).toBe(0);
    }
  });

  it('tells the second of two people that the first was sooner, and sends nothing more', async () => {
    ionq().addJobs(5, { name: 'raced', state: 'running' });
    const [one, other] = [await open('ada', '?name=raced'), await open('ben', '?name=raced')];
    for (const page of [one, other]) {
      await page.getByRole('checkbox', { name: 'Tick all 5 shown' }).check();
      await tickedBar(page).getByRole('button', { name: 'Stop 5 jobs' }).click();
      await page.getByRole('dialog').getByRole('button', { name: 'Stop 5 jobs' }).waitFor();
    }
    await one.getByRole('dialog').getByRole('button', { name: 'Stop 5 jobs' }).click();
    await one.getByText('Stop of 5 jobs is done').waitFor();
    const sent = cancelsSent();
    await other.getByRole('dialog').getByRole('button', { name: 'Stop 5 jobs' }).click();
    const told = other.getByRole('region', { name: 'Stop of 5 jobs' });
    await told.getByText('5 already cancelled').waitFor();
    await expect
      .poll(() =>
        other.locator('tr[data-key] .c-stop .good').filter({ hasText: 'already cancelled' }).count(),
      )
      .toBe(5);
    expect(cancelsSent()).toBe(sent);
  });
});
