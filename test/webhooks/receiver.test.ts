import { createSecretKey } from 'node:crypto';
import type { RequestListener, ServerResponse } from 'node:http';
import { afterEach, describe, expect, test } from 'vitest';
import { systemClock } from '../../shared/lib/clock.ts';
import { post } from '../../shared/webhooks/post.ts';
import { signedHeaders } from '../../shared/webhooks/signature.ts';
import { type Origin, startOrigin } from '../support/network/loopback.ts';
import { ManualClock } from '../support/time/manual-clock.ts';

const open: Origin[] = [];
const start = async (answer: RequestListener) => {
  const origin = await startOrigin(answer);
  open.push(origin);
  return origin;
};
const ending =
  (status: number, headers = {}) =>
  (_request: unknown, response: ServerResponse) =>
    response.writeHead(status, headers).end('canary');

afterEach(async () => {
  for (const origin of open.splice(0)) await origin.close();
});

const headers = signedHeaders([createSecretKey(Buffer.alloc(32, 1))], {
  id: 'msg_1',
  timestamp: 1,
  body: '{"type":"x"}',
});
const postTo = (url: string, clock = systemClock) =>
  post(`${url}/hook?a=1`, '{"type":"x"}', { fetch, clock, headers });

describe('a message', () => {
  test('is one signed POST of JSON', async () => {
    const { url, received } = await start(ending(204));
    expect(await postTo(url)).toEqual({ ok: true, status: 204 });
    expect(received).toHaveLength(1);
    expect(received[0]).toMatchObject({
      method: 'POST',
      url: '/hook?a=1',
      body: '{"type":"x"}',
      headers: { 'content-type': 'application/json', 'user-agent': 'calloff', ...headers },
    });
  });

  test.each([200, 201, 202, 204])('has arrived with a %i', async (status) => {
    const { url } = await start(ending(status));
    expect(await postTo(url)).toEqual({ ok: true, status });
  });

  test.each([400, 401, 404, 410, 429, 500, 503])('has not with a %i', async (status) => {
    const { url, received } = await start(ending(status));
    expect(await postTo(url)).toEqual({ ok: false, status });
    expect(received).toHaveLength(1);
  });

  test.each([301, 302, 303, 307, 308])('does not follow a %i to another place', async (status) => {
    const elsewhere = await start(ending(200));
    const { url } = await start(ending(status, { location: `${elsewhere.url}/` }));
    expect(await postTo(url)).toEqual({ ok: false, status });
    expect(elsewhere.received).toEqual([]);
  });

  test('waits ten seconds for an answer, and then cuts the connection', async () => {
    const clock = new ManualClock();
    const origin = await start(() => undefined);
    let isOver = false;
    const posted = postTo(origin.url, clock).finally(() => {
      isOver = true;
    });
    while (origin.received.length === 0) await new Promise((resolve) => setTimeout(resolve, 1));
    await clock.turn(9_999);
    expect(isOver).toBe(false);
    await clock.turn(1);
    expect(await posted).toEqual({ ok: false, cause: 'timeout' });
    await origin.idle();
    expect(clock.pending).toBe(0);
  });

  test('is lost if the connection breaks, and nothing is thrown', async () => {
    const { url } = await start((request) => request.socket.destroy());
    expect(await postTo(url)).toEqual({ ok: false });
  });

  test('is lost if the receiver is not there, and the cause is known', async () => {
    const origin = await startOrigin(ending(200));
    await origin.close();
    expect(await postTo(origin.url)).toEqual({ ok: false, cause: 'refused' });
  });

  test('does not read an answer without end', async () => {
    let written = 0;
    const origin = await start((_request, response) => {
      const chunk = Buffer.alloc(65_536);
      const write = () => {
        while (!response.destroyed && response.write(chunk)) written += chunk.length;
      };
      response.writeHead(200).on('drain', write);
      write();
    });
    expect(await postTo(origin.url)).toEqual({ ok: true, status: 200 });
    await origin.idle();
    expect(written).toBeLessThan(50_000_000);
  });
});
