import type { Page } from 'playwright-core';
import type { Tab } from './chromium.ts';
import { type ConsoleServer, signIn } from './console.ts';

/** What a scene needs: a tab that is signed in as ada, and its server. */
export interface Stage {
  readonly tab: Tab;
  readonly server: ConsoleServer;
}

type Scene = (stage: Stage) => Promise<void>;

const row = (page: Page, name: string) => page.locator('tr[data-key]').filter({ hasText: name });

/** Every view of the page, each as a person comes to it, in an order in which they can follow each other. */
export const scenes: Readonly<Record<string, Scene>> = {
  list: showList,
  async keys({ tab: { page } }) {
    await page.keyboard.press('?');
    await page.getByRole('heading', { name: 'Keys' }).waitFor();
  },
  async drawer(stage) {
    await showList(stage);
    const { page } = stage.tab;
    await page.getByRole('button', { name: 'VQE ansatz sweep H2O', exact: true }).click();
    await page.getByText('The audit has no request').waitFor();
  },
  async selection(stage) {
    await showList(stage);
    const { page } = stage.tab;
    for (const name of ['Phase estimation', 'Error mitigation', 'Label invoices'])
      await row(page, name).getByRole('checkbox').click();
    await page.getByRole('button', { name: 'Stop 3 jobs' }).waitFor();
  },
  async dialog({ tab: { page } }) {
    await page.getByRole('button', { name: 'Stop 3 jobs' }).click();
    await page.getByRole('heading', { name: 'Stop 3 jobs?' }).waitFor();
  },
  async stopping({ tab: { page }, server }) {
    const { ionq } = server.sandbox.providers;
    ionq.setFault({
      kind: 'status',
      status: 403,
      operations: ['cancel', 'cancelMany'],
      jobIds: ionq.newestJobs(1).map(({ id }) => id),
    });
    await page.getByLabel('Reason, for the audit').fill('wrong data set');
    await page.getByRole('dialog').getByRole('button', { name: 'Stop 3 jobs' }).click();
    await page.getByRole('dialog').waitFor({ state: 'detached' });
    await page.locator('.bar.operation').waitFor();
  },
  async done({ tab: { page }, server }) {
    await page.getByText(/1 of 3 jobs was not stopped|have not ended/).waitFor();
    await page.locator('.c-stop .bad').waitFor();
    server.sandbox.providers.ionq.clearFaults();
  },
  async operation({ tab: { page } }) {
    await page.locator('.bar.operation').getByRole('button', { name: 'Open' }).click();
    await page.getByRole('heading', { name: 'Outcomes' }).waitFor();
  },
  async operations({ tab: { page } }) {
    await page.getByRole('link', { name: 'Operations' }).click();
    await page.getByRole('heading', { name: 'Operations' }).waitFor();
  },
  async audit({ tab: { page } }) {
    await page.getByRole('link', { name: 'Audit' }).click();
    await page.getByText('wrong data set').first().waitFor();
  },
  async waiting({ tab: { page }, server }) {
    const { ionq } = server.sandbox.providers;
    const jobs = ionq
      .newestJobs(20)
      .filter(({ state }) => state === 'running' || state === 'queued')
      .slice(0, 3);
    await server.ask('night-agent', 'POST', '/v1/jobs/cancel', {
      jobs: jobs.map(({ id }) => ({ provider: 'ionq', job_id: id })),
      reason: 'The sweep has converged; the rest adds nothing.',
    });
    await page.goto(`${server.url}/?view=waiting`);
    await page.getByRole('button', { name: /^Agree/ }).waitFor();
  },
  async empty({ tab: { page }, server }) {
    await page.goto(`${server.url}/?name=no-such-name`);
    await page.getByRole('heading', { name: 'No job matches' }).waitFor();
  },
  /** The rows of a provider that no longer answers stay, and are old. */
  async down({ tab: { page }, server }) {
    await page.goto(`${server.url}/`);
    await row(page, 'VQE ansatz sweep LiH').waitFor();
    server.sandbox.providers.ionq.setFault({ kind: 'status', status: 503 });
    await page.getByRole('button', { name: 'Refresh' }).click();
    await page.locator('.gaps li').waitFor({ timeout: 20_000 });
    await row(page, 'VQE ansatz sweep LiH')
      .getByText(/as of [1-9]/)
      .waitFor();
    server.sandbox.providers.ionq.clearFaults();
  },
  async signIn({ tab: { page } }) {
    await page.getByRole('button', { name: 'Sign out' }).click();
    await page.getByLabel('Your token').waitFor();
  },
};

/** Opens the first scene in a tab. */
export async function enter({ tab, server }: Stage): Promise<void> {
  await signIn(tab, server.url, server.tokenOf('ada'));
}

async function showList({ tab: { page }, server }: Stage): Promise<void> {
  await page.goto(`${server.url}/`);
  await row(page, 'VQE ansatz sweep LiH').waitFor();
  await row(page, 'Label invoices').waitFor();
}
