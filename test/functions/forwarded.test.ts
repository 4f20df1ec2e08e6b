import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { baseApp } from '../../functions/http/base-app.ts';
import { forwardedReader } from '../../functions/http/forwarded.ts';
import { jsonRpcError } from '../../functions/http/json-rpc-error.ts';
import { mcpRoutes } from '../../functions/http/mcp-routes.ts';
import { parseTrustedProxies } from '../../shared/config/environment/trusted-proxies.ts';
import { readSettings } from '../../shared/config/settings.ts';
import { silentLog } from '../../shared/lib/log.ts';
import { consoleApp } from '../support/console-app.ts';
import { callerWith, guardHarness } from '../support/guard-harness.ts';
import { writeThenRead } from '../support/surfaces/raw-http.ts';
import { serverFor } from '../support/surfaces/server.ts';
import { openTestServer, type TestServer } from '../support/surfaces/test-server.ts';

function readerOf(text: string) {
  const read = parseTrustedProxies(text);
  if (!read.ok) throw new Error('no proxies');
  return forwardedReader(read.value);
}

const read = readerOf('10.0.0.7, 10.1.0.0/16, 2001:db8::/32');
const said = {
  'x-forwarded-host': 'jobs.example.org',
  'x-forwarded-proto': 'https',
  'x-forwarded-for': '203.0.113.9',
};

describe('what a proxy says of a request', () => {
  it.each(['10.0.0.7', '::ffff:10.0.0.7', '10.1.255.1', '2001:db8::5'])('counts from %s', (remoteAddress) => {
    expect(read({ headers: said, socket: { remoteAddress } })).toEqual({
      ...{ host: 'jobs.example.org', isSecure: true, client: '203.0.113.9' },
    });
  });

  it.each(['10.0.0.8', '10.2.0.1', '127.0.0.1', '::1', '2001:db9::5', '203.0.113.9', ''])(
    'does not count from %s',
    (remoteAddress) => {
      expect(read({ headers: said, socket: { remoteAddress } })).toEqual({ client: remoteAddress });
    },
  );

  it.each([
    ['1.2.3.4, 203.0.113.9', '203.0.113.9'],
    ['1.2.3.4, 203.0.113.9, 10.1.2.3', '203.0.113.9'],
    ['1.2.3.4, not an address', '10.0.0.7'],
    ['10.1.1.1, 10.1.2.2', '10.0.0.7'],
    ['', '10.0.0.7'],
  ])('has as client the last address that is no proxy: %s', (list, client) => {
    const headers = { 'x-forwarded-for': list };
    expect(read({ headers, socket: { remoteAddress: '10.0.0.7' } }).client).toBe(client);
  });

  it('has the last host and the last protocol, which the proxy itself added', () => {
    const headers = {
      'x-forwarded-host': 'evil.example, jobs.example.org',
      'x-forwarded-proto': 'https,http',
    };
    expect(read({ headers, socket: { remoteAddress: '10.0.0.7' } })).toMatchObject({
      ...{ host: 'jobs.example.org', isSecure: false },
    });
  });

  it('holds only the characters of a host and an address, whatever the proxy passes on', () => {
    const text = fc.oneof(
      fc.string(),
      fc.constantFrom('a b', '\r\nx: y', '"', '1.2.3.4', 'https', 'é', '<script>'),
    );
    fc.assert(
      fc.property(text, text, text, (host, proto, list) => {
        const headers = { 'x-forwarded-host': host, 'x-forwarded-proto': proto, 'x-forwarded-for': list };
        const forwarded = read({ headers, socket: { remoteAddress: '10.0.0.7' } });
        expect(forwarded.host ?? '').toMatch(/^[\w.:[\]-]*$/);
        expect(forwarded.client).toMatch(/^[0-9a-fA-F.:]+(%\w+)?$/);
      }),
    );
  });
});

describe('CALLOFF_TRUSTED_PROXIES', () => {
  it('is none by default', () => {
    expect(readSettings({}).trustedProxies).toBeUndefined();
  });

  it.each([
    '*',
    '0.0.0.0/0',
    '::/0',
    '10.0.0.0/33',
    '10.0.0.0/',
    'proxy.example.org',
    '10.0.0.7,',
    '10.0.0.7 10.0.0.8',
    'loopback',
  ])('is refused as %s', (text) => {
    expect(() => readSettings({ CALLOFF_TRUSTED_PROXIES: text })).toThrow(
      'CALLOFF_TRUSTED_PROXIES must be addresses or networks of proxies',
    );
  });
});

describe('/mcp', () => {
  it('sees the real host alone, whatever a trusted proxy says', async () => {
    const callers = { identify: async () => callerWith({}) };
    const log = silentLog;
    const app = baseApp({ log, newRequestId: () => 'the-id' }, jsonRpcError);
    const gateway = guardHarness().gateway();
    const hosts = ['127.0.0.1'];
    app.route('/mcp', mcpRoutes({ gateway, callers, log, confirmAbove: 10, hosts, streams: false }));
    const body = JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'ping' });
    const ask = (host: string) =>
      app.request(
        '/mcp',
        { method: 'POST', headers: { host, 'content-type': 'application/json' }, body },
        { forwarded: { host: '127.0.0.1' } },
      );
    expect([(await ask('rebound.example')).status, (await ask('127.0.0.1:8787')).status]).toEqual([403, 200]);
  });
});

describe('/mcp of a server on loopback', () => {
  it('takes the host of CALLOFF_PUBLIC_URL, which a proxy passes on, and its own, and no other', async () => {
    const token = 'a-token-for-the-tests';
    // Only Linux listens at every address of the loopback.
    const HOST = process.platform === 'linux' ? '127.0.0.2' : '127.0.0.1';
    const settings = {
      ...{ CALLOFF_TOKEN: token, HOST, PORT: '0' },
      CALLOFF_PUBLIC_URL: 'https://calloff.example.org/',
    };
    const server = await serverFor(readSettings(settings));
    const body = JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'ping' });
    const ask = async (...headers: string[]) => {
      const lines = [
        'POST /mcp HTTP/1.1',
        `Authorization: Bearer ${token}`,
        'Content-Type: application/json',
      ];
      const head = [...lines, `Content-Length: ${body.length}`, ...headers].join('\r\n');
      return (await writeThenRead(server.url, `${head}\r\n\r\n${body}`)).status;
    };
    const page = 'Origin: https://calloff.example.org';
    expect([
      await ask('Host: calloff.example.org'),
      await ask('Host: calloff.example.org', page),
      await ask('Host: 127.0.0.1:8787', page),
      await ask(`Host: ${HOST}:8787`),
      await ask('Host: rebound.example'),
      await ask('Host: calloff.example.org', 'Origin: https://rebound.example'),
    ]).toEqual([200, 200, 200, 200, 403, 403]);
    await server.stop();
  });
});

describe('the console behind a proxy that changes the host', () => {
  const cookieOf = (response: Response) => (response.headers.get('set-cookie') ?? '').split('=')[0];

  it('logs the address of the client that the proxy names, and none if no proxy is trusted', async () => {
    const { app, logged } = consoleApp();
    await app.request('/healthz', {}, { forwarded: { client: '203.0.113.9' } });
    await app.request('/healthz', { headers: said });
    expect(logged.map((line) => ('client' in line ? line.client : undefined))).toEqual([
      '203.0.113.9',
      undefined,
    ]);
  });

  it('reads with TLS by no cookie that another server on the machine could have set', async () => {
    const { app, give, cookieFor } = consoleApp();
    const cookie = await cookieFor(give('ada').token, 'http://127.0.0.1:8787');
    const ask = (isSecure: boolean | undefined) =>
      app.request(
        '/v1/session',
        { headers: { host: '127.0.0.1:8787', cookie } },
        { forwarded: { isSecure } },
      );
    const statuses = await Promise.all(
      [undefined, false, true].map(async (each) => (await ask(each)).status),
    );
    expect(statuses).toEqual([200, 200, 401]);
  });

  describe.each([
    ['calloff does not know', {}, 403, ''],
    ['calloff trusts', { CALLOFF_TRUSTED_PROXIES: '127.0.0.1' }, 200, '__Host-calloff'],
    ['is not the one that calloff trusts', { CALLOFF_TRUSTED_PROXIES: '192.0.2.1' }, 403, ''],
  ])('which %s', (_, variables, status, cookie) => {
    let server: TestServer;
    beforeAll(async () => {
      const ada = { kind: 'person', may: { connections: ['*'], actions: ['list'] } } as const;
      server = await openTestServer({ ada }, { CALLOFF_CONSOLE: 'on', ...variables });
    });
    afterAll(() => server.close());

    it(`answers a sign-in of a page at the public host with ${status}`, async () => {
      const response = await fetch(`${server.url}/v1/session`, {
        method: 'POST',
        headers: { ...said, origin: 'https://jobs.example.org', 'content-type': 'application/json' },
        body: JSON.stringify({ token: server.tokenOf('ada') }),
      });
      expect(response.status).toBe(status);
      expect(cookieOf(response)).toMatch(new RegExp(`^${cookie}`));
      if (status !== 200) expect(cookieOf(response)).toBe('');
    });
  });
});
