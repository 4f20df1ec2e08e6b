import { Agent, request } from 'node:http';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import * as z from 'zod';
import { openApiDocument } from '../../functions/http/openapi.ts';
import type { RunningServer } from '../../functions/http/server.ts';
import { readSettings } from '../../shared/config/settings.ts';
import type { LogEntry } from '../../shared/lib/log.ts';
import { answerOf, connected, writeThenRead } from '../support/surfaces/raw-http.ts';
import { serverFor } from '../support/surfaces/server.ts';
import { cases, runs } from '../support/thorough.ts';

const token = 'a-token-for-the-tests';
const slack = { SLACK_SIGNING_SECRET: 'a-signing-secret-for-tests' };
const logged: LogEntry[] = [];
let server: RunningServer;
let impatient: RunningServer;

beforeAll(async () => {
  const log = (entry: LogEntry) => void logged.push(entry);
  server = await serverFor({ ...readSettings({ PORT: '0', ...slack }), token }, log);
  impatient = await serverFor({ ...readSettings({ PORT: '0', CALLOFF_KEEP_ALIVE_SECONDS: '1' }), token });
});
afterAll(async () => {
  await server.stop();
  await impatient.stop();
});

const { paths } = z
  .object({ paths: z.record(z.string(), z.record(z.string(), z.unknown())) })
  .parse(openApiDocument());
/** A real path of every route, with its method. */
const routes = Object.entries(paths).flatMap(([path, methods]) =>
  Object.keys(methods).map((method) => ({
    method: method.toUpperCase(),
    path: path.replace('{provider}', 'sutro').replaceAll(/\{\w+\}/g, 'job-1'),
  })),
);
const got = routes.filter(({ method }) => method === 'GET').map(({ path }) => path);
const ask = (method: string, path: string, init: RequestInit = {}) =>
  fetch(server.url + path, { method, headers: { authorization: `Bearer ${token}` }, ...init });
/** What two answers to the same question have in common: the audit grows by each. */
const shapeOf = (text: string) => (text.startsWith('{') ? Object.keys(JSON.parse(text)) : text);

describe('every route by GET', () => {
  it.each(got)('%s is served by HEAD, with the same status and no body', async (path) => {
    const whole = await ask('GET', path);
    const head = await ask('HEAD', path);
    expect([head.status, head.headers.get('content-type'), await head.text()]).toEqual([
      whole.status,
      whole.headers.get('content-type'),
      '',
    ]);
  });

  it.each(got)('%s takes no notice of a body', async (path) => {
    const bare = await ask('GET', path);
    const expected = [bare.status, shapeOf(await bare.text())];
    const auth = `Authorization: Bearer ${token}\r\n`;
    for (const [framing, body] of [
      ['Content-Length: 2', '{}'],
      ['Transfer-Encoding: chunked', '2\r\n{}\r\n0\r\n\r\n'],
    ] as const) {
      const given = `GET ${path} HTTP/1.1\r\nHost: localhost\r\n${auth}${framing}\r\nConnection: close\r\n\r\n`;
      const answer = await writeThenRead(server.url, given, [Buffer.from(body)]);
      expect([answer.status, shapeOf(answer.body)]).toEqual(expected);
    }
  });
});

it.each([
  ...routes,
  ...['GET', 'POST', 'DELETE'].map((method) => ({ method, path: '/mcp' })),
  { method: 'POST', path: '/slack/commands' },
  { method: 'POST', path: '/slack/interactions' },
  { method: 'GET', path: '/nowhere' },
])('$method $path is the same with a slash at its end', async ({ method, path }) => {
  const answers = [await ask(method, path), await ask(method, `${path}/`)];
  const [bare, slashed] = await Promise.all(
    answers.map(async (answer) => [answer.status, shapeOf(await answer.text())]),
  );
  expect(slashed).toEqual(bare);
});

it('answers a method that a route does not have with those that it has', async () => {
  const answer = await ask('PUT', '/v1/jobs');
  expect([answer.status, answer.headers.get('allow')]).toEqual([405, 'GET, HEAD']);
});

describe('a request without a host', () => {
  it('is a health check by HTTP/1.0, and is answered', async () => {
    const answer = await writeThenRead(server.url, 'GET /healthz HTTP/1.0\r\n\r\n');
    expect([answer.status, answer.body]).toEqual([200, '{"status":"ok"}']);
  });

  it('is none by HTTP/1.1, which wants one', async () => {
    expect((await writeThenRead(server.url, 'GET /healthz HTTP/1.1\r\n\r\n')).status).toBe(400);
  });

  it('does not come in at /mcp, where the host is looked at', async () => {
    const auth = `Authorization: Bearer ${token}\r\n`;
    expect((await writeThenRead(server.url, `POST /mcp HTTP/1.0\r\n${auth}\r\n`)).status).toBe(403);
  });
});

it.each([
  ['a host that is none', 'GET /healthz HTTP/1.1\r\nHost: not a host\r\n'],
  ['a target that is none', 'GET http://[x HTTP/1.1\r\nHost: localhost\r\n'],
  ['a backslash in its path', 'GET /v1\\jobs HTTP/1.1\r\nHost: localhost\r\n'],
])('a request with %s is told so in JSON, with an id that the log has', async (_what, head) => {
  const { status, body } = await writeThenRead(server.url, `${head}Connection: close\r\n\r\n`);
  const problem = z.object({ type: z.string(), request_id: z.string() }).parse(JSON.parse(body));
  expect([status, problem.type]).toEqual([400, 'urn:calloff:problem:unreadable']);
  const line = logged.find(({ request_id }) => request_id === problem.request_id);
  expect(line).toMatchObject({ event: 'request', status: 400 });
  expect(line).not.toHaveProperty('method');
});

const megabyte = Buffer.alloc(1_000_000, 0x20);
const megabytes = (count: number) => Array.from({ length: count }, () => megabyte);
const chunked = (count: number) => [
  ...megabytes(count).flatMap((chunk) => [Buffer.from('f4240\r\n'), chunk, Buffer.from('\r\n')]),
  Buffer.from('0\r\n\r\n'),
];
const inTwoWays = (count: number) =>
  [
    [`Content-Length: ${count}000000`, megabytes(count)],
    ['Transfer-Encoding: chunked', chunked(count)],
  ] as const;

describe('an answer that comes before the body was read', () => {
  const early = [
    ['POST /v1/jobs/cancel', token, 413],
    ['POST /v1/jobs/cancel', 'another', 401],
    ['POST /nowhere', token, 404],
    ['PUT /healthz', token, 405],
    ['POST /v1/jobs/../cancel', token, 400],
    ['GET /healthz', token, 200],
    ['POST /mcp', token, 413],
    ['POST /mcp', 'another', 401],
    ['POST /slack/commands', token, 413],
  ] as const;

  it.each(
    cases(
      early.flatMap(([line, given, status]) =>
        ['close', 'keep-alive'].map((connection) => [line, given, connection, status] as const),
      ),
      (_, index) => [0, 3, 10, 13, 16].includes(index),
    ),
  )('%s with the token "%s" and Connection: %s is seen: %i', async (line, given, connection, status) => {
    for (const [framing, body] of inTwoWays(12)) {
      const fields = `Host: localhost\r\nAuthorization: Bearer ${given}\r\nConnection: ${connection}\r\n${framing}`;
      const answer = await writeThenRead(server.url, `${line} HTTP/1.1\r\n${fields}\r\n\r\n`, body);
      expect(answer.status, framing).toBe(status);
      expect(answer.body.length).toBeGreaterThan(0);
    }
  });

  it("is seen by Node's own client, which keeps its connection for the next request", async () => {
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    const ports = new Set<number | undefined>();
    const post = (path: string, bytes: number) =>
      new Promise<number | undefined>((resolve, reject) => {
        const headers = { authorization: `Bearer ${token}` };
        const sent = request(server.url + path, { method: 'POST', agent, headers }, (response) => {
          ports.add(response.socket.localPort);
          response.resume().once('end', () => resolve(response.statusCode));
        });
        sent.once('error', reject);
        sent.end(Buffer.alloc(bytes, 0x20));
      });
    for (let count = 0; count < runs(5, 2); count += 1) {
      expect(await post('/v1/jobs/cancel', 8_000_000)).toBe(413);
      expect(await post('/v1/nowhere', 2)).toBe(404);
    }
    agent.destroy();
    expect(ports.size).toBe(1);
  });
});

describe.concurrent('a connection', () => {
  it('whose body never ends is answered, and cut off after 64 MB', async () => {
    const head = 'POST /v1/jobs/cancel HTTP/1.1\r\nHost: localhost\r\nContent-Length: 900000000\r\n\r\n';
    const endless = megabytes(90);
    await expect(writeThenRead(server.url, head, endless)).rejects.toMatchObject({
      code: expect.stringMatching(/EPIPE|ECONNRESET|ECANCELED/),
    });
  });

  it('whose body comes by drops is answered at once, and cut off after ten seconds', async () => {
    const socket = await connected(server.url);
    const from = performance.now();
    socket.write('POST /v1/jobs/cancel HTTP/1.1\r\nHost: localhost\r\nContent-Length: 900000000\r\n\r\n');
    const drops = setInterval(() => socket.write(' '), 500);
    expect((await answerOf(socket)).status).toBe(401);
    expect(performance.now() - from).toBeLessThan(2_000);
    await new Promise((resolve) => socket.once('close', resolve));
    clearInterval(drops);
    expect(performance.now() - from).toBeLessThan(14_000);
  });

  it('that never finishes its head is cut off', { timeout: 60_000 }, async () => {
    const socket = await connected(server.url);
    const drops = setInterval(() => socket.write('X: y\r\n'), 500);
    socket.write('GET /healthz HTTP/1.1\r\nHost: localhost\r\n');
    // After 20 seconds, and Node looks every five.
    expect((await answerOf(socket)).status).toBe(408);
    clearInterval(drops);
    socket.destroy();
  });

  it('that is idle is kept for 150 seconds, and so takes a second request after twelve', async () => {
    const socket = await connected(server.url);
    const get = 'GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n';
    socket.write(get);
    const first = await answerOf(socket);
    expect([first.status, first.head]).toEqual([200, expect.stringMatching(/keep-alive: timeout=150/i)]);
    await new Promise((resolve) => setTimeout(resolve, 12_000));
    socket.write(get);
    expect((await answerOf(socket)).status).toBe(200);
    socket.destroy();
  });

  it('that is idle is closed when CALLOFF_KEEP_ALIVE_SECONDS are over', async () => {
    const socket = await connected(impatient.url);
    socket.write('GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n');
    expect((await answerOf(socket)).head).toMatch(/keep-alive: timeout=1\b/i);
    const from = performance.now();
    socket.resume();
    await new Promise((resolve) => socket.once('close', resolve));
    expect(performance.now() - from).toBeLessThan(4_000);
  });
});
