import { queryObjects } from 'node:v8';
import { WebStandardStreamableHTTPServerTransport } from '@modelcontextprotocol/sdk/server/webStandardStreamableHttp.js';
import fc from 'fast-check';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { RunningServer } from '../../functions/http/server.ts';
import { type Sandbox, startSandbox } from '../../sandbox/sandbox.ts';
import { readSettings } from '../../shared/config/settings.ts';
import { connectionsTo } from '../support/harness.ts';
import { serverFor } from '../support/surfaces/server.ts';
import { inSoak, runs } from '../support/thorough.ts';
import { hostileRequest } from './hostile-messages.ts';

const token = 'a-token-for-the-tests';
const headers = {
  authorization: `Bearer ${token}`,
  'content-type': 'application/json',
  accept: 'application/json, text/event-stream',
};
let sandbox: Sandbox;
let server: RunningServer;

beforeAll(async () => {
  sandbox = await startSandbox({ control: false });
  const settings = { ...readSettings({ PORT: '0' }), connections: connectionsTo(sandbox), token };
  server = await serverFor(settings);
});
afterEach(() => sandbox.providers.sutro.reset());
afterAll(async () => {
  await server.stop();
  await sandbox.close();
});

const send = (init: RequestInit) => fetch(`${server.url}/mcp`, { method: 'POST', headers, ...init });
const cancel = (job_id: string, id: number) => ({
  jsonrpc: '2.0',
  id,
  method: 'tools/call',
  params: { name: 'cancel_job', arguments: { provider: 'sutro', job_id } },
});

describe('MCP over HTTP', () => {
  it('answers a call in JSON, without a session', async () => {
    const job_id = sandbox.providers.sutro.addJob({ state: 'running' });
    const response = await send({ body: JSON.stringify(cancel(job_id, 1)) });
    expect(response.headers.get('content-type')).toMatch(/^application\/json/);
    expect(await response.json()).toMatchObject({
      result: { structuredContent: { outcome: 'cancelled', job_id } },
    });
  });

  it('answers requests with hostile keys with their own ids', async () => {
    for (const { id, text } of fc.sample(hostileRequest, runs(200, 20))) {
      const response = await send({ body: text });
      expect(await response.json(), text).toMatchObject({ id });
    }
  });

  it('streams progress where it was asked for, and the outcome behind it', async () => {
    const ids = sandbox.providers.sutro.addJobs(5, { state: 'running', settlesInMs: 1_500 });
    const jobs = ids.map((job_id) => ({ provider: 'sutro', job_id }));
    const params = { name: 'cancel_jobs', arguments: { jobs }, _meta: { progressToken: 'p-1' } };
    const message = { jsonrpc: '2.0', id: 9, method: 'tools/call', params };
    const response = await send({ body: JSON.stringify(message) });
    expect(response.headers.get('content-type')).toMatch(/^text\/event-stream/);
    const lines = (await response.text()).split('\n').filter((line) => line.startsWith('data: {'));
    const messages = lines.map((line) => JSON.parse(line.slice('data: '.length)));
    expect(messages[0]).toMatchObject({
      method: 'notifications/progress',
      params: { progressToken: 'p-1', total: 5 },
    });
    expect(messages.at(-1)).toMatchObject({
      id: 9,
      result: { structuredContent: { counts: { cancelled: 5 } } },
    });
  });

  it.each(['', '/mcp'])('has no metadata of an authorization server at /.well-known…%s', async (path) => {
    const response = await fetch(`${server.url}/.well-known/oauth-protected-resource${path}`);
    expect(response.status).toBe(404);
  });

  it('runs nothing of a batch of 100 calls', async () => {
    const ids = sandbox.providers.sutro.addJobs(100, { state: 'running' });
    const response = await send({ body: JSON.stringify(ids.map(cancel)) });
    expect(response.status).toBe(400);
    expect(await response.json()).toMatchObject({
      error: { message: expect.stringContaining('Batches are not supported') },
    });
    expect(sandbox.providers.sutro.journal).toEqual([]);
  });

  it.each([
    ['without a token', { headers: { ...headers, authorization: '' }, body: '{}' }, 401],
    ['from another origin', { headers: { ...headers, origin: 'https://evil.example' }, body: '{}' }, 403],
    ['from a page without an origin', { headers: { ...headers, origin: 'null' }, body: '{}' }, 403],
    ['over 2 MB', { body: ' '.repeat(2_500_000) }, 413],
    ['that is no JSON', { body: '{' }, 400],
    ['by GET', { method: 'GET' }, 405],
    ['by DELETE', { method: 'DELETE' }, 405],
  ])('refuses a request %s', async (_what, init, status) => {
    const response = await send(init);
    expect(response.status).toBe(status);
    if (status === 401) expect(response.headers.get('www-authenticate')).toContain('Bearer');
    expect(sandbox.providers.sutro.journal).toEqual([]);
  });

  // In npm test, test/functions/mcp-routes.test.ts holds that no listener keeps a request.
  inSoak(() => {
    const ways: [how: string, more: object][] = [
      ['answered in JSON', {}],
      ['streamed', { _meta: { progressToken: 'p' } }],
    ];
    it.each(ways)('keeps nothing of a request once it is %s', async (_how, more) => {
      const params = { name: 'list_jobs', arguments: { provider: 'sutro' }, ...more };
      for (let id = 0; id < 10; id += 1) {
        const response = await send({
          body: JSON.stringify({ jsonrpc: '2.0', id, method: 'tools/call', params }),
        });
        expect(await response.text()).toContain('"structuredContent"');
      }
      // What is counted is what is left after the garbage was collected, for which each look searches all memory.
      await expect
        .poll(() => queryObjects(WebStandardStreamableHTTPServerTransport, { format: 'count' }), {
          timeout: 5_000,
          interval: 500,
        })
        .toBeLessThan(5);
    });
  });
});
