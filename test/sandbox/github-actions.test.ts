import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { githubActions } from '../../sandbox/providers/github-actions.ts';
import { type Started, startProvider } from '../../sandbox/twin/pretend-provider.ts';
import { accepted, connectionTo, context, gatewayOver } from '../support/harness.ts';

type Switches = Parameters<Started<{ zombies: boolean }>['provider']['configure']>[0];

let twin: Started<Required<Switches>>;
beforeAll(async () => {
  twin = await startProvider(githubActions, 'a-token', 0);
});
beforeEach(() => twin.provider.reset());
afterAll(() => twin.close());

const runs = '/repos/octo-lab/simulations/actions/runs';

/** What octokit sends: its token after another word, and the version that it likes. */
async function ask(path: string, headers: Readonly<Record<string, string>> = {}) {
  const response = await fetch(twin.provider.baseUrl + path, {
    headers: { authorization: 'token a-token', ...headers },
  });
  return { status: response.status, link: response.headers.get('link'), json: await response.json() };
}

const gateway = () => gatewayOver([connectionTo('github-actions', twin.provider)]);
const cancel = async (job_id: string, wait_seconds = 0) =>
  accepted(await gateway().cancelJob({ provider: 'github-actions', job_id, wait_seconds }, context));

describe('the pretend GitHub', () => {
  test('lists runs until a time, and tells where the next page is', async () => {
    const createdAt = new Date('2026-11-28T10:00:00.400Z');
    const old = twin.provider.addJob({ state: 'running', createdAt });
    twin.provider.addJobs(2, { state: 'running' });
    const until = await ask(`${runs}?status=in_progress&created=%3C%3D2026-11-28T10:00:00Z`);
    expect(until.json).toMatchObject({ total_count: 1, workflow_runs: [{ id: Number(old) }] });
    expect((await ask(`${runs}?per_page=2`)).link).toContain('page=2>; rel="next"');
    expect((await ask(`${runs}?per_page=2&page=2`)).link).toBeNull();
  });

  test.each([
    [`${runs}?status=working`, {}, 422],
    [`${runs}?per_page=101`, {}, 422],
    [runs, { 'x-github-api-version': '2019-01-01' }, 400],
    [runs, { 'x-github-api-version': '2026-03-10' }, 200],
    [runs, { 'user-agent': '' }, 403],
  ])('answers %s with the headers %j by %i', async (path, headers, status) => {
    expect((await ask(path, headers)).status).toBe(status);
  });
});

describe('at GitHub', () => {
  test('a cancel that is answered 409 for a run that hangs in the queue is refused, and never cancelled', async () => {
    twin.provider.configure({ zombies: true });
    const outcome = await cancel(twin.provider.addJob({ state: 'queued' }));
    expect(outcome).toMatchObject({ outcome: 'refused', state: 'queued' });
  });

  test('a cancel that was accepted is under way as long as jobs that always run go on', async () => {
    const outcome = await cancel(twin.provider.addJob({ state: 'running', settlesInMs: 60_000 }));
    expect(outcome).toMatchObject({ outcome: 'cancelling', state: 'running' });
  });

  test('a run that failed after its cancel was accepted is not cancelled', async () => {
    const id = twin.provider.addJob({
      ...{ state: 'running', settlesInMs: 60_000, finishesInMs: 300, finishesAs: 'failed' },
    });
    expect(await cancel(id, 5)).toMatchObject({ outcome: 'already_finished', state: 'failed' });
  });

  test('a limit that is told by a 403 is no bad token, and the cancel is sent when it is over', async () => {
    twin.provider.setLimits({ cancel: { perSecond: 1 } });
    const ids = twin.provider.addJobs(2, { state: 'running', settlesInMs: 0 });
    const one = gateway();
    const { outcomes } = accepted(
      await one.cancelJobs(
        { jobs: ids.map((job_id) => ({ provider: 'github-actions', job_id })), wait_seconds: 0 },
        context,
      ),
    );
    expect(outcomes.map(({ outcome }) => outcome)).toEqual(['cancelled', 'cancelled']);
    expect(twin.provider.journal.filter(({ status }) => status === 403).length).toBeGreaterThan(0);
  });

  test('a bad token reads as one', async () => {
    const { baseUrl } = twin.provider;
    const wrong = gatewayOver([connectionTo('github-actions', { baseUrl, apiKey: 'stale' })]);
    const request = { provider: 'github-actions', job_id: twin.provider.addJob(), wait_seconds: 0 };
    expect(accepted(await wrong.cancelJob(request, context))).toMatchObject({ code: 'credentials_rejected' });
  });
});
