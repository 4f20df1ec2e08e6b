import type { Page } from 'playwright-core';
import { describe, expect, it } from 'vitest';
import { chromiumPath } from './chromium.ts';
import { ada, carefulAgent } from './console.ts';
import { useConsole } from './use-console.ts';

/** Every view that is read again as a whole: its address, what it reads, and what it shows of each thing that there is. */
const views = [
  ['?view=audit&connection=ionq', /\/v1\/audit\?/, 'tbody tr'],
  ['?view=operations&caller=*', /\/v1\/operations\?/, 'tbody tr'],
  ['?view=waiting', /\/v1\/confirmations\?/, 'article'],
] as const;

describe.skipIf(chromiumPath === undefined)('a view of the console in which nothing changes', () => {
  const { server, open, ionq, sutro } = useConsole({ ada, agent: carefulAgent });

  /**
   * The statuses of the answers to a route while the clock of the page goes on for 75 s. A view that was read twice at the beginning
   * is read for the fourth time after 61 s.
   */
  async function answersIn(page: Page, route: RegExp): Promise<number[]> {
    const statuses: number[] = [];
    let asked = 0;
    page.on('request', (request) => {
      if (route.test(request.url())) asked += 1;
    });
    page.on('response', (response) => {
      if (route.test(response.url())) statuses.push(response.status());
    });
    for (let seconds = 0; seconds < 75; seconds += 5) {
      await page.clock.runFor(5_000);
      await expect.poll(() => statuses.length).toBe(asked);
    }
    return statuses;
  }

  /** One operation of each kind that can last, and a request that waits. */
  async function fill() {
    const [one = '', two = '', three = ''] = ionq().addJobs(3, { name: 'seen', state: 'running' });
    const slow = sutro().addJob({ name: 'slow', state: 'running', settlesInMs: 600_000 });
    const stopOf = (provider: string, job_id: string) => ({ jobs: [{ provider, job_id }] });
    const operate = (caller: string, body: object) => server().ask(caller, 'POST', '/v1/operations', body);
    await operate('ada', stopOf('sutro', slow));
    await operate('ada', stopOf('ionq', one));
    await operate('ada', { ...stopOf('ionq', two), draft: true });
    await operate('agent', stopOf('ionq', two));
    await server().ask('agent', 'POST', '/v1/jobs/cancel', stopOf('ionq', three));
    const states = async (): Promise<string[]> => {
      const answer = await (await server().ask('ada', 'GET', '/v1/operations?caller=*')).json();
      return answer.operations.map(({ state }: { state: string }) => state).toSorted();
    };
    const lasting = ['draft', 'finished', 'following', 'waiting_for_confirmation'];
    await expect.poll(states, { timeout: 15_000, interval: 200 }).toEqual(expect.arrayContaining(lasting));
  }

  it('is asked for again without its content, and shows what comes', async () => {
    await fill();
    const page = await open();
    await page.clock.install();
    for (const [search, route, item] of views) {
      await page.goto(`${server().url}/${search}`);
      await page.locator(item).first().waitFor();
      await page.waitForLoadState('networkidle');
      const shown = await page.locator(item).count();
      const statuses = await answersIn(page, route);
      expect(statuses.length).toBeGreaterThan(3);
      // The first read of the audit is in the audit itself, and what calloff follows may have come a step further.
      expect(statuses.slice(-2), search).toEqual([304, 304]);
      expect(await page.locator(item).count()).toBe(shown);
      const [job_id = ''] = ionq().addJobs(1, { name: 'another', state: 'running' });
      await server().ask('agent', 'POST', '/v1/operations', { jobs: [{ provider: 'ionq', job_id }] });
      await server().ask('ada', 'POST', `/v1/providers/ionq/jobs/${job_id}/cancel`, {});
      // A read that was under way at the beginning says what was before, and the next comes half a minute later.
      const countLater = async () => {
        await page.clock.runFor(31_000);
        return page.locator(item).count();
      };
      await expect.poll(countLater, { timeout: 10_000 }).toBe(shown + 1);
    }
  }, 60_000);
});
