import { describe, expect, test } from 'vitest';
import { keyOf } from '../../shared/engine/connection.ts';
import { requestHeaders } from '../../shared/http/headers.ts';
import { send } from '../../shared/http/send-request.ts';
import type { ProviderRequest } from '../../shared/http/types.ts';
import { path } from '../../shared/http/url-path.ts';
import { canaryKey, everythingShown } from '../support/canary.ts';

/** Sends over a `fetch` that keeps what leaves and answers with these headers. */
async function sendTo(request: ProviderRequest, answered: Record<string, string> = {}) {
  const left: Request[] = [];
  const fetch: typeof globalThis.fetch = async (input, init) => {
    left.push(new Request(input, init));
    return Response.json({}, { headers: answered });
  };
  const authorization = ['authorization', `Bearer ${canaryKey}`] as const;
  const wire = { fetch, baseUrl: 'https://api.example.com', authorization, timeoutMs: 1_000, now: 0 };
  const sent = await send(request, wire);
  const [request_] = left;
  if (request_ === undefined || sent.kind === 'lost') throw new Error('nothing was sent');
  return { left: request_, response: sent.response };
}

const look: ProviderRequest = { method: 'GET', path: path`/jobs/${'j-1'}` };

describe('a request of an adapter', () => {
  test.each(['PATCH', 'DELETE'] as const)('may be a %s with a body', async (method) => {
    const { left } = await sendTo({ ...look, method, body: { suspend: true } });
    expect(left.method).toBe(method);
    expect(await left.json()).toEqual({ suspend: true });
    expect(left.headers.get('content-type')).toBe('application/json');
  });

  test('has the headers that the adapter asks for', async () => {
    const headers = {
      'anthropic-version': '2023-06-01',
      accept: 'application/vnd.github+json',
      'content-type': 'application/x-amz-json-1.1',
    };
    const { left } = await sendTo({ ...look, method: 'POST', body: {}, headers });
    expect(Object.fromEntries(left.headers)).toEqual({
      ...headers,
      authorization: `Bearer ${canaryKey}`,
      'user-agent': 'calloff',
    });
  });

  test('has those of an API that calloff has never heard of: its version, and its own', async () => {
    const headers = { 'x-prefect-api-version': '0.8.4', 'notion-version': '2025-09-03', 'x-team-id': 't-1' };
    const { left } = await sendTo({ ...look, headers });
    expect(Object.fromEntries(left.headers)).toMatchObject(headers);
  });

  test.each([
    'X-Team',
    'x-amz-security-token',
    'x-forwarded-host',
    'x-http-method-override',
    'x-method-override',
    'x-original-url',
    'x-real-ip',
    'x-rewrite-url',
    'proxy-version',
    'sec-websocket-version',
    'x-a b',
  ])('has no %s', async (name) => {
    const { left } = await sendTo({ ...look, headers: Object.fromEntries([[name, 'evil']]) });
    expect([...left.headers.values()]).not.toContain('evil');
  });

  test('has the key in its header, whatever the adapter puts there', async () => {
    const request = { ...look, headers: { 'x-api-key': 'mine' } };
    const fetch: typeof globalThis.fetch = async (_input, init) => {
      expect(new Headers(init?.headers).get('x-api-key')).toBe(canaryKey);
      return Response.json({});
    };
    const wire = { fetch, baseUrl: 'https://api.example.com', timeoutMs: 1_000, now: 0 };
    await send(request, { ...wire, authorization: ['x-api-key', canaryKey] });
    expect.assertions(1);
  });

  test('has no other headers, even if an adapter without types asks for them', async () => {
    const headers = {
      accept: 'application/json',
      'user-agent': 'evil',
      authorization: 'Bearer mine',
      host: 'evil.example',
      cookie: 'a=b',
    };
    const { left } = await sendTo({ ...look, headers });
    expect(Object.fromEntries(left.headers)).toEqual({
      accept: 'application/json',
      authorization: `Bearer ${canaryKey}`,
      'user-agent': 'calloff',
    });
  });

  test.each(requestHeaders)(
    'with a %s that no header can hold is a bug, and the value is not shown',
    async (name) => {
      const value = `${canaryKey}\r\nx-more: 1`;
      const error: unknown = await sendTo({ ...look, headers: { [name]: value } }).catch((thrown) => thrown);
      expect(error).toBeInstanceOf(Error);
      expect(everythingShown(error)).toContain(name);
      expect(everythingShown(error)).not.toContain(canaryKey);
    },
  );
});

describe('a response', () => {
  test('shows the adapter the headers of the closed list', async () => {
    const { response } = await sendTo(look, {
      link: '<https://api.example.com/jobs?page=2>; rel="next"',
      ratelimit: '"api";r=0;t=55',
      'set-cookie': 'a=b',
      'x-request-id': 'r-1',
    });
    expect(response.headers).toEqual({
      link: '<https://api.example.com/jobs?page=2>; rel="next"',
      ratelimit: '"api";r=0;t=55',
    });
  });
});

describe('two reads are one request', () => {
  const describeJobs = { method: 'POST', path: path`/v1/describejobs`, body: { jobs: ['a'] } } as const;

  test('if they ask the same', () => {
    const one = { ...describeJobs, headers: { accept: 'a/b', 'x-amz-target': 'Batch' } };
    const other = { ...describeJobs, headers: { 'x-amz-target': 'Batch', accept: 'a/b' } };
    expect(keyOf(one)).toBe(keyOf(other));
  });

  test.each<[string, ProviderRequest]>([
    ['another body', { ...describeJobs, body: { jobs: ['b'] } }],
    ['no body', { method: 'POST', path: path`/v1/describejobs` }],
    ['another header', { ...describeJobs, headers: { 'x-amz-target': 'Braket' } }],
  ])('but not with %s', (_what, other) => {
    expect(keyOf(other)).not.toBe(keyOf(describeJobs));
  });
});
