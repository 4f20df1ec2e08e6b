import { describe, expect, test } from 'vitest';
import { listTools } from '../../mcp/tools/list-tools.ts';
import type { ProviderName } from '../../sandbox/sandbox.ts';
import { usualNames } from '../support/harness.ts';
import { casesAt, inSoak } from '../support/thorough.ts';
import { bytesAtStart, bytesOf, schemasAtStart, textOf } from './built.ts';
import { type Asked, httpApiEvent, type MakeEvent, restApiEvent } from './events.ts';
import type { Answer } from './lambda.ts';
import { token, useLambda } from './lambda-harness.ts';
import { encodingsWith, longWith } from './tried-formats.ts';

const harness = useLambda('mcp');
const { runningJob } = harness;

/** Sends to /mcp as a client does: by POST, with the token, unless told otherwise. */
function send(asked: Partial<Asked>, makeEvent: MakeEvent = httpApiEvent): Promise<Answer> {
  const headers = {
    accept: 'application/json, text/event-stream',
    authorization: `Bearer ${token}`,
    ...asked.headers,
  };
  return harness.invoke(makeEvent({ method: 'POST', path: '/mcp', ...asked, headers }));
}

const request = (method: string, params: object = {}) => ({ jsonrpc: '2.0', id: 7, method, params });
const call = (name: string, given: object, more: object = {}) =>
  request('tools/call', { name, arguments: given, ...more });
const cancel = (provider: ProviderName, job_id: string) => call('cancel_job', { provider, job_id });

async function speak(message: object, asked: Partial<Asked> = {}, makeEvent: MakeEvent = httpApiEvent) {
  const answer = await send({ ...asked, body: JSON.stringify(message) }, makeEvent);
  expect([answer.status, answer.headers['content-type']]).toEqual([200, 'application/json']);
  return JSON.parse(answer.text);
}

function expectNothingSent(): void {
  for (const provider of usualNames) expect(harness.sandbox.providers[provider].journal).toEqual([]);
}

const otherPaths = [
  ['/nowhere', 404],
  ['/v1/providers', 404],
  ['/.well-known/oauth-protected-resource/mcp', 404],
  ['/v1/../mcp', 400],
  ['/mcp/%2e%2e/mcp', 400],
] as const;

const log = () => harness.lambda.logLines().map((line) => JSON.parse(line));

describe('a function', () => {
  harness.keepWarm();
  firstCancel();
  describe.each([
    ['payload format 2.0', httpApiEvent],
    ['payload format 1.0', restApiEvent],
  ] as const)('in %s', inFormat);
  withoutStreams();
  withoutSecrets();
});

/** Before all that loads more of it. */
function firstCancel(): void {
  // 784 of the schemas are the SDK's.
  test('has a bundle that is below 620 KB and makes fewer than 1,240 schemas, and a first cancel reads no more of it than a start', async () => {
    expect(await bytesAtStart(harness.built.mcp)).toBeLessThan(620_000);
    expect(await schemasAtStart(harness.built.mcp)).toBeLessThan(1_240);
    const job = { provider: 'sutro', job_id: runningJob('sutro') };
    const { result } = await speak(call('cancel_job', job));
    expect(result.structuredContent).toMatchObject({ outcome: 'cancelled' });
    expect(bytesOf(harness.lambda.loaded())).toBe(await bytesAtStart(harness.built.mcp));
  });

  test('answers the list of tools as the sources write it', async () => {
    const { result } = await speak(request('tools/list'));
    expect(result.tools).toEqual(JSON.parse(JSON.stringify(listTools())));
  });
}

function largeBodies(makeEvent: MakeEvent): void {
  test('a body over 2 MB is refused, and one below is read', async () => {
    const fill = (size: number) => JSON.stringify(cancel('ionq', runningJob('ionq'))).padEnd(size, ' ');
    const above = await send({ body: fill(2_000_001), base64: true }, makeEvent);
    expect([above.status, JSON.parse(above.text).error.code]).toEqual([413, -32000]);
    expectNothingSent();
    const below = await send({ body: fill(2_000_000), base64: true }, makeEvent);
    expect(JSON.parse(below.text).result.structuredContent.outcome).toBe('cancelled');
  });
}

function inFormat(_: string, makeEvent: MakeEvent): void {
  const encodings = encodingsWith(makeEvent);
  longWith(makeEvent, () => largeBodies(makeEvent));

  test.each(encodings)(
    'a client is met, finds the tools and cancels a job, the body %s',
    async (_how, base64) => {
      const client = {
        protocolVersion: '2025-11-25',
        capabilities: {},
        clientInfo: { name: 't', version: '1' },
      };
      const met = await speak(request('initialize', client), { base64 }, makeEvent);
      expect(met).toMatchObject({
        id: 7,
        result: { protocolVersion: '2025-11-25', serverInfo: { name: 'calloff' } },
      });
      const said = { jsonrpc: '2.0', method: 'notifications/initialized' };
      const noted = await send({ body: JSON.stringify(said), base64 }, makeEvent);
      expect([noted.status, noted.text]).toEqual([202, '']);
      const { result } = await speak(request('tools/list'), { base64 }, makeEvent);
      const names = result.tools.map(({ name }: { name: string }) => name);
      expect(names).toEqual(listTools().map(({ name }) => name));

      const id = runningJob('sutro');
      const reason = 'costs too much – stop';
      const how = { provider: 'sutro', job_id: id, wait_seconds: 5, reason };
      const called = await speak(call('cancel_job', how), { base64 }, makeEvent);
      expect(called.result.structuredContent).toMatchObject({ job_id: id, outcome: 'cancelled' });
      expect(harness.sandbox.providers.sutro.job(id)).toMatchObject({ state: 'cancelled' });
    },
  );

  test('many jobs are cancelled, and found again', async () => {
    const jobs = usualNames.map((provider) => ({ provider, job_id: runningJob(provider) }));
    const many = await speak(call('cancel_jobs', { jobs }), {}, makeEvent);
    expect(many.result.structuredContent).toMatchObject({
      counts: { cancelled: jobs.length },
      duplicates: 0,
    });
    const { job_id } = jobs[0] ?? {};
    const found = await speak(call('list_jobs', { provider: 'ionq', ids: [job_id] }), {}, makeEvent);
    expect(found.result.structuredContent.jobs).toMatchObject([{ job_id, state: 'cancelled' }]);
  });

  test('a token that is missing, wrong or fit for no header is answered 401', async () => {
    const body = JSON.stringify(cancel('ionq', runningJob('ionq')));
    for (const authorization of ['', 'Bearer not-this-one-not-this-one', `Bearer ${token}\r\nx: y`]) {
      const answer = await send({ body, headers: { authorization } }, makeEvent);
      expect([authorization, answer.status]).toEqual([authorization, 401]);
      expect(answer.headers['www-authenticate']).toBe('Bearer realm="calloff"');
      expect(JSON.parse(answer.text)).toMatchObject({ jsonrpc: '2.0', id: null, error: { code: -32000 } });
    }
    expectNothingSent();
  });

  test('a page of another origin is answered 403, and one of the same host is not', async () => {
    const body = JSON.stringify(cancel('ionq', runningJob('ionq')));
    for (const origin of ['https://evil.example', 'null', 'https://api.example.com.evil.example']) {
      const answer = await send({ body, headers: { origin } }, makeEvent);
      expect([origin, answer.status]).toEqual([origin, 403]);
      expect(JSON.parse(answer.text)).toMatchObject({ jsonrpc: '2.0', id: null, error: { code: -32000 } });
    }
    expectNothingSent();
    const own = await send({ body, headers: { origin: 'https://api.example.com' } }, makeEvent);
    expect(own.status).toBe(200);
  });

  test('GET and DELETE are answered 405', async () => {
    for (const method of ['GET', 'DELETE'] as const) {
      const { status, headers } = await send({ method }, makeEvent);
      const { allow } = headers;
      expect([status, allow]).toEqual([405, 'POST']);
    }
  });

  test('nothing runs of a batch of 100 calls', async () => {
    const ids = harness.sandbox.providers.sutro.addJobs(100, { state: 'running' });
    const body = JSON.stringify(ids.map((id) => cancel('sutro', id)));
    const answer = await send({ body }, makeEvent);
    expect([answer.status, JSON.parse(answer.text).error.code]).toEqual([400, -32600]);
    expectNothingSent();
  });

  test('a body that is no JSON is refused', async () => {
    for (const body of ['{', '', 'cancel everything']) {
      const answer = await send({ body }, makeEvent);
      expect([body, answer.status, JSON.parse(answer.text).error.code]).toEqual([body, 400, -32700]);
    }
  });

  test('a call with an argument that means nothing is not carried out', async () => {
    for (const more of [{ dryRun: true }, { confirm: true }, { send_if_status_unknown: true }]) {
      const given = { provider: 'ionq', job_id: runningJob('ionq'), ...more };
      const { result } = await speak(call('cancel_job', given), {}, makeEvent);
      expect(result.content[0].text).toContain('Nothing was done');
      expect(result).toMatchObject({ isError: true, content: [{ type: 'text' }] });
    }
    expectNothingSent();
  });

  test('any other path is answered 404 or 400, as JSON-RPC', async () => {
    const body = JSON.stringify(cancel('ionq', runningJob('ionq')));
    for (const [path, status] of otherPaths) {
      const answer = await send({ path, body }, makeEvent);
      expect([path, answer.status]).toEqual([path, status]);
      expect(JSON.parse(answer.text)).toMatchObject({ jsonrpc: '2.0', id: null });
    }
    expectNothingSent();
  });

  test('the id of API Gateway is the id of the call, in the answer and in the log', async () => {
    const requestId = 'LV7fzho-PHcEJPw=';
    const jobs = [{ provider: 'sutro', job_id: runningJob('sutro') }];
    const body = JSON.stringify(call('cancel_jobs', { jobs, dry_run: true }));
    const answer = await send({ body, requestId }, makeEvent);
    expect(answer.headers).toMatchObject({ 'x-request-id': requestId, 'cache-control': 'no-store' });
    expect(JSON.parse(answer.text).result.structuredContent.request_id).toBe(requestId);
    const refused = await send({ method: 'GET', requestId }, makeEvent);
    expect(JSON.parse(refused.text).error.data).toEqual({ request_id: requestId });
    const line = { level: 'INFO', event: 'request', request_id: requestId, route: '/mcp' };
    const requests = () =>
      log().filter(({ event, request_id }) => event === 'request' && request_id === requestId);
    await expect.poll(requests).toMatchObject([
      { ...line, method: 'POST', status: 200 },
      { ...line, method: 'GET', status: 405 },
    ]);
  });
}

function withoutStreams(): void {
  test('streams no progress that is asked for: the answer is JSON', async () => {
    const given = { provider: 'ionq', job_id: runningJob('ionq') };
    const { result } = await speak(call('cancel_job', given, { _meta: { progressToken: 'p' } }));
    expect(result.structuredContent.outcome).toBe('cancelled');
  });

  test('can ask no person, so jobs above the limit without consent are refused', async () => {
    const ids = harness.sandbox.providers.sutro.addJobs(11, { state: 'running' });
    const jobs = ids.map((job_id) => ({ provider: 'sutro', job_id }));
    const { result } = await speak(call('cancel_jobs', { jobs }));
    expect(result.structuredContent.counts).toMatchObject({ refused: 11, cancelled: 0 });
    for (const id of ids) expect(harness.sandbox.providers.sutro.job(id)).toMatchObject({ state: 'running' });
  });
}

function withoutSecrets(): void {
  test.each(
    casesAt(
      [
        ['is missing', undefined],
        ['is too short', 'canary-token'],
      ],
      1,
    ),
  )('admits no caller if the token %s', async (_how, value) => {
    harness.secrets.set('calloff/token', value);
    const body = JSON.stringify(request('ping'));
    const answer = await send({ body, headers: { authorization: 'Bearer canary-token' } });
    expect([answer.status, JSON.parse(answer.text).error.message]).toEqual([
      503,
      'calloff has no token configured, or cannot read it now.',
    ]);
  });

  test('goes on with the others if a provider is not configured, because its secret is missing', async () => {
    harness.secrets.set('calloff/sutro', undefined);
    const jobs = (['sutro', 'ionq'] as const).map((provider) => ({ provider, job_id: runningJob(provider) }));
    const { result } = await speak(call('cancel_jobs', { jobs }));
    expect(result.structuredContent.outcomes).toMatchObject([
      { outcome: 'failed', code: 'provider_not_configured' },
      { outcome: 'cancelled' },
    ]);
  });
}

test('a call is answered in time where Secrets Manager does not answer', async () => {
  harness.secrets.hang(true);
  await send({ path: '/nowhere' });
  const startedAt = performance.now();
  const answer = await send({ body: JSON.stringify(request('ping')) });
  expect(answer.status).toBe(503);
  expect(performance.now() - startedAt).toBeLessThan(4_000);
  await expect
    .poll(log)
    .toContainEqual(expect.objectContaining({ level: 'ERROR', event: 'secret_unreadable' }));
});

describe('the time', () => {
  harness.keepWarm();
  /** One job needs no confirmation, two do. */
  const budget = { CALLOFF_BUDGET_SECONDS: '5', CALLOFF_CONFIRM_ABOVE: '1' };

  test.each([
    ['the look', ['status', 'statusMany', 'list'], 'failed'],
    ['the cancel', ['cancel', 'cancelMany'], 'unknown'],
  ] as const)('is kept where a provider does not answer %s', async (_what, operations, outcome) => {
    harness.configure(budget);
    const job_id = runningJob('sutro');
    harness.sandbox.providers.sutro.setFault({ kind: 'hang', operations });
    await speak(request('ping'));
    const startedAt = performance.now();
    const { result } = await speak(cancel('sutro', job_id));
    expect(performance.now() - startedAt).toBeLessThan(6_000);
    expect(result.structuredContent).toMatchObject({ job_id, outcome });
  });

  test('is no longer where a call looks before it asks whether it may', async () => {
    harness.configure(budget);
    const over = harness.sandbox.providers.sutro.addJob({ state: 'completed' });
    const ids = [over, runningJob('sutro')];
    harness.sandbox.providers.sutro.setFault({ kind: 'delay', ms: 2_500 });
    await speak(request('ping'));
    const startedAt = performance.now();
    const jobs = ids.map((job_id) => ({ provider: 'sutro', job_id }));
    const { result } = await speak(call('cancel_jobs', { jobs }));
    expect(performance.now() - startedAt).toBeLessThan(6_000);
    expect(result.structuredContent.counts.cancelled).toBe(0);
  });
});

// In npm test, the API stands for the functions that do not start: they read their variables alike.
inSoak(() => {
  test('the time for one call cannot be set beyond what API Gateway waits', async () => {
    await harness.restart({ CALLOFF_BUDGET_SECONDS: '60' });
    expect(await harness.lambda.ended).toBe(1);
    await expect.poll(() => harness.lambda.output()).toContain('CALLOFF_BUDGET_SECONDS must be at most 25');
  });
});

describe('the bundle', () => {
  test('holds one AWS client, nothing of the sandbox and nothing of the command', async () => {
    const text = await textOf(harness.built.mcp);
    expect(text).toContain('@aws-sdk/client-secrets-manager');
    expect(text).not.toMatch(/@aws-sdk\/client-(?!secrets-manager)|aws-xray/);
    expect(text).not.toMatch(/sandbox|pretend|commander|node:sqlite/i);
  });
});
