import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { type Sandbox, startSandbox } from '../../sandbox/sandbox.ts';
import { type Answered, asker } from './support.ts';

let sandbox: Sandbox;
let ask: (request: string, more?: { body?: unknown; key?: string }) => Promise<Answered>;

beforeAll(async () => {
  sandbox = await startSandbox({ control: false });
  ask = asker('ionq', sandbox.providers.ionq);
});
beforeEach(() => sandbox.providers.ionq.reset());
afterAll(() => sandbox.close());

const missing = '617a1f8b-59d4-435d-aa33-695433d7155e';

describe('the pretend IonQ', () => {
  test('cancels a running job at once and says so in two fields', async () => {
    const id = sandbox.providers.ionq.addJob({ state: 'running' });
    const answer = await ask(`PUT /jobs/${id}/status/cancel`);
    expect(answer).toMatchObject({ status: 200, json: { id, status: 'canceled' } });
    expect(Object.keys(Object(answer.json))).toEqual(['id', 'status']);
    expect(answer.headers.get('content-type')).toBe('application/json; charset=utf-8');
    expect((await ask(`GET /jobs/${id}`)).json).toMatchObject({ id, status: 'canceled' });
    expect(sandbox.providers.ionq.job(id)).toMatchObject({ state: 'cancelled', cancelRequests: 1 });
  });

  test('shows every documented field of a job', async () => {
    const id = sandbox.providers.ionq.addJob({
      name: 'VQE',
      state: 'failed',
      createdAt: new Date('2026-05-28T20:47:05.440Z'),
    });
    const { json } = await ask(`GET /jobs/${id}`);
    expect(Object.keys(Object(json)).sort()).toEqual(
      'backend child_job_ids completed_at dry_run execution_duration_ms failure id metadata name noise output parent_job_id predicted_execution_duration_ms predicted_wait_time_ms project_id results session_id settings shots started_at stats status submitted_at submitter_id type'.split(
        ' ',
      ),
    );
    expect(json).toMatchObject({ name: 'VQE', status: 'failed', submitted_at: '2026-05-28T20:47:05.440Z' });
  });

  test('says canceled of a finished job and leaves it as it is', async () => {
    const id = sandbox.providers.ionq.addJob({ state: 'completed' });
    expect(await ask(`PUT /jobs/${id}/status/cancel`)).toMatchObject({
      status: 200,
      json: { status: 'canceled' },
    });
    expect((await ask(`GET /jobs/${id}`)).json).toMatchObject({ status: 'completed' });
    expect(sandbox.providers.ionq.journal[0]).toMatchObject({ effective: [] });
  });

  test.each(['completed', 'failed'] as const)(
    'flips a %s job to canceled under that switch',
    async (state) => {
      sandbox.providers.ionq.configure({ finishedCancel: 'flips' });
      const id = sandbox.providers.ionq.addJob({ state });
      await ask(`PUT /jobs/${id}/status/cancel`);
      expect((await ask(`GET /jobs/${id}`)).json).toMatchObject({ status: 'canceled' });
      expect(sandbox.providers.ionq.journal[0]).toMatchObject({ effective: [id] });
    },
  );

  test.each(['PUT /jobs/ID/status/cancel', 'GET /jobs/ID'])(
    'answers %s for an unknown job with its own 404',
    async (request) => {
      const answer = await ask(request.replace('ID', missing));
      expect(answer).toMatchObject({ status: 404, json: { error: 'Not Found', statusCode: 404 } });
    },
  );

  test('refuses a wrong key in its own shape and does nothing', async () => {
    const id = sandbox.providers.ionq.addJob();
    const answer = await ask(`PUT /jobs/${id}/status/cancel`, { key: 'stale' });
    expect(answer).toMatchObject({ status: 401, json: { error: 'Unauthorized', statusCode: 401 } });
    expect(sandbox.providers.ionq.job(id)).toMatchObject({ state: 'queued', cancelRequests: 0 });
    expect(sandbox.providers.ionq.journal[0]).toMatchObject({ keyAccepted: false, keySeen: 'apiKey stale' });
  });

  test.each(['GET /nope', 'DELETE /jobs', 'POST /jobs/x/status/cancel'])(
    'answers %s with 404',
    async (request) => {
      expect(await ask(request)).toMatchObject({ status: 404, json: { statusCode: 404 } });
    },
  );
});

describe('its bulk cancel', () => {
  test('answers with the ids it cancelled', async () => {
    const ids = sandbox.providers.ionq.addJobs(3, { state: 'running' });
    const answer = await ask('PUT /jobs/status/cancel', { body: { ids } });
    expect(answer).toMatchObject({ status: 200, json: { ids, status: 'canceled' } });
    expect(sandbox.providers.ionq.journal[0]).toMatchObject({
      operation: 'cancelMany',
      jobIds: ids,
      effective: ids,
    });
  });

  test.each([{ ids: [missing], reason: 'no' }, { ids: 'all' }, {}, undefined])(
    'rejects %j with 400',
    async (body) => {
      expect(await ask('PUT /jobs/status/cancel', { body })).toMatchObject({
        status: 400,
        json: { statusCode: 400 },
      });
    },
  );

  test('leaves an unknown id out of its answer', async () => {
    const [id = ''] = sandbox.providers.ionq.addJobs(1);
    expect((await ask('PUT /jobs/status/cancel', { body: { ids: [id, missing] } })).json).toMatchObject({
      ids: [id],
    });
  });

  test('rejects all for an unknown id under that switch', async () => {
    sandbox.providers.ionq.configure({ unknownInBulk: 'rejected' });
    const [id = ''] = sandbox.providers.ionq.addJobs(1);
    expect((await ask('PUT /jobs/status/cancel', { body: { ids: [id, missing] } })).status).toBe(404);
    expect(sandbox.providers.ionq.job(id)).toMatchObject({ cancelRequests: 0 });
  });

  test('answers 413 beyond its maximum', async () => {
    sandbox.providers.ionq.configure({ bulkMaximum: 2 });
    const ids = sandbox.providers.ionq.addJobs(3);
    expect((await ask('PUT /jobs/status/cancel', { body: { ids } })).status).toBe(413);
  });
});

describe('its list', () => {
  const pagesOf = async (query: string): Promise<string[][]> => {
    const pages: string[][] = [];
    let next: unknown = '';
    while (next !== null) {
      const { json } = await ask(`GET /jobs?${query}${next === '' ? '' : `&next=${next}`}`);
      ({ next } = Object(json));
      pages.push(Object.keys(sandbox.providers.ionq.journal.at(-1)?.served ?? {}));
    }
    return pages;
  };

  test('has 25 to a page, newest first, and null after the last', async () => {
    const ids = sandbox.providers.ionq.addJobs(60);
    const pages = await pagesOf('limit=100');
    expect(pages.map((page) => page.length)).toEqual([25, 25, 10]);
    expect(pages.flat()).toEqual(ids.toReversed());
  });

  test('ends with null also where the last page is full', async () => {
    sandbox.providers.ionq.addJobs(25);
    expect((await pagesOf('')).length).toBe(1);
  });

  test('is sorted by creation, whatever the order in which jobs were added', async () => {
    const older = sandbox.providers.ionq.addJob({ createdAt: new Date(Date.now() - 1000) });
    const oldest = sandbox.providers.ionq.addJob({ createdAt: new Date(Date.now() - 2000) });
    const newest = sandbox.providers.ionq.addJob();
    expect(await pagesOf('limit=2')).toEqual([[newest, older], [oldest]]);
  });

  test('of ids ends with null where they fill the page', async () => {
    const ids = sandbox.providers.ionq.addJobs(25);
    expect(await pagesOf(`ids=${ids.join(',')}`)).toEqual([ids]);
  });

  test('filters by status', async () => {
    const id = sandbox.providers.ionq.addJob({ state: 'running' });
    sandbox.providers.ionq.addJobs(30, { state: 'completed' });
    expect(await pagesOf('status=started')).toEqual([[id]]);
  });

  test.each([
    ['repeated', (ids: string[]) => ids.map((id) => `ids=${id}`).join('&')],
    ['comma separated', (ids: string[]) => `ids=${ids.join(',')}`],
  ])('looks at many by %s ids, paged, in the order asked', async (_, query) => {
    const ids = sandbox.providers.ionq.addJobs(60).slice(0, 40);
    expect((await pagesOf(query([missing, ...ids]))).flat()).toEqual(ids);
    expect(sandbox.providers.ionq.journal[0]).toMatchObject({
      operation: 'statusMany',
      jobIds: [missing, ...ids],
    });
  });
});
