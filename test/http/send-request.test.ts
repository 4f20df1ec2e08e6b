import type { RequestListener } from 'node:http';
import { gzipSync } from 'node:zlib';
import { afterEach, describe, expect, test } from 'vitest';
import { type SendOptions, type Sent, send } from '../../shared/http/send-request.ts';
import type { ProviderRequest } from '../../shared/http/types.ts';
import { path } from '../../shared/http/url-path.ts';
import { timeLimit } from '../../shared/lib/abort.ts';
import { systemClock } from '../../shared/lib/clock.ts';
import { sutro } from '../../shared/providers/sutro.ts';
import { canaryKey, everythingShown } from '../support/canary.ts';
import { type Origin, startOrigin } from '../support/network/loopback.ts';
import { startUntrusted } from '../support/network/untrusted-tls.ts';
import { collectGarbage } from '../support/process/collect-garbage.ts';

const origins: Origin[] = [];
afterEach(async () => {
  await Promise.all(origins.splice(0).map((origin) => origin.close()));
});

async function origin(answer: RequestListener): Promise<Origin> {
  const started = await startOrigin(answer);
  origins.push(started);
  return started;
}

const look: ProviderRequest = { method: 'GET', path: path`/jobs/${'j-1'}` };
const cancel: ProviderRequest = { method: 'POST', path: path`/jobs/${'j-1'}/cancel`, body: { reason: 'ü' } };

function wireTo(baseUrl: string, more: Partial<SendOptions> = {}): SendOptions {
  return {
    fetch,
    baseUrl,
    authorization: ['x-api-key', canaryKey],
    timeoutMs: 2_000,
    now: Date.parse('2026-11-06T08:49:30Z'),
    ...more,
  };
}

/** Sends, and makes sure that what comes of it does not show the key. */
async function trySend(request: ProviderRequest, wire: SendOptions): Promise<Sent> {
  const sent = await send(request, wire);
  expect(everythingShown(sent)).not.toContain(canaryKey);
  return sent;
}

describe('an answer', () => {
  test.each([
    ['that begins with a byte order mark', '\ufeff{"status":"RUNNING"}', { status: 'RUNNING' }],
    ['that is cut after one', '\ufeff', undefined],
    ['in which two marks stand', '\ufeff\ufeff{}', undefined],
    ['of lists within lists', '['.repeat(400_000) + ']'.repeat(400_000), undefined],
  ])('%s is read as fetch itself would, or not at all', async (_what, written, body) => {
    const { url } = await origin((_request, response) => response.end(written));
    expect(await trySend(look, wireTo(url))).toMatchObject({
      kind: 'response',
      response: { status: 200, body },
    });
  });

  test('in which the status stands twice has none, and what else it holds is read', async () => {
    const { url } = await origin((_request, response) =>
      response.end('{"id":"j-1","status":"RUNNING","status":"CANCELLED","metadata":{"a":1,"a":2}}'),
    );
    const sent = await trySend(look, wireTo(url));
    const body = sent.kind === 'response' ? sent.response.body : undefined;
    expect(body).toMatchObject({ id: 'j-1', status: expect.any(Symbol) });
    expect(
      sutro.status.read({ status: 200, body: { job: { ...Object(body), job_id: 'j-1' } } }, 'j-1'),
    ).toMatchObject({
      kind: 'failure',
      code: 'unexpected_response',
    });
  });
});

describe('a request on the wire', () => {
  test('goes below the base URL, with its body as JSON', async () => {
    const { url, received } = await origin((_request, response) => response.end('{"ok":true}'));
    const sent = await trySend(cancel, wireTo(`${url}/v1/`));
    expect(sent).toEqual({
      kind: 'response',
      response: { status: 200, body: { ok: true } },
      ...{ retryAfterMs: null, madeAt: expect.any(Number) },
    });
    expect(received).toMatchObject([
      {
        method: 'POST',
        url: '/v1/jobs/j-1/cancel',
        body: '{"reason":"ü"}',
        headers: { 'content-type': 'application/json' },
      },
    ]);
  });

  test('has neither body nor content type where nothing is to be said', async () => {
    const { url, received } = await origin((_request, response) => response.end('{}'));
    await trySend({ ...look, method: 'PUT', query: [['a b', '&?#']] }, wireTo(url));
    expect(received).toMatchObject([{ method: 'PUT', url: '/jobs/j-1?a+b=%26%3F%23', body: '' }]);
    expect(received[0]?.headers).not.toHaveProperty('content-type');
  });

  test.each([
    ['x-api-key', canaryKey],
    ['Authorization', `Key ${canaryKey}`],
  ] as const)('carries the key in %s, once, and nowhere else', async (header, value) => {
    const { url, received } = await origin((_request, response) => response.end('{}'));
    await trySend(cancel, wireTo(url, { authorization: [header, value] }));
    const carriers = received[0]?.rawHeaders.flatMap((each, index, all) =>
      index % 2 === 1 && each.includes(canaryKey) ? [all[index - 1]?.toLowerCase()] : [],
    );
    expect(carriers).toEqual([header.toLowerCase()]);
    expect(`${received[0]?.url} ${received[0]?.body}`).not.toContain(canaryKey);
  });
});

describe.each([301, 302, 303, 307, 308])('a redirect with %i', (status) => {
  test.each(['GET', 'POST', 'PUT'] as const)(
    'of a %s leads nowhere: the other origin is not asked',
    async (method) => {
      const other = await origin((_request, response) => response.end('{"status":"cancelled"}'));
      const { url, received } = await origin((_request, response) =>
        response.writeHead(status, { location: `${other.url}/jobs/j-1` }).end('{"status":"moved"}'),
      );
      const sent = await trySend({ ...look, method, ...(method === 'GET' ? {} : { body: {} }) }, wireTo(url));
      expect(sent).toMatchObject({ kind: 'response', response: { status } });
      expect(received).toHaveLength(1);
      expect(other.received).toEqual([]);
    },
  );

  test('is not followed on its own origin either', async () => {
    const { url, received } = await origin((_request, response) =>
      response.writeHead(status, { location: '/elsewhere' }).end(),
    );
    expect(await trySend(cancel, wireTo(url))).toMatchObject({ response: { status } });
    expect(received).toHaveLength(1);
  });
});

const unread = { kind: 'response', response: { status: 200, body: undefined } };

describe('an answer', () => {
  test.each([
    ['empty', ''],
    ['HTML', '<!doctype html><title>Bad gateway</title>'],
    ['cut-off JSON', '{"status":"cancel'],
    ['two JSON texts', '{}{}'],
    ['no UTF-8', Buffer.from([0x22, 0xff, 0xfe])],
  ])('that is %s has a status and no body', async (_name, body) => {
    const { url } = await origin((_request, response) => response.writeHead(502).end(body));
    expect(await trySend(look, wireTo(url))).toEqual({
      kind: 'response',
      response: { status: 502, body: undefined },
      ...{ retryAfterMs: null, madeAt: expect.any(Number) },
    });
  });

  test('with no content at all has its status', async () => {
    const { url } = await origin((_request, response) => response.writeHead(204).end());
    expect(await trySend(look, wireTo(url))).toMatchObject({ response: { status: 204, body: undefined } });
  });

  test('says when to come back, in seconds or as a date', async () => {
    const headers = ['2', 'Fri, 06 Nov 2026 08:49:37 GMT', 'soon'];
    const { url } = await origin((_request, response) => {
      response.sendDate = false;
      response.writeHead(429, { 'retry-after': headers.shift() }).end();
    });
    const waits: unknown[] = [];
    for (let each = 0; each < 3; each += 1) waits.push(await trySend(look, wireTo(url)));
    expect(waits).toMatchObject([{ retryAfterMs: 2_000 }, { retryAfterMs: 8_000 }, { retryAfterMs: null }]);
  });

  test('says it by its own clock, so that a clock which is hours off changes no wait', async () => {
    const dates = { date: 'Fri, 06 Nov 2026 05:49:30 GMT', 'retry-after': 'Fri, 06 Nov 2026 05:49:37 GMT' };
    const { url } = await origin((_request, response) => response.writeHead(429, dates).end());
    expect(await trySend(look, wireTo(url))).toMatchObject({
      ...{ retryAfterMs: 8_000, madeAt: Date.parse(dates.date) },
    });
  });

  test('of a million bytes is read', async () => {
    const { url } = await origin((_request, response) => response.end(`"${'a'.repeat(999_998)}"`));
    expect(await trySend(look, wireTo(url))).toMatchObject({ response: { body: 'a'.repeat(999_998) } });
  });

  test('of a byte more is not read, whatever its status', async () => {
    const { url } = await origin((_request, response) => response.end(`"${'a'.repeat(999_999)}"`));
    expect(await trySend(look, wireTo(url))).toMatchObject(unread);
  });

  test('that unpacks to more than a million bytes is not read, however small it was packed', async () => {
    const { url } = await origin((_request, response) =>
      response.writeHead(200, { 'content-encoding': 'gzip' }).end(gzipSync(Buffer.alloc(50_000_000, ' '))),
    );
    expect(await trySend(look, wireTo(url))).toMatchObject(unread);
  });

  test('that never ends is given up, with its connection', async () => {
    let written = 0;
    const { url, idle } = await origin((_request, response) => {
      const chunk = Buffer.alloc(64_000, ' ');
      const more = () => {
        while (!response.destroyed) {
          written += chunk.length;
          if (!response.write(chunk)) break;
        }
      };
      response.on('drain', more);
      more();
    });
    expect(await trySend(look, wireTo(url))).toMatchObject(unread);
    await idle();
    expect(written).toBeLessThan(20_000_000);
  });

  test('that breaks off is lost', async () => {
    const { url } = await origin((_request, response) => {
      response.writeHead(200, { 'content-length': 100 }).write('{"status":');
      setTimeout(() => response.destroy(), 10);
    });
    expect(await trySend(look, wireTo(url))).toEqual({ kind: 'lost', opened: true });
  });
});

describe('no answer', () => {
  test('because no server listens there: nothing was opened', async () => {
    const { url, close } = await startOrigin((_request, response) => response.end());
    await close();
    const refused = { kind: 'lost', opened: false, cause: 'refused' };
    expect(await trySend(cancel, wireTo(url))).toEqual(refused);
    expect(await trySend(cancel, wireTo(url.replace('127.0.0.1', 'localhost')))).toEqual(refused);
  });

  test('because the certificate is not trusted: nothing was asked', async () => {
    const untrusted = await startUntrusted();
    const sent = await trySend(cancel, wireTo(untrusted.url));
    await untrusted.close();
    expect(sent).toEqual({ kind: 'lost', opened: false, cause: 'certificate' });
    expect(untrusted.arrived).toEqual([]);
  });

  test.each(['EHOSTUNREACH', 'ENETUNREACH'])('with %s while connecting, nothing arrived', async (code) => {
    const failing: typeof fetch = async () => {
      throw new TypeError('fetch failed', { cause: { code, syscall: 'connect' } });
    };
    const sent = await trySend(cancel, wireTo('https://nosuch.invalid', { fetch: failing }));
    expect(sent).toEqual({ kind: 'lost', opened: false });
  });

  test('because the connection was reset: something may have arrived', async () => {
    const { url, received } = await origin((request) => request.socket.resetAndDestroy());
    expect(await trySend(cancel, wireTo(url))).toEqual({ kind: 'lost', opened: true });
    expect(received).toHaveLength(1);
  });

  test('in time: something may have arrived, and the connection is given up', async () => {
    const { url, received, idle } = await origin(() => {});
    const late = { kind: 'lost', opened: true, cause: 'timeout' };
    expect(await trySend(cancel, wireTo(url, { timeoutMs: 50 }))).toEqual(late);
    expect(received).toHaveLength(1);
    await idle();
  });

  test('in full in time, though it has begun', async () => {
    const { url, idle } = await origin((_request, response) => response.write('{'));
    const late = { kind: 'lost', opened: true, cause: 'timeout' };
    expect(await trySend(look, wireTo(url, { timeoutMs: 50 }))).toEqual(late);
    await idle();
  });
});

test('nothing of 100 requests is in memory after their answers, long before their time is up', async () => {
  const signals: WeakRef<AbortSignal>[] = [];
  const answering: typeof fetch = async (_url, { signal } = {}) => {
    if (signal) signals.push(new WeakRef(signal));
    // As undici does.
    signal?.addEventListener('abort', () => undefined);
    return new Response('{}');
  };
  const { signal: ending } = new AbortController();
  for (let sent = 0; sent < 50; sent += 1) {
    await send(look, wireTo('https://api.example.com', { fetch: answering }));
    const patience = (ms: number) => timeLimit(systemClock, ms, ending);
    await send(look, wireTo('https://api.example.com', { fetch: answering, patience }));
  }
  await collectGarbage();
  expect(signals).toHaveLength(100);
  expect(signals.filter((signal) => signal.deref() !== undefined)).toEqual([]);
});

/** Mistakes that only this process can make: no provider is to be blamed for them. */
describe('a bug is not a lost answer', () => {
  test.each<[string, ProviderRequest, Partial<SendOptions>]>([
    ['a time that is no whole number', look, { timeoutMs: 0.5 }],
    ['a time that is negative', look, { timeoutMs: -1 }],
    ['a time that is no number', look, { timeoutMs: Number.NaN }],
    ['a base URL that is none', look, { baseUrl: 'nowhere' }],
    ['a path that would lead elsewhere', { ...look, path: { segments: ['..'] } }, {}],
    ['a body that cannot be written', { ...cancel, body: 1n }, {}],
    ['a key that cannot be a header', look, { authorization: ['x-api-key', `${canaryKey}\r\nx-more: 1`] }],
  ])('%s: it rejects, nothing leaves, and the error does not hold the key', async (_what, request, more) => {
    const { url, received } = await origin((_request, response) => response.end());
    const error = await send(request, wireTo(url, more)).then(
      (sent) => sent,
      (thrown: unknown) => thrown,
    );
    expect(error).toBeInstanceOf(Error);
    expect(everythingShown(error)).not.toContain(canaryKey);
    expect(received).toEqual([]);
  });
});
