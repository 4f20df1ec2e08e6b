import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { loadPage, pageFolder } from '../../functions/console/files.ts';
import { baseApp } from '../../functions/http/base-app.ts';
import { jsonRpcError } from '../../functions/http/json-rpc-error.ts';
import { problem } from '../../functions/http/problem.ts';
import { silentLog } from '../../shared/lib/log.ts';
import { consoleApp } from '../support/console-app.ts';
import { openTestServer, type TestServer } from '../support/surfaces/test-server.ts';
import { runs } from '../support/thorough.ts';

/** As designed: what a browser may do with an answer of calloff. */
const policy =
  "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:; " +
  "base-uri 'none'; form-action 'self'; frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types lit-html";

function expectPolicy({ headers }: Response): void {
  expect(headers.get('content-security-policy')).toBe(policy);
  expect(headers.get('x-content-type-options')).toBe('nosniff');
  expect(headers.get('referrer-policy')).toBe('no-referrer');
  expect(headers.get('cross-origin-opener-policy')).toBe('same-origin');
  expect(headers.get('cache-control')).not.toBeNull();
}

describe.each(['on', 'off'])('a server whose console is %s', (CALLOFF_CONSOLE) => {
  let server: TestServer;
  beforeAll(async () => {
    const ada = {
      kind: 'person',
      may: { connections: ['*'], actions: ['list', 'cancel', 'audit'] },
    } as const;
    server = await openTestServer({ ada }, { CALLOFF_CONSOLE });
  });
  afterAll(() => server.close());

  it('sends the policy with every answer, of whatever path, method, token and body', async () => {
    const piece = fc.constantFrom(
      ...['v1', 'jobs', 'providers', 'sutro', 'cancel', 'operations', 'audit', 'confirmations', 'session'],
      ...[
        'mcp',
        'slack',
        'commands',
        'interactions',
        'healthz',
        'openapi.json',
        'assets',
        '0123456789abcdef',
      ],
      ...['main.js', '%2e%2e', '%00', 'x y', 'ü', ''],
    );
    const known = fc.constantFrom(
      ...[
        '/',
        '/healthz',
        '/openapi.json',
        '/v1/jobs',
        '/v1/session',
        '/mcp',
        '/slack/commands',
        '/v1/jobs/cancel',
      ],
    );
    const asked = fc.record({
      path: fc.oneof(
        known,
        fc.array(piece, { maxLength: 6 }).map((pieces) => `/${pieces.join('/')}`),
      ),
      method: fc.constantFrom('GET', 'HEAD', 'POST', 'PUT', 'DELETE', 'PATCH', 'OPTIONS', 'PROPFIND'),
      token: fc.boolean(),
      body: fc.constantFrom('', '{}', '{', '{"jsonrpc":"2.0","id":1,"method":"tools/list"}', 'text=list'),
      accept: fc.constantFrom('*/*', 'application/json, text/event-stream', 'text/html'),
    });
    // Whatever else is tried, each kind of answer is.
    const plain = { token: true, body: '', accept: '*/*' };
    const oneOfEach = [
      { ...plain, path: '/healthz', method: 'GET' },
      { ...plain, path: '/v1/jobs/cancel', method: 'POST', body: '{' },
      { ...plain, path: '/v1/jobs', method: 'GET', token: false },
      { ...plain, path: '/assets', method: 'GET' },
      { ...plain, path: '/v1/jobs', method: 'DELETE' },
    ];
    const statuses = new Set<number>();
    await fc.assert(
      fc.asyncProperty(asked, async ({ path, method, token, body, accept }) => {
        const authorization = `Bearer ${token ? server.tokenOf('ada') : 'x'}`;
        const hasBody = body !== '' && method !== 'GET' && method !== 'HEAD';
        const headers = { authorization, accept, 'content-type': 'application/json' };
        const response = await fetch(server.url + path, { method, headers, ...(hasBody && { body }) });
        statuses.add(response.status);
        expectPolicy(response);
        await response.arrayBuffer();
      }),
      { numRuns: runs(300, 30), examples: oneOfEach.map((each) => [each]) },
    );
    expect([...statuses]).toEqual(expect.arrayContaining([200, 400, 401, 404, 405]));
  });

  it(`serves ${CALLOFF_CONSOLE === 'on' ? 'the page and its sessions' : 'neither a page nor a session'}`, async () => {
    const isOn = CALLOFF_CONSOLE === 'on';
    expect((await fetch(`${server.url}/`)).status).toBe(isOn ? 200 : 404);
    const body = JSON.stringify({ token: server.tokenOf('ada') });
    const signedIn = await fetch(`${server.url}/v1/session`, { method: 'POST', body });
    expect([signedIn.status, signedIn.headers.has('set-cookie')]).toEqual(isOn ? [200, true] : [401, false]);
    expect((await server.ask('ada', 'POST', '/v1/session', {})).status).toBe(isOn ? 400 : 404);
    expect((await server.ask('ada', 'GET', '/v1/session')).status).toBe(isOn ? 200 : 404);
  });
});

describe('the policy', () => {
  const parts = { log: silentLog, newRequestId: () => 'the-id' };

  it.each([
    ['problems', problem],
    ['JSON-RPC', jsonRpcError],
  ] as const)(
    'is on the answer to a bug, an unreadable request and an unknown path, as %s',
    async (_form, refuse) => {
      const app = baseApp(parts, refuse);
      app.get('/bug', () => {
        throw new RangeError('a bug');
      });
      const unreadable = await app.request('/', {}, { unreadable: true });
      const answers = [await app.request('/bug'), unreadable, await app.request('/nowhere')];
      expect(answers.map(({ status }) => status)).toEqual([500, 400, 404]);
      for (const answer of answers) expectPolicy(answer);
    },
  );

  it('is on the page, on an asset, on an unchanged page and where no token can be read', async () => {
    const page = await loadPage(await pageFolder());
    const { app } = consoleApp({ page });
    const answers = [
      await app.request('/'),
      await app.request(`/assets/${page.hash}/main.js`),
      await app.request('/', { headers: { 'if-none-match': '*' } }),
      await app.request('/assets/none/main.js'),
    ];
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 304, 404]);
    for (const answer of answers) expectPolicy(answer);
  });

  it('allows what the page is made of, and nothing inline', async () => {
    const { index, files } = await loadPage(await pageFolder());
    const html = Buffer.from(index.body).toString();
    expect(html).not.toMatch(/<style|style=|<script(?![^>]* src=)|\son\w+=|javascript:|https?:/i);
    for (const [path, { body }] of files)
      if (path.endsWith('.js') && !path.startsWith('vendor/'))
        expect([path, Buffer.from(body).toString()]).not.toEqual([
          path,
          expect.stringMatching(
            /innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(|new Function/,
          ),
        ]);
  });
});
