import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { gemini as twin } from '../../sandbox/providers/gemini.ts';
import { type Sandbox, startSandbox } from '../../sandbox/sandbox.ts';
import { gemini } from '../../shared/providers/gemini.ts';
import { type Answered, asker } from './support.ts';

let sandbox: Sandbox;
let ask: (request: string, more?: { body?: unknown; key?: string }) => Promise<Answered>;

beforeAll(async () => {
  sandbox = await startSandbox({ control: false });
  ask = asker('gemini', sandbox.providers.gemini);
});
beforeEach(() => sandbox.providers.gemini.reset());
afterAll(() => sandbox.close());

const read = ({ status, json }: Answered) => ({ status, body: json });

describe('the pretend Gemini', () => {
  test('answers a cancel with nothing at all, whether the batch runs, is being cancelled or is over', async () => {
    for (const state of ['queued', 'running', 'cancelling', 'cancelled', 'completed', 'failed'] as const) {
      const id = sandbox.providers.gemini.addJob({ state });
      expect([state, (await ask(`POST /batches/${id}:cancel`, { body: {} })).text]).toEqual([state, '{}']);
    }
  });

  test('can say instead that a batch which is over is in the wrong state', async () => {
    sandbox.providers.gemini.configure({ finishedCancel: 'precondition' });
    const id = sandbox.providers.gemini.addJob({ state: 'completed' });
    const answer = await ask(`POST /batches/${id}:cancel`, { body: {} });
    expect(answer.json).toMatchObject({ error: { code: 400, status: 'FAILED_PRECONDITION' } });
    expect(gemini.cancel.read(read(answer), id)).toEqual({ kind: 'rejected' });
  });

  test('says of an id in another form that it is no name, of one that is not there that there is none', async () => {
    const looks = ['nothere', twin.idOf('617a1f8b-59d4-435d-aa33-695433d7155e')].map(async (id) => {
      const answer = await ask(`GET /batches/${id}`);
      return [answer.status, gemini.status.read(read(answer), id)];
    });
    const notFound = { kind: 'not_found' };
    expect(await Promise.all(looks)).toEqual([
      [400, notFound],
      [404, notFound],
    ]);
  });

  test('leaves out what is empty, and has counts as text', async () => {
    expect((await ask('GET /batches')).text).toBe('{}');
    const id = sandbox.providers.gemini.addJob({ state: 'queued' });
    const { json } = await ask(`GET /batches/${id}`);
    expect(json).toMatchObject({
      metadata: { batchStats: { requestCount: '120', pendingRequestCount: '120' } },
    });
    expect(JSON.stringify(json)).not.toContain('successfulRequestCount');
  });

  test.each(['GET /batches?page_token=x&limit=3', 'GET /batches?status=running'])(
    'refuses %s, which it does not know',
    async (request) => {
      expect((await ask(request)).json).toMatchObject({ error: { code: 400, status: 'INVALID_ARGUMENT' } });
    },
  );

  test('refuses a cancel with a field', async () => {
    const id = sandbox.providers.gemini.addJob({ state: 'running' });
    expect((await ask(`POST /batches/${id}:cancel`, { body: { reason: 'x' } })).status).toBe(400);
    expect(sandbox.providers.gemini.job(id)?.cancelRequests).toBe(0);
  });
});

describe('the adapter of Gemini', () => {
  test('knows a bad key by its reason, and how long to wait by the body', async () => {
    const bad = await ask('GET /batches', { key: 'stale' });
    expect(gemini.turnedAway?.(read(bad), 0)).toEqual({ kind: 'rejected' });
    sandbox.providers.gemini.setLimits({ list: { perMinute: 1 } });
    await ask('GET /batches');
    const refused = await ask('GET /batches');
    const turned = gemini.turnedAway?.(read(refused), 0);
    expect(turned).toMatchObject({ kind: 'limited', retryAfterMs: expect.any(Number) });
    expect(refused.headers.has('retry-after')).toBe(false);
  });

  test.each([
    ['34.5s', 34_500],
    ['3600s', 3_600_000],
    ['-1s', null],
    ['soon', null],
    [7, null],
  ])('waits for %j as long as it says', (retryDelay, retryAfterMs) => {
    const body = { error: { code: 429, details: [{ '@type': 'x' }, { retryDelay }] } };
    expect(gemini.turnedAway?.({ status: 429, body }, 0)).toEqual({ kind: 'limited', retryAfterMs });
  });

  test('takes no other 400 for a bad key', () => {
    const details = [{ reason: 'API_KEY_SERVICE_BLOCKED' }];
    const body = { error: { code: 400, status: 'INVALID_ARGUMENT', details } };
    expect(gemini.turnedAway?.({ status: 400, body }, 0)).toBe(null);
  });
});
