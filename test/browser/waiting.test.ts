import type { Page } from 'playwright-core';
import { describe, expect, it } from 'vitest';
import { chromiumPath } from './chromium.ts';
import { ada, carefulAgent } from './console.ts';
import { useConsole } from './use-console.ts';

const roles = {
  ada,
  grace: ada,
  // May look and cancel, and agree to nothing.
  linus: { kind: 'person', may: { connections: ['*'], actions: ['list', 'cancel'] } },
  // May agree, but to nothing at the provider of these jobs.
  hedy: { kind: 'person', may: { connections: ['sutro'], actions: ['list', 'confirm'] } },
  'night-agent': carefulAgent,
} as const;

describe.skipIf(chromiumPath === undefined)('a request of an agent that waits', () => {
  const { server, ionq, open: openAt } = useConsole(roles);
  const open = (caller: string) => openAt(caller, '?view=waiting');
  const agree = (page: Page) => page.getByRole('button', { name: /^Agree/ });

  /** The agent asks for a stop of jobs with this name; gives a way to ask the same again. */
  async function request(name: string, count: number) {
    const ids = ionq().addJobs(count, { name, state: 'running' });
    const body = {
      jobs: ids.map((job_id) => ({ provider: 'ionq', job_id })),
      reason: `${name} is done with`,
    };
    const answer = await (await server().ask('night-agent', 'POST', '/v1/jobs/cancel', body)).json();
    const confirmation_id: string = answer.confirmation.id;
    const again = () => server().ask('night-agent', 'POST', '/v1/jobs/cancel', { ...body, confirmation_id });
    return { id: confirmation_id, ids, again };
  }

  it('says who asks, why, for which jobs, and what has changed; a yes in two tabs at once is one', async () => {
    const { ids, again } = await request('sweep', 23);
    ionq().setFault({
      kind: 'unseen_status',
      word: 'completed',
      jobIds: ids.slice(0, 1),
    });
    const [one, other] = await Promise.all([open('ada'), open('grace')]);
    await one.getByRole('heading', { name: 'night-agent asks to stop 23 jobs' }).waitFor();
    await one.getByText('sweep is done with').waitFor();
    await one.getByText(/^1 job has changed since the request/).waitFor();
    expect(await one.locator('article tbody tr').count()).toBe(23);
    await one
      .getByText('Agreeing cancels nothing by itself: night-agent can then repeat the request')
      .waitFor();
    ionq().clearFaults();
    await agree(other).waitFor();
    await Promise.all([agree(one).click(), agree(other).click()]);
    for (const page of [one, other]) {
      await agree(page).waitFor({ state: 'detached' });
      await page.locator('.answered').waitFor();
    }
    const told = await Promise.all([one, other].map((page) => page.locator('.answered').textContent()));
    // Both are told of the one yes that counts, each in their own words.
    const by = told.map((text, index) => (text ?? '').replace(/^You/, ['ada', 'grace'][index] ?? ''));
    expect(new Set(by).size).toBe(1);
    expect(told.filter((text) => text?.startsWith('You agreed'))).toHaveLength(1);
    expect(by[0]).toMatch(
      /^(ada|grace) agreed to the stop of 23 jobs\. Agreeing cancels nothing by itself: it lets night-agent/,
    );
    expect(ionq().job(ids[1] ?? '')?.state).toBe('running');
    expect((await (await again()).json()).counts).toMatchObject({ cancelled: 23 });
    expect((await (await again()).json()).counts).toMatchObject({ cancelled: 0 });
  });

  it('has its id on its card, to which a link leads', async () => {
    await request('first', 1);
    const { id } = await request('second', 3);
    const page = await open('ada');
    await page.goto(`${server().url}/?view=audit`);
    await page.goto(`${server().url}/?view=waiting#${id}`);
    const card = page.getByRole('article', { name: 'night-agent asks to stop 3 jobs' });
    await card.getByText(id, { exact: true }).waitFor();
    await card.getByText(/asked \d+ s ago/).waitFor();
    await expect.poll(() => card.evaluate((each) => each === document.activeElement)).toBe(true);
    while ((await page.locator('article').count()) > 0) {
      const before = await page.locator('article').count();
      await page.getByRole('button', { name: 'Keep running' }).first().click();
      await expect.poll(() => page.locator('article').count()).toBeLessThan(before);
    }
  });

  it('is closed by Keep running, and the agent cannot use it then', async () => {
    const { ids, again } = await request('kept', 2);
    const page = await open('ada');
    await page.getByRole('button', { name: 'Keep running' }).click();
    await page.locator('.answered').getByText('Closed: the 2 jobs keep running').waitFor();
    await page.getByRole('heading', { name: 'Nothing waits for you' }).waitFor();
    await again();
    expect(ids.map((id) => ionq().job(id)?.state)).toEqual(['running', 'running']);
  });

  it('is not shown to a person who may not agree', async () => {
    await request('hidden', 2);
    for (const caller of ['linus', 'hedy']) {
      const page = await open(caller);
      await page.locator('main :is(.empty, .problem)').waitFor();
      expect(await agree(page).count()).toBe(0);
      expect(await page.locator('nav .count').count()).toBe(0);
      expect(await page.getByText('hidden').count()).toBe(0);
    }
  });
});
