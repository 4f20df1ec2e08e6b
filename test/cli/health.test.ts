import { once } from 'node:events';
import type { RequestListener } from 'node:http';
import { createServer } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { type Origin, startOrigin } from '../support/network/loopback.ts';
import { runInProcess } from '../support/process/in-process.ts';
import { bareEnvironment } from '../support/process/run.ts';

const open: Pick<Origin, 'close'>[] = [];
afterEach(async () => {
  for (const each of open.splice(0)) await each.close();
});

async function answering(answer: RequestListener): Promise<Origin> {
  const origin = await startOrigin(answer);
  open.push(origin);
  return origin;
}

const alive: RequestListener = (_request, response) =>
  response.setHeader('content-type', 'application/json').end('{"status":"ok"}');
const portOf = ({ url }: Origin) => new URL(url).port;
const ask = (args: readonly string[], env: Record<string, string> = {}) =>
  runInProcess(['health', ...args], { env: bareEnvironment(env) });

describe('calloff health', () => {
  it('asks the liveness route of the port and host that its environment has, wherever the server listens', async () => {
    const origin = await answering(alive);
    for (const HOST of ['127.0.0.1', '0.0.0.0', '']) {
      const { code, stdout, stderr } = await ask([], { PORT: portOf(origin), HOST });
      expect({ code, stdout, stderr }).toEqual({
        code: 0,
        stdout: `calloff is alive at ${origin.url}/\n`,
        stderr: '',
      });
    }
    expect(origin.received.map(({ method, url }) => `${method} ${url}`)).toEqual(
      Array(3).fill('GET /healthz'),
    );
  });

  it('needs no other setting, so that a key that cannot be read does not make a living server look dead', async () => {
    const origin = await answering(alive);
    const env = { PORT: portOf(origin), IONQ_API_KEY_FILE: '/absent', CALLOFF_TYPO: 'x' };
    expect((await ask([], env)).code).toBe(0);
  });

  it('asks below the path of an address', async () => {
    const origin = await answering(alive);
    expect((await ask(['--url', `${origin.url}/calloff`])).code).toBe(0);
    expect(origin.received.map(({ url }) => url)).toEqual(['/calloff/healthz']);
  });

  it.each<readonly [what: string, answer: RequestListener, why: string]>([
    [
      'an error of a proxy',
      (_, response) => response.writeHead(502).end('<html>'),
      'The answer has the status 502 and is not that of calloff',
    ],
    [
      'another program',
      (_, response) => response.end('hello'),
      'The answer has the status 200 and is not that of calloff',
    ],
    [
      'a page without end',
      (_, response) => response.end(`{"status":"ok","x":"${'x'.repeat(100_000)}"}`),
      'The answer has the status 200 and is not',
    ],
    [
      'a redirect',
      (_, response) => response.writeHead(302, { location: '/elsewhere' }).end(),
      'The answer has the status 302',
    ],
    ['a connection that is cut', (_, response) => response.destroy(), 'There is no connection (ECONNRESET).'],
  ])('exits with 1 at %s', async (_what, answer, why) => {
    const origin = await answering(answer);
    const { code, stdout, stderr } = await ask(['--url', origin.url]);
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(stderr.replaceAll(/\s+/g, ' ')).toContain(
      `Error: calloff does not answer at ${origin.url}/ ${why}`,
    );
    expect(origin.received).toHaveLength(1);
  });

  it('exits with 1 at a port where no program listens, and says so', async () => {
    const origin = await startOrigin(alive);
    await origin.close();
    const { code, stderr } = await ask([], { PORT: portOf(origin) });
    expect(code).toBe(1);
    expect(stderr).toContain('No program listens there (ECONNREFUSED).');
  });

  it('gives up within a second at a server that takes the connection and says nothing', async () => {
    const server = createServer((socket) => open.push({ close: async () => void socket.destroy() }));
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    open.push({ close: async () => void server.close() });
    const address = server.address();
    const port = typeof address === 'object' ? address?.port : 0;
    const { code, stderr } = await ask(['--url', `http://127.0.0.1:${port}`]);
    expect(code).toBe(1);
    expect(stderr).toContain('No answer came within 0.7 s.');
  });

  it('exits with 2 if it cannot know what to ask', async () => {
    expect((await ask(['--url', 'http://jobs.example.org'])).code).toBe(2);
    for (const [PORT, said] of [
      ['0', 'PORT is 0, so only the server knows its port. Give its address with --url'],
      ['http', 'PORT must be a whole number from 0 to 65535'],
    ] as const) {
      const { code, stderr } = await ask([], { PORT });
      expect(code).toBe(2);
      expect(stderr.replaceAll(/\s+/g, ' ')).toContain(said);
    }
  });
});
