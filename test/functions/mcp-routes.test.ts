import { describe, expect, it } from 'vitest';
import { baseApp } from '../../functions/http/base-app.ts';
import { mcpRoutes } from '../../functions/http/mcp-routes.ts';
import { problem } from '../../functions/http/problem.ts';
import { callerOfOneToken } from '../../shared/access/callers.ts';
import { credentialFromSettings } from '../../shared/config/credentials.ts';
import { createGateway } from '../../shared/gateway.ts';
import type { LogEntry } from '../../shared/log.ts';

const headers = {
  authorization: 'Bearer a-token-for-tests-only',
  accept: 'application/json, text/event-stream',
  'content-type': 'application/json',
};

/** The routes of MCP inside an app that words its own faults otherwise, as in one process; and what was logged. */
function stage(token: () => Promise<string>) {
  const logged: LogEntry[] = [];
  const log = (entry: LogEntry) => void logged.push(entry);
  const gateway = createGateway({ connections: [], credentials: credentialFromSettings, budgetMs: 5_000 });
  const callers = callerOfOneToken(token);
  const routes = mcpRoutes({ gateway, callers, log, confirmAbove: 10, hosts: 'any', streams: false });
  const app = baseApp({ newRequestId: () => 'the-id', log }, problem).route('/mcp', routes);
  return { logged, send: (init: RequestInit) => app.request('/mcp', { method: 'POST', headers, ...init }) };
}

describe('the routes of MCP', () => {
  it('answer a bug of ours with a constant, as JSON-RPC, and log the name of the error alone', async () => {
    const { send, logged } = stage(() => Promise.reject(new RangeError('canary')));
    const response = await send({ body: '{}' });
    const text = await response.text();
    expect([response.status, JSON.parse(text)]).toEqual([
      500,
      {
        jsonrpc: '2.0',
        id: null,
        error: {
          code: -32603,
          message: 'Something went wrong inside calloff.',
          data: { request_id: 'the-id' },
        },
      },
    ]);
    expect(logged).toMatchObject([
      { level: 'error', event: 'request_broke', request_id: 'the-id', error: 'RangeError' },
      { level: 'info', event: 'request', request_id: 'the-id', status: 500 },
    ]);
    expect(text + JSON.stringify(logged)).not.toContain('canary');
  });

  it.each(['{"jsonrpc":"2.0","id":1}', '7', 'null', '"text"', '{"method":"tools/call"}', '{}'])(
    'refuse %s, which is JSON and no message',
    async (body) => {
      const { send } = stage(async () => 'a-token-for-tests-only');
      const response = await send({ body });
      expect(response.status).toBe(400);
      expect(await response.json()).toMatchObject({ jsonrpc: '2.0', error: { code: expect.any(Number) } });
    },
  );
});
