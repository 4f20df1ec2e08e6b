import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { type Sandbox, startSandbox } from '../../sandbox/sandbox.ts';
import { type Answered, asker, pass } from './support.ts';

let sandbox: Sandbox;
let ask: (request: string, more?: { body?: unknown; key?: string }) => Promise<Answered>;

beforeAll(async () => {
  sandbox = await startSandbox({ control: false });
  ask = asker('ionworks', sandbox.providers.ionworks);
});
beforeEach(() => sandbox.providers.ionworks.reset());
afterAll(() => sandbox.close());

/** https://docs.ionworks.com/api-reference/jobs/cancel-job */
const fields =
  'access_level callback_url completed_at compute_time created_at error error_code is_failed is_terminal job_id job_type metadata_path organization_id params_path parent_job_id priority project_id result started_at status updated_at user_id'.split(
    ' ',
  );

describe('the pretend Ionworks', () => {
  test('answers a cancel with the whole job, which is not over yet, and is canceled a little later', async () => {
    const id = sandbox.providers.ionworks.addJob({ state: 'running', settlesInMs: 300 });
    const answer = await ask(`POST /jobs/${id}/cancel`, { body: {} });
    expect(Object.keys(Object(answer.json)).sort()).toEqual(fields);
    expect(answer.json).toMatchObject({
      job_id: id,
      status: 'processing',
      is_terminal: false,
      is_failed: false,
    });
    expect(sandbox.providers.ionworks.job(id)).toMatchObject({ state: 'cancelling' });
    await pass(320);
    const look = await ask(`GET /jobs/${id}`);
    expect(look.json).toMatchObject({ status: 'canceled', is_terminal: true, is_failed: true });
    expect(sandbox.providers.ionworks.journal.at(-1)?.served).toEqual({ [id]: 'canceled' });
  });

  test.each([
    ['queued', { status: 'pending', is_terminal: false, is_failed: false, started_at: null }],
    [
      'running',
      { status: 'processing', is_terminal: false, is_failed: false, started_at: expect.any(String) },
    ],
    [
      'completed',
      { status: 'completed', is_terminal: true, is_failed: false, compute_time: expect.any(Number) },
    ],
    ['failed', { status: 'failed', is_terminal: true, is_failed: true, error_code: 'EXECUTION_TIMEOUT' }],
    ['cancelled', { status: 'canceled', is_terminal: true, is_failed: true, error_code: null }],
  ] as const)('shows a job that is %s', async (state, shown) => {
    const id = sandbox.providers.ionworks.addJob({ state, createdAt: new Date(Date.now() - 60_000) });
    expect((await ask(`GET /jobs/${id}`)).json).toMatchObject(shown);
  });

  test('answers the cancel of a finished job with the job as it is', async () => {
    const id = sandbox.providers.ionworks.addJob({ state: 'completed' });
    expect(await ask(`POST /jobs/${id}/cancel`)).toMatchObject({
      status: 200,
      json: { status: 'completed' },
    });
  });

  test('answers it with 409 under that switch', async () => {
    sandbox.providers.ionworks.configure({ finishedCancel: 'conflict' });
    const id = sandbox.providers.ionworks.addJob({ state: 'completed' });
    expect(await ask(`POST /jobs/${id}/cancel`)).toMatchObject({
      status: 409,
      json: { error_code: 'CONFLICT' },
    });
  });

  test.each(['POST /jobs/none/cancel', 'GET /jobs/none'])('answers %s with its own 404', async (request) => {
    expect(await ask(request)).toMatchObject({
      status: 404,
      json: { error_code: 'NOT_FOUND', message: 'Job none not found', detail: 'Job none not found' },
    });
  });

  test('refuses a wrong key with 401', async () => {
    expect(await ask('GET /jobs', { key: 'wrong' })).toMatchObject({
      status: 401,
      json: { detail: expect.any(String) },
    });
  });

  test('answers an unknown path with a 404 that speaks of no job, a wrong method with 405', async () => {
    expect(await ask('GET /nope')).toMatchObject({ status: 404, json: { detail: 'Not Found' } });
    const wrong = await ask('GET /jobs/none/cancel');
    expect(wrong).toMatchObject({ status: 405, json: { detail: 'Method Not Allowed' } });
    expect(wrong.headers.get('allow')).toBe('POST');
  });
});

describe('its list', () => {
  test('is a bare array, newest first, cut by limit and offset', async () => {
    const ids = sandbox.providers.ionworks.addJobs(120);
    const idsOf = async (query: string) => {
      await ask(`GET /jobs${query}`);
      return Object.keys(sandbox.providers.ionworks.journal.at(-1)?.served ?? {});
    };
    expect(await idsOf('')).toEqual(ids.toReversed().slice(0, 100));
    expect(await idsOf('?limit=10&offset=115')).toEqual(ids.toReversed().slice(115));
    expect(await idsOf('?job_type=optimize')).toEqual([]);
    expect((await ask('GET /jobs?limit=none')).status).toBe(422);
  });

  test('filters by status', async () => {
    const id = sandbox.providers.ionworks.addJob({ state: 'queued', word: 'waiting' });
    sandbox.providers.ionworks.addJobs(3, { state: 'queued' });
    expect((await ask('GET /jobs?status=waiting')).json).toMatchObject([{ job_id: id, status: 'waiting' }]);
    expect((await ask('GET /jobs?status=pending')).json).toHaveLength(3);
  });

  test('has a total under that switch', async () => {
    sandbox.providers.ionworks.configure({ listShape: 'paginated' });
    const ids = sandbox.providers.ionworks.addJobs(3);
    expect((await ask('GET /jobs?limit=2')).json).toMatchObject({
      jobs: [{ job_id: ids[2] }, { job_id: ids[1] }],
      total: 3,
    });
  });
});
