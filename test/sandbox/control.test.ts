import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { type Sandbox, startSandbox } from '../../sandbox/sandbox.ts';
import { type Answered, asker, names, read } from './support.ts';

let sandbox: Sandbox;
beforeAll(async () => {
  sandbox = await startSandbox();
});
beforeEach(() => order('POST /reset'));
afterAll(() => sandbox.close());

async function order(request: string, body?: unknown): Promise<Answered> {
  const [method = 'GET', path = '/'] = request.split(' ');
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  return read(await fetch(sandbox.controlUrl + path, { method, ...(body !== undefined && { body: text }) }));
}

describe('the control server', () => {
  test('says what can be asked, with lines to paste that all work', async () => {
    const { text } = await order('GET /');
    expect(text).toMatch(/^The calloff sandbox/);
    const lines = [...text.matchAll(/^ {2}curl (?:-X (\w+) )?'?http:\/\/[^/]+(\S+?)(?: -d '(.+)')?$/gm)];
    expect(lines.length).toBeGreaterThan(12);
    for (const [line, method, path, body] of lines) {
      const answer = await order(
        `${method ?? (body === undefined ? 'GET' : 'POST')} ${path?.replaceAll("'", '')}`,
        body,
      );
      expect(answer.status, line).toBe(200);
    }
  });

  test.each(names)('adds jobs to %s and shows them, newest first', async (name) => {
    const { json } = await order(`POST /${name}/jobs`, {
      count: 3,
      state: 'running',
      createdAt: '2026-01-02T03:04:05Z',
    });
    expect(json).toMatchObject({ ids: [expect.any(String), expect.any(String), expect.any(String)] });
    const ids: string[] = Object(json).ids;
    expect((await order(`GET /${name}/jobs?limit=2`)).json).toMatchObject({
      jobs: [{ id: ids[2], state: 'running' }, { id: ids[1] }],
    });
  });

  test('sets and ends faults, limits and switches', async () => {
    const { sutro } = sandbox.providers;
    const ask = asker('sutro', sutro);
    expect((await order('POST /sutro/faults', { kind: 'status', status: 503 })).json).toMatchObject({
      fault: expect.any(String),
    });
    expect((await ask('GET /list-jobs')).status).toBe(503);
    await order('DELETE /sutro/faults');
    expect((await ask('GET /list-jobs')).status).toBe(200);
    await order('PUT /sutro/limits', { list: { perMinute: 1 } });
    await ask('GET /list-jobs');
    expect((await ask('GET /list-jobs')).status).toBe(429);
    await order('PUT /sutro/switches', { postAllowed: false });
    expect((await ask('POST /job-cancel/a')).status).toBe(405);
  });

  test('shows the journal without the keys', async () => {
    await asker('ionq', sandbox.providers.ionq)('GET /jobs', { key: 'canary' });
    const journal = await order('GET /ionq/journal');
    expect(journal.json).toMatchObject({
      exchanges: [{ operation: 'list', status: 401, keyAccepted: false }],
    });
    expect(journal.text).not.toContain('canary');
  });

  test.each([
    ['POST /ionq/jobs', { status: 'running' }, /status/],
    ['POST /ionq/jobs', 'not json', /must be JSON/],
    ['POST /ionq/faults', { kind: 'gremlins' }, /'delay' \| /],
    ['POST /ionq/faults', undefined, /Invalid input/],
    ['POST /ionq/faults', { kind: 'delay', ms: 1, mss: 2 }, /mss/],
    ['PUT /ionq/limits', { cancels: {} }, /cancels/],
    ['PUT /ionq/switches', { postAllowed: true }, /postAllowed/],
    ['GET /ionq/journal?limit=none', undefined, /number/],
  ])('refuses %s %j with 400 and says why', async (request, body, why) => {
    const answer = await order(request, body);
    expect(answer).toMatchObject({
      status: 400,
      json: { error: expect.stringMatching(why), help: expect.any(String) },
    });
  });

  test.each([
    'GET /nobody/jobs',
    'PATCH /ionq/jobs',
    'GET /ionq/jobs/x',
    'GET /reset',
    'GET /constructor/jobs',
  ])('answers %s with 404 and what there is', async (request) => {
    expect(await order(request)).toMatchObject({
      status: 404,
      json: { error: expect.stringMatching(/\/ionq\/|GET jobs/) },
    });
  });

  test('answers 409 for an id that is taken', async () => {
    await order('POST /ionq/jobs', { id: 'a' });
    expect(await order('POST /ionq/jobs', { id: 'a' })).toMatchObject({
      status: 409,
      json: { error: expect.stringContaining('a job a') },
    });
  });
});
