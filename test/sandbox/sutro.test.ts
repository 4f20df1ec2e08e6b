import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { type Sandbox, startSandbox } from '../../sandbox/sandbox.ts';
import { type Answered, asker, pass } from './support.ts';

let sandbox: Sandbox;
let ask: (request: string, more?: { body?: unknown; key?: string }) => Promise<Answered>;

beforeAll(async () => {
  sandbox = await startSandbox({ control: false });
  ask = asker('sutro', sandbox.providers.sutro);
});
beforeEach(() => sandbox.providers.sutro.reset());
afterAll(() => sandbox.close());

describe('the pretend Sutro', () => {
  test.each(['POST', 'GET'])('cancels by %s, through a state that is not final', async (method) => {
    const id = sandbox.providers.sutro.addJob({ id: 'batch_job_12345', state: 'running', settlesInMs: 300 });
    expect(await ask(`${method} /job-cancel/${id}`)).toMatchObject({
      status: 200,
      json: { cancelled: true, message: 'Job batch_job_12345 has been successfully cancelled' },
    });
    expect((await ask(`GET /job-status/${id}`)).json).toMatchObject({ job_status: { [id]: 'CANCELLING' } });
    await pass(320);
    expect((await ask(`GET /job-status/${id}`)).json).toMatchObject({ job_status: { [id]: 'CANCELLED' } });
    expect(sandbox.providers.sutro.journal.map(({ served }) => served)).toEqual([
      {},
      { [id]: 'CANCELLING' },
      { [id]: 'CANCELLED' },
    ]);
  });

  test.each([
    ['POST', { postAllowed: false }, 'GET'],
    ['GET', { getAllowed: false }, 'POST'],
  ])(
    'answers %s with 405 where it is switched off, and names the other',
    async (method, switches, allowed) => {
      sandbox.providers.sutro.configure(switches);
      const id = sandbox.providers.sutro.addJob();
      const answer = await ask(`${method} /job-cancel/${id}`);
      expect(answer).toMatchObject({ status: 405, json: { detail: 'Method Not Allowed' } });
      expect(answer.headers.get('allow')).toBe(allowed);
      expect(sandbox.providers.sutro.job(id)).toMatchObject({ cancelRequests: 0 });
      expect((await ask(`${allowed} /job-cancel/${id}`)).json).toMatchObject({ cancelled: true });
    },
  );

  test('as on https://docs.sutro.sh/batch-api-reference/cancel-job, refuses finished and missing jobs under 200', async () => {
    sandbox.providers.sutro.addJob({ id: 'done', state: 'completed' });
    expect(await ask('POST /job-cancel/done')).toMatchObject({
      status: 200,
      json: { cancelled: false, message: 'Job done could not be cancelled because it has already completed' },
    });
    expect(await ask('POST /job-cancel/none')).toMatchObject({
      status: 200,
      json: { cancelled: false, message: 'Job none not found' },
    });
  });

  test('as on https://docs.sutro.sh/reference/api/cancel-job, rejects no finished job and answers 404 for a missing one', async () => {
    sandbox.providers.sutro.configure({ behaviour: 'newer' });
    sandbox.providers.sutro.addJob({ id: 'done', state: 'completed' });
    expect((await ask('GET /job-cancel/done')).json).toMatchObject({ cancelled: true });
    expect(sandbox.providers.sutro.job('done')).toMatchObject({ state: 'completed' });
    expect(await ask('GET /job-cancel/none')).toMatchObject({
      status: 404,
      json: { detail: 'Job none not found' },
    });
  });

  test.each(['', '/v1'])('answers the same routes under %j', async (prefix) => {
    sandbox.providers.sutro.addJob({ id: 'job-1' });
    for (const path of ['/job-status/job-1', '/jobs/job-1', '/list-jobs', '/job-cancel/job-1']) {
      expect((await ask(`GET ${prefix}${path}`)).status).toBe(200);
    }
  });

  test.each(['GET /job-status/none', 'GET /jobs/none'])('answers %s with its own 404', async (request) => {
    expect(await ask(request)).toMatchObject({ status: 404, json: { detail: 'Job none not found' } });
  });

  test('shows the state as a map or as a plain string, in either case', async () => {
    sandbox.providers.sutro.addJob({ id: 'job-1', state: 'queued' });
    sandbox.providers.sutro.addJob({ id: 'job-2', state: 'completed' });
    expect((await ask('GET /job-status/job-1')).json).toMatchObject({ job_status: { 'job-1': 'QUEUED' } });
    sandbox.providers.sutro.configure({ statusShape: 'string', caseStyle: 'lower' });
    expect((await ask('GET /job-status/job-1')).json).toMatchObject({ job_status: 'pending' });
    expect((await ask('GET /job-status/job-2')).json).toMatchObject({ job_status: 'succeeded' });
  });

  test('shows a whole job on its other look', async () => {
    sandbox.providers.sutro.addJob({ id: 'job-1', name: 'Interviews', state: 'failed' });
    expect((await ask('GET /jobs/job-1')).json).toMatchObject({
      job: {
        job_id: 'job-1',
        name: 'Interviews',
        status: 'FAILED',
        datetime_created: expect.any(String),
        job_cost: null,
        cost_estimate: expect.any(Number),
        failure_reason: { message: expect.any(String) },
      },
    });
  });

  test('refuses a wrong key with 401, and an unknown path with a 404 that speaks of no job', async () => {
    expect((await ask('GET /list-jobs', { key: 'wrong' })).status).toBe(401);
    expect(await ask('GET /nope')).toMatchObject({ status: 404, json: { detail: 'Not Found' } });
  });
});

describe('its list', () => {
  const shown = () => Object.keys(sandbox.providers.sutro.journal.at(-1)?.served ?? {});

  test('is complete without a limit, and has no cursor then', async () => {
    const ids = sandbox.providers.sutro.addJobs(130);
    const { json } = await ask('GET /list-jobs');
    expect(shown()).toEqual(ids.toReversed());
    expect(json).not.toHaveProperty('next_cursor');
  });

  test('is paged by a cursor, newest first', async () => {
    const ids = sandbox.providers.sutro.addJobs(130);
    const first = await ask('GET /list-jobs?limit=100');
    expect(shown()).toEqual(ids.toReversed().slice(0, 100));
    const second = await ask(`GET /list-jobs?limit=100&cursor=${Object(first.json).next_cursor}`);
    expect(shown()).toEqual(ids.toReversed().slice(100));
    expect(second.json).toMatchObject({ next_cursor: null });
  });

  test.each(['0', '101', 'all'])('answers a limit of %s with 422', async (limit) => {
    expect((await ask(`GET /list-jobs?limit=${limit}`)).status).toBe(422);
  });
});
