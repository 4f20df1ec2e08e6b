import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { type Sandbox, startSandbox } from '../../sandbox/sandbox.ts';
import { type Answered, asker, pass } from './support.ts';

let sandbox: Sandbox;
let ask: (request: string, more?: { body?: unknown; key?: string }) => Promise<Answered>;

beforeAll(async () => {
  sandbox = await startSandbox({ control: false });
  ask = asker('promptloop', sandbox.providers.promptloop);
});
beforeEach(() => sandbox.providers.promptloop.reset());
afterAll(() => sandbox.close());

describe('the pretend PromptLoop', () => {
  test('cancels at once, removes the queued rows and finishes those in progress', async () => {
    const { promptloop } = sandbox.providers;
    const id = promptloop.addJob({
      state: 'running',
      rowsQueued: 5,
      rowsRunning: 2,
      rowsDone: 3,
      rowsFinishInMs: 300,
    });
    expect(await ask(`POST /v0/batches/${id}/cancel`)).toMatchObject({
      status: 200,
      json: {
        status: 'success',
        data: { batch_id: id, cancelled: true, jobs_removed: 5 },
        message: expect.any(String),
      },
    });
    const look = await ask(`GET /v0.1/batches/${id}`);
    const cancelled = { cancelled: true, completed: false, jobs_submitted: 10 };
    expect(look.json).toMatchObject({ data: { ...cancelled, jobs_completed: 3, job_status: 'processing' } });
    expect(promptloop.journal.at(-1)?.served).toEqual({ [id]: 'cancelled' });
    await pass(320);
    const later = await ask(`GET /v0.1/batches/${id}`);
    expect(later.json).toMatchObject({ data: { ...cancelled, jobs_completed: 5, job_status: 'cancelled' } });
  });

  test('shows every documented field of a batch', async () => {
    const id = sandbox.providers.promptloop.addJob({
      name: 'Leads',
      state: 'completed',
      rowsQueued: 0,
      rowsRunning: 0,
      rowsDone: 9,
    });
    const { json } = await ask(`GET /v0.1/batches/${id}`);
    expect(json).toEqual({
      status: 'success',
      message: expect.any(String),
      data: {
        batch_id: id,
        task_id: expect.any(String),
        batch_name: 'Leads',
        created_at: expect.any(String),
        completed: true,
        cancelled: false,
        jobs_submitted: 9,
        jobs_completed: 9,
        job_status: 'completed',
      },
    });
  });

  test.each(['completed', 'failed'] as const)(
    'does not cancel a %s batch, and says so under 200',
    async (state) => {
      const id = sandbox.providers.promptloop.addJob({ state });
      expect(await ask(`POST /v0/batches/${id}/cancel`)).toMatchObject({
        status: 200,
        json: { status: 'error', data: { batch_id: id, cancelled: false, jobs_removed: 0 } },
      });
    },
  );

  test('says yes to a second cancel, and removes nothing', async () => {
    const id = sandbox.providers.promptloop.addJob({ state: 'running' });
    await ask(`POST /v0/batches/${id}/cancel`);
    expect((await ask(`POST /v0/batches/${id}/cancel`)).json).toMatchObject({
      status: 'success',
      data: { cancelled: true, jobs_removed: 0 },
    });
    expect(sandbox.providers.promptloop.journal.map(({ effective }) => effective)).toEqual([[id], []]);
  });

  test.each(['POST /v0/batches/none/cancel', 'GET /v0.1/batches/none'])(
    'answers %s with its own 404',
    async (request) => {
      expect(await ask(request)).toMatchObject({
        status: 404,
        json: {
          status: 'error',
          data: {},
          message: 'Batch none not found',
          error: { code: 404, details: expect.any(String) },
        },
      });
    },
  );

  test.each([403, 401] as const)('refuses a wrong key with %d, as switched', async (badKeyStatus) => {
    sandbox.providers.promptloop.configure({ badKeyStatus });
    expect(await ask('GET /v0.1/batches', { key: 'wrong' })).toMatchObject({
      status: badKeyStatus,
      json: { status: 'error', error: { code: badKeyStatus } },
    });
  });

  test.each(['GET /v0/batches/x/cancel', 'GET /v9/batches', 'DELETE /v0.1/batches'])(
    'answers %s with 404',
    async (request) => {
      expect(await ask(request)).toMatchObject({ status: 404, json: { status: 'error' } });
    },
  );

  test('lists all batches at once, newest first', async () => {
    const ids = sandbox.providers.promptloop.addJobs(150, { state: 'running' });
    const { json } = await ask('GET /v0.1/batches');
    expect(json).toMatchObject({
      status: 'success',
      data: ids.toReversed().map((batch_id) => ({ batch_id })),
    });
    const { served = {} } = sandbox.providers.promptloop.journal.at(-1) ?? {};
    expect(Object.values(served)).toEqual(ids.map(() => 'open'));
  });

  test('keeps to its documented limits where they are switched on', async () => {
    sandbox.providers.promptloop.configure({ documentedLimits: true });
    const id = sandbox.providers.promptloop.addJob();
    const looks = await Promise.all(Array.from({ length: 22 }, () => ask(`GET /v0.1/batches/${id}`)));
    const lists = await Promise.all(Array.from({ length: 12 }, () => ask('GET /v0.1/batches')));
    expect(looks.filter(({ status }) => status === 200)).toHaveLength(20);
    expect(lists.filter(({ status }) => status === 200)).toHaveLength(10);
    expect((await ask(`POST /v0/batches/${id}/cancel`)).status).toBe(200);
  });
});
