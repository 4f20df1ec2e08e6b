import { getEventListeners } from 'node:events';
import { describe, expect, it } from 'vitest';
import { baseApp } from '../../functions/http/base-app.ts';
import { mcpRoutes } from '../../functions/http/mcp-routes.ts';
import { problem } from '../../functions/http/problem.ts';
import { callerOfOneToken } from '../../shared/access/authenticator.ts';
import { credentialFromSettings } from '../../shared/config/secrets/credentials.ts';
import { createGateway } from '../../shared/gateway.ts';
import type { LogEntry } from '../../shared/lib/log.ts';

const headers = {
  authorization: 'Bearer a-token-for-tests-only',
  accept: 'application/json, text/event-stream',
  'content-type': 'application/json',
};

/** The routes of MCP inside an app that words its own faults otherwise, as in one process; and what was logged. */
function harness(token: () => Promise<string>, streams = false) {
  const logged: LogEntry[] = [];
  const log = (entry: LogEntry) => void logged.push(entry);
  const gateway = createGateway({
    connections: async () => [],
    credentials: credentialFromSettings,
    budgetMs: 5_000,
  });
  const callers = callerOfOneToken(token);
  const routes = mcpRoutes({ gateway, callers, log, confirmAbove: 10, hosts: 'any', streams });
  const app = baseApp({ newRequestId: () => 'the-id', log }, problem).route('/mcp', routes);
  const send = (init: RequestInit, path = '/mcp') => app.request(path, { method: 'POST', headers, ...init });
  return { logged, send, fetch: app.fetch };
}

describe('the routes of MCP', () => {
  it('answer a bug with a constant, as JSON-RPC, and log only the name of the error', async () => {
    const { send, logged } = harness(() => Promise.reject(new RangeError('canary')));
    const response = await send({ body: '{}' });
    const text = await response.text();
    expect([response.status, JSON.parse(text)]).toEqual([
      500,
      {
        jsonrpc: '2.0',
        id: null,
        error: {
          code: -32603,
          message: 'An internal error occurred in calloff.',
          data: { request_id: 'the-id' },
        },
      },
    ]);
    expect(logged).toMatchObject([
      { level: 'error', event: 'request_failed', request_id: 'the-id', error: 'RangeError' },
      { level: 'info', event: 'request', request_id: 'the-id', status: 500 },
    ]);
    expect(text + JSON.stringify(logged)).not.toContain('canary');
  });

  it.each(['{"jsonrpc":"2.0","id":1}', '7', 'null', '"text"', '{"method":"tools/call"}', '{}'])(
    'refuse %s, which is JSON and no message',
    async (body) => {
      const { send } = harness(async () => 'a-token-for-tests-only');
      const response = await send({ body });
      expect(response.status).toBe(400);
      expect(await response.json()).toMatchObject({ jsonrpc: '2.0', error: { code: expect.any(Number) } });
    },
  );
});

describe('what is accepted', () => {
  const { accept: _, ...withoutAccept } = headers;
  const accepts = [undefined, '*/*', 'application/json', 'text/html', '', 'text/event-stream;q=0, */*'];
  const streamed = ['application/json, text/event-stream', 'text/event-stream', 'Text/Event-Stream; q=0.5'];
  const listing = {
    jsonrpc: '2.0',
    id: 1,
    method: 'tools/call',
    params: { name: 'list_jobs', arguments: {} },
  };
  const withProgress = { ...listing, params: { ...listing.params, _meta: { progressToken: 'p' } } };
  const kindOf = async (message: object, accept: string | undefined, path?: string) => {
    const { send } = harness(async () => 'a-token-for-tests-only', true);
    const given = accept === undefined ? withoutAccept : { ...withoutAccept, accept };
    const response = await send({ body: JSON.stringify(message), headers: given }, path);
    return [
      response.status,
      response.headers.get('content-type'),
      (await response.text()).includes('"id":1'),
    ];
  };
  const json = [200, 'application/json', true];

  it.each([...accepts, ...streamed])(
    '%j: an answer without progress is JSON, at /mcp/ too',
    async (accept) => {
      expect(await kindOf(listing, accept)).toEqual(json);
      expect(await kindOf(listing, accept, '/mcp/')).toEqual(json);
    },
  );

  it.each(accepts)('%j: so is one with progress, which the client would not read', async (accept) => {
    expect(await kindOf(withProgress, accept)).toEqual(json);
  });

  it.each(streamed)('%j: one with progress is a stream', async (accept) => {
    expect(await kindOf(withProgress, accept)).toEqual([200, 'text/event-stream', true]);
  });

  // A listener would keep all of the request as long as its signal is kept: test/mcp/http.test.ts counts that in a soak.
  it.each([
    ['in JSON', listing, 'application/json'],
    ['as a stream', withProgress, 'text/event-stream'],
  ])('answered %s, leaves no listener at the signal of the request', async (_how, message, type) => {
    const { fetch } = harness(async () => 'a-token-for-tests-only', true);
    const body = JSON.stringify(message);
    const request = new Request('http://127.0.0.1/mcp', {
      ...{ method: 'POST', body },
      headers: { ...headers, 'content-length': `${body.length}` },
    });
    const response = await fetch(request);
    expect(response.headers.get('content-type')).toBe(type);
    expect(await response.text()).toContain('"id":1');
    expect(getEventListeners(request.signal, 'abort')).toEqual([]);
  });
});
