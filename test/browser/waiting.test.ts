import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { chromiumPath, openBrowser } from './chromium.ts';
import { ada, type ConsoleServer, openConsole } from './console.ts';

const isSkipped = chromiumPath === undefined;
const roles = {
  ada,
  grace: ada,
  // May look and cancel, and agree to nothing.
  linus: { kind: 'person', may: { connections: ['*'], actions: ['list', 'cancel'] } },
  // May agree, but to nothing at the provider of these jobs.
  hedy: { kind: 'person', may: { connections: ['sutro'], actions: ['list', 'confirm'] } },
  'night-agent': {
    kind: 'agent',
    may: { connections: ['*'], actions: ['list', 'cancel'], confirm_above: 0 },
  },
} as const;

describe.skipIf(isSkipped)('a request of an agent that waits', () => {
  let browser: Browser;
  let server: ConsoleServer;

  beforeAll(async () => {
    [browser, server] = await Promise.all([openBrowser(), openConsole(roles)]);
  });
  afterAll(async () => {
    await browser?.close();
    await server?.close();
  });

  const ionq = () => server.sandbox.providers.ionq;
  const open = (caller: string) => server.open(browser, caller, { search: '?view=waiting' });
  const agree = (page: Page) => page.getByRole('button', { name: /^Agree/ });

  /** The agent asks for a stop of jobs with this name; gives a way to ask the same again. */
  async function request(name: string, count: number) {
    const ids = ionq().addJobs(count, { name, state: 'running' });
    const body = {
      jobs: ids.map((job_id) => ({ provider: 'ionq', job_id })),
      reason: `${name} is done with`,
    };
    const answer = await (await server.ask('night-agent', 'POST', '/v1/jobs/cancel', body)).json();
    const confirmation_id: string = answer.confirmation.id;
    const again = () => server.ask('night-agent', 'POST', '/v1/jobs/cancel', { ...body, confirmation_id });
    return { ids, again };
  }

  it('says who asks, why, for which jobs, and what has changed; a yes in two tabs at once is one', async () => {
    const { ids, again } = await request('sweep', 23);
    server.sandbox.providers.ionq.setFault({
      kind: 'unseen_status',
      word: 'completed',
      jobIds: ids.slice(0, 1),
    });
    const [one, other] = await Promise.all([open('ada'), open('grace')]);
    const { page } = one;
    await page.getByRole('heading', { name: 'night-agent asks to stop 23 jobs' }).waitFor();
    await page.getByText('sweep is done with').waitFor();
    await page.getByText(/^1 job has changed since the request/).waitFor();
    expect(await page.locator('article tbody tr').count()).toBe(23);
    await page
      .getByText('Agreeing cancels nothing by itself: night-agent can then repeat the request')
      .waitFor();
    ionq().clearFaults();
    await agree(other.page).waitFor();
    await Promise.all([agree(page).click(), agree(other.page).click()]);
    for (const tab of [one, other]) {
      await agree(tab.page).waitFor({ state: 'detached' });
      await tab.page.locator('.answered').waitFor();
    }
    const told = await Promise.all([one, other].map((tab) => tab.page.locator('.answered').textContent()));
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
    expect([...one.complaints, ...other.complaints]).toEqual([]);
    await Promise.all([one.context.close(), other.context.close()]);
  });

  it('is closed by Keep running, and the agent cannot use it then', async () => {
    const { ids, again } = await request('kept', 2);
    const tab = await open('ada');
    await tab.page.getByRole('button', { name: 'Keep running' }).click();
    await tab.page.locator('.answered').getByText('Closed: the 2 jobs keep running').waitFor();
    await tab.page.getByRole('heading', { name: 'Nothing waits for you' }).waitFor();
    await again();
    expect(ids.map((id) => ionq().job(id)?.state)).toEqual(['running', 'running']);
    expect(tab.complaints).toEqual([]);
    await tab.context.close();
  });

  it('is not shown to a person who may not agree', async () => {
    await request('hidden', 2);
    for (const caller of ['linus', 'hedy']) {
      const tab = await open(caller);
      await tab.page.locator('main :is(.empty, .problem)').waitFor();
      expect(await agree(tab.page).count()).toBe(0);
      expect(await tab.page.locator('nav .count').count()).toBe(0);
      expect(await tab.page.getByText('hidden').count()).toBe(0);
      expect(tab.complaints).toEqual([]);
      await tab.context.close();
    }
  });
});
