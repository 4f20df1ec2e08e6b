import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { dirname, relative } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, test } from 'vitest';
import { openApiDocument } from '../../functions/http/openapi.ts';
import type { ProviderName } from '../../sandbox/sandbox.ts';
import { version } from '../../shared/lib/version.ts';
import { usualNames as providers } from '../support/harness.ts';
import { casesAt, inSoak } from '../support/thorough.ts';
import { buildAside, bytesAtStart, bytesOf, partsOf, schemasAtStart, textOf } from './built.ts';
import { type Asked, httpApiEvent, type MakeEvent, restApiEvent } from './events.ts';
import type { Answer } from './lambda.ts';
import { keyOf, token, useLambda } from './lambda-harness.ts';
import { encodingsWith, longWith } from './tried-formats.ts';

const stage = useLambda('api');
const { restart, runningJob } = stage;

function ask(asked: Asked, makeEvent: MakeEvent = httpApiEvent): Promise<Answer> {
  const headers = { authorization: `Bearer ${token}`, ...asked.headers };
  return stage.invoke(makeEvent({ ...asked, headers }));
}

const cancelPath = (provider: ProviderName, id: string) => `/v1/providers/${provider}/jobs/${id}/cancel`;

describe('one environment', () => {
  stage.keepWarm();
  // These two ask a new one: the first for no more than its secrets, the second for its first cancel.
  newEnvironment();
  describe.each([
    ['payload format 2.0', httpApiEvent],
    ['payload format 1.0', restApiEvent],
  ] as const)('in %s', inFormat);
  describe('of an HTTP API', ofHttpApi);
  describe('and its secrets', rotated);
});

function newEnvironment(): void {
  test('reads its secrets once however many calls come first', async () => {
    const calls = Array.from({ length: 8 }, () => ask({ path: '/v1/providers' }));
    for (const { status } of await Promise.all(calls)) expect(status).toBe(200);
    await ask({ path: '/v1/providers' });
    expect(stage.secrets.requests.toSorted()).toEqual(
      ['config', 'token', ...providers].map((name) => `calloff/${name}`).sort(),
    );
  });

  test('its bundle is below 545 KB and makes fewer than 420 schemas, and a first cancel reads no more of it than a start', async () => {
    expect(await bytesAtStart(stage.built.api)).toBeLessThan(545_000);
    expect(await schemasAtStart(stage.built.api)).toBeLessThan(420);
    const answer = await ask({ method: 'POST', path: cancelPath('sutro', runningJob('sutro')) });
    expect(JSON.parse(answer.text)).toMatchObject({ outcome: 'cancelled' });
    expect(bytesOf(stage.lambda.loaded())).toBe(await bytesAtStart(stage.built.api));
  });

  test('answers the OpenAPI document as the sources render it', async () => {
    const { text } = await ask({ path: '/openapi.json' });
    expect(JSON.parse(text)).toEqual(JSON.parse(JSON.stringify(openApiDocument())));
  });
}

function largeBodies(makeEvent: MakeEvent): void {
  test('a body over 2 MB is refused, and one below is read', async () => {
    const job = { provider: 'ionq', job_id: runningJob('ionq') };
    const fill = (size: number) => JSON.stringify({ jobs: [job] }).padEnd(size, ' ');
    const asked = { method: 'POST', path: '/v1/jobs/cancel' } as const;
    const below = await ask({ ...asked, body: fill(2_000_000), base64: true }, makeEvent);
    expect([below.status, JSON.parse(below.text).counts.cancelled]).toEqual([200, 1]);
    const above = await ask({ ...asked, body: fill(2_000_001), base64: true }, makeEvent);
    expect(above.status).toBe(413);
  });
}

function inFormat(_: string, makeEvent: MakeEvent): void {
  const encodings = encodingsWith(makeEvent);
  longWith(makeEvent, () => largeBodies(makeEvent));

  test.each(encodings)('one job is cancelled, the body %s', async (_how, base64) => {
    const id = runningJob('sutro');
    const body = JSON.stringify({ wait_seconds: 5, reason: 'costs too much – stop' });
    const answer = await ask({ method: 'POST', path: cancelPath('sutro', id), body, base64 }, makeEvent);
    expect(answer.status).toBe(200);
    expect(JSON.parse(answer.text)).toMatchObject({ provider: 'sutro', job_id: id, outcome: 'cancelled' });
    expect(stage.sandbox.providers.sutro.job(id)).toMatchObject({ state: 'cancelled' });
  });

  test('one job is cancelled without a body', async () => {
    const id = runningJob('ionq');
    const answer = await ask({ method: 'POST', path: cancelPath('ionq', id) }, makeEvent);
    expect(JSON.parse(answer.text)).toMatchObject({ outcome: 'cancelled', state: 'cancelled' });
  });

  test.each(encodings)('many jobs are cancelled, the body %s', async (_how, base64) => {
    const jobs = providers.map((provider) => ({ provider, job_id: runningJob(provider) }));
    const body = JSON.stringify({ jobs });
    const answer = await ask({ method: 'POST', path: '/v1/jobs/cancel', body, base64 }, makeEvent);
    expect(answer.status).toBe(200);
    expect(JSON.parse(answer.text)).toMatchObject({ counts: { cancelled: jobs.length }, duplicates: 0 });
  });

  test('a job is looked at, jobs are found, and connections are listed', async () => {
    const id = runningJob('promptloop');
    const looked = await ask({ path: `/v1/providers/promptloop/jobs/${id}` }, makeEvent);
    expect(JSON.parse(looked.text)).toMatchObject({ provider: 'promptloop', job_id: id, state: 'running' });
    const found = await ask({ path: '/v1/jobs', query: [['state', 'running,unknown']] }, makeEvent);
    expect(JSON.parse(found.text)).toMatchObject({ jobs: [{ job_id: id }], partial: false });
    const listed = await ask({ path: '/v1/providers' }, makeEvent);
    expect(JSON.parse(listed.text)).toMatchObject({
      providers: providers.map((provider) => ({ provider, configured: true })),
    });
  });

  test('liveness and the OpenAPI document need no token, and no secret is read for them', async () => {
    const headers = { authorization: '' };
    const before = stage.secrets.requests.length;
    const health = await ask({ path: '/healthz', headers }, makeEvent);
    expect([health.status, JSON.parse(health.text)]).toEqual([200, { status: 'ok' }]);
    const document = await ask({ path: '/openapi.json', headers }, makeEvent);
    expect(JSON.parse(document.text)).toMatchObject({ openapi: '3.1.0' });
    expect(stage.secrets.requests).toHaveLength(before);
  });

  test('readiness needs no token, and asks the table but no provider', async () => {
    const headers = { authorization: '' };
    const ready = await ask({ path: '/readyz', headers }, makeEvent);
    expect([ready.status, JSON.parse(ready.text)]).toEqual([200, { status: 'ready' }]);
    expect((await ask({ method: 'HEAD', path: '/readyz', headers }, makeEvent)).status).toBe(200);
  });

  test.each([
    ['missing', ''],
    ['wrong', 'Bearer not-this-one-not-this-one'],
    ['one that no header can hold', `Bearer ${token}\r\nx: y`],
  ])('a token that is %s is answered 401, and nothing is sent', async (_how, authorization) => {
    const id = runningJob('ionq');
    const asked: Asked = { method: 'POST', path: cancelPath('ionq', id), headers: { authorization } };
    const answer = await ask(asked, makeEvent);
    expect(answer.status).toBe(401);
    expect(answer.headers['content-type']).toBe('application/problem+json');
    expect(answer.headers['www-authenticate']).toMatch(/^Bearer/);
    expect(stage.sandbox.providers.ionq.journal).toEqual([]);
  });

  test.each([
    '/v1/providers/ionq/jobs/../cancel',
    '/v1/providers/ionq/jobs/%2e%2e/cancel',
    '/v1/providers/ionq/jobs/./cancel',
    '/v1/jobs/.%2e/providers',
    '/v1/jobs\\..\\providers',
  ])('the path %s is refused', async (path) => {
    const answer = await ask({ method: 'POST', path }, makeEvent);
    expect([answer.status, JSON.parse(answer.text).type]).toEqual([400, 'urn:calloff:problem:unsafe-path']);
  });

  test('a body that is no Base64 is a fault, and what no query can hold too', async () => {
    const headers = { authorization: `Bearer ${token}` };
    const posted = { method: 'POST', path: '/v1/jobs/cancel', headers, body: '{}', base64: true } as const;
    for (const body of ['%', 'e30=e30=', 'e'])
      expect((await stage.invoke({ ...makeEvent(posted), body })).status, body).toBe(400);
    for (const pair of [
      ['state', '\ud800'],
      ['\ud800', 'running'],
    ] as const)
      expect((await ask({ path: '/v1/jobs', query: [pair] }, makeEvent)).status).toBe(400);
  });

  test('a query with a name twice is a fault', async () => {
    const query = [
      ['state', 'running'],
      ['state', 'queued'],
    ] as const;
    const answer = await ask({ path: '/v1/jobs', query }, makeEvent);
    expect([answer.status, JSON.parse(answer.text).faults]).toMatchObject([400, [{ path: 'state' }]]);
  });

  test('a query value keeps what is encoded in it', async () => {
    stage.sandbox.providers.ionq.addJob({ name: 'a&b=c %2B ü' });
    const answer = await ask({ path: '/v1/jobs', query: [['name', '&b=c %2B Ü']] }, makeEvent);
    expect(JSON.parse(answer.text).jobs).toHaveLength(1);
  });

  test('the id of API Gateway is the id of the request, in the answer and in the log, beside the trace of the caller', async () => {
    const requestId = 'LV7fzho-PHcEJPw=';
    const trace = { trace_id: '4bf92f3577b34da6a3ce929d0e0e4736', parent_id: '00f067aa0ba902b7' };
    const headers = { traceparent: `00-${trace.trace_id}-${trace.parent_id}-01` };
    const answer = await ask({ path: '/v1/nowhere', requestId, headers }, makeEvent);
    expect(answer.headers['x-request-id']).toBe(requestId);
    expect(JSON.parse(answer.text).request_id).toBe(requestId);
    const lines = stage.lambda.logLines().map((line) => JSON.parse(line));
    expect(lines.filter(({ request_id }) => request_id === requestId)).toMatchObject([
      { level: 'INFO', event: 'request', request_id: requestId, status: 404, ...trace },
    ]);
    const odd = await ask({ path: '/v1/providers', requestId: 'no "id"\n' }, makeEvent);
    expect(odd.headers['x-request-id']).toMatch(/^[0-9a-f]{8}-[0-9a-f-]{27}$/);
  });
}

function rotated(): void {
  test.each(
    casesAt(
      [
        ['is missing', undefined],
        ['holds a line break', 'canary-key\ncanary-key'],
        ['is JSON of another shape', '{"canary": "key"}'],
      ],
      1,
    ),
  )('where one %s, the provider is not configured and the others go on', async (_how, value) => {
    stage.secrets.set('calloff/sutro', value);
    const alone = await ask({ method: 'POST', path: cancelPath('sutro', runningJob('sutro')) });
    expect(alone.status).toBe(503);
    expect(JSON.parse(alone.text)).toMatchObject({ outcome: 'failed', code: 'provider_not_configured' });
    const jobs = (['sutro', 'ionq'] as const).map((provider) => ({ provider, job_id: runningJob(provider) }));
    const both = await ask({ method: 'POST', path: '/v1/jobs/cancel', body: JSON.stringify({ jobs }) });
    expect(JSON.parse(both.text).outcomes).toMatchObject([
      { outcome: 'failed', code: 'provider_not_configured' },
      { outcome: 'cancelled' },
    ]);
    expect(stage.sandbox.providers.sutro.journal).toEqual([]);
  });

  test.each(
    casesAt(
      [
        ['is missing', undefined],
        ['is too short', 'canary-token'],
      ],
      0,
    ),
  )('no caller is admitted if the token %s', async (_how, value) => {
    stage.secrets.set('calloff/token', value);
    const answer = await ask({ path: '/v1/providers', headers: { authorization: 'Bearer canary-token' } });
    expect([answer.status, JSON.parse(answer.text).type]).toEqual([
      503,
      'urn:calloff:problem:not-configured',
    ]);
  });

  test('a rotated key is found by the call that it is rejected in, with one more read', async () => {
    const id = runningJob('ionq');
    await ask({ path: `/v1/providers/ionq/jobs/${id}` });
    stage.sandbox.providers.ionq.setKey('canary-rotated-key-1');
    stage.secrets.set('calloff/ionq', 'canary-rotated-key-1');
    stage.forward(61_000);
    const answer = await ask({ method: 'POST', path: cancelPath('ionq', id) });
    expect(JSON.parse(answer.text)).toMatchObject({ outcome: 'cancelled' });
    expect(stage.secrets.requests.filter((name) => name === 'calloff/ionq')).toHaveLength(2);
  });

  test('a rejected key is credentials_rejected, and its secret is read at most once a minute', async () => {
    const path = cancelPath('ionq', runningJob('ionq'));
    stage.sandbox.providers.ionq.setKey('canary-rotated-key-2');
    for (const seconds of [0, 30, 29]) {
      stage.forward(seconds * 1_000);
      const answer = await ask({ method: 'POST', path });
      expect(answer.status).toBe(502);
      expect(JSON.parse(answer.text)).toMatchObject({ outcome: 'failed', code: 'credentials_rejected' });
    }
    expect(stage.secrets.requests.filter((name) => name === 'calloff/ionq')).toHaveLength(1);
    stage.forward(2_000);
    await ask({ method: 'POST', path });
    expect(stage.secrets.requests.filter((name) => name === 'calloff/ionq')).toHaveLength(2);
  });
}

function ofHttpApi(): void {
  test('with a named stage puts it before the path', async () => {
    const answer = await ask({ path: '/v1/providers', stage: 'prod' });
    expect(answer.status).toBe(200);
    const refused = await ask({ path: '/../v1/providers', stage: 'prod' });
    expect(refused.status).toBe(400);
  });

  test.each(['/v1/jobs/.\t./providers', '/v1/jobs/.\n./providers'])(
    'decodes a path, and %j is no way around the dot segments',
    async (path) => {
      const answer = await ask({ path });
      expect(answer.status).toBe(404);
    },
  );

  test.each(['?', '#'])(
    'decodes a path, and %s in an id neither ends it nor begins a query',
    async (mark) => {
      const id = runningJob('sutro');
      const path = cancelPath('sutro', `${id}${mark}dry_run=true`);
      const answer = await ask({ method: 'POST', path });
      expect([answer.status, JSON.parse(answer.text).faults]).toMatchObject([400, [{ path: 'job_id' }]]);
      expect(stage.sandbox.providers.sutro.journal).toEqual([]);
    },
  );

  test('the log is one line of JSON per call, with the route and not the path', async () => {
    const id = runningJob('sutro');
    await ask({ path: `/v1/providers/sutro/jobs/${id}` });
    const lines = stage.lambda.logLines().map((line) => JSON.parse(line));
    expect(lines).toMatchObject([
      { level: 'INFO', event: 'request', route: '/v1/providers/:provider/jobs/:job_id', status: 200 },
    ]);
    expect(new Date(lines[0].timestamp).toISOString()).toBe(lines[0].timestamp);
    expect(stage.lambda.output()).not.toContain(id);
  });
}

// In npm test, the Slack function reads secrets under other prefixes.
inSoak(() => {
  test('secrets can lie under another prefix', async () => {
    stage.secrets.set('team/x/token', token);
    await restart({ CALLOFF_SECRET_PREFIX: 'team/x/' });
    const answer = await ask({ path: '/v1/providers' });
    expect(JSON.parse(answer.text).providers).toMatchObject(providers.map(() => ({ configured: false })));
    expect(stage.secrets.requests).toContain('team/x/ionq');
  });
});

test('secrets that do not come keep no call of a new environment beyond its time', async () => {
  stage.secrets.hang(true);
  await ask({ path: '/healthz' });
  const probedAt = performance.now();
  const probe = await ask({ path: '/readyz' });
  expect(JSON.parse(probe.text)).toEqual({ status: 'not_ready', reason: 'configuration_slow' });
  expect(performance.now() - probedAt).toBeLessThan(1_500);
  const startedAt = performance.now();
  const answer = await ask({ path: '/v1/providers' });
  expect(answer.status).toBe(503);
  expect(performance.now() - startedAt).toBeLessThan(4_000);
  expect(stage.lambda.logLines().map((line) => JSON.parse(line))).toContainEqual(
    expect.objectContaining({ level: 'ERROR', event: 'secret_unreadable' }),
  );
});

describe('an environment with more variables', () => {
  stage.keepWarm();
  const arn = 'arn:aws:secretsmanager:eu-central-1:444455556666:secret:keys/promptloop-AbCdEf';
  /** Every way to say something else about them: they do not touch one another. */
  const others = {
    CALLOFF_SECRET_MAX_AGE_SECONDS: '120',
    CALLOFF_SECRET_ARNS: `promptloop=${arn}`,
    IONWORKS_BASE_URL: 'http://127.0.0.1:9/',
    IONQ_API_KEY: keyOf('ionq'),
    CALLOFF_METRICS: 'on',
  };

  // First, because it shows only when it starts.
  test('warns, when it starts, of a key in the environment, and does not use it', async () => {
    stage.secrets.set('calloff/ionq', undefined);
    stage.configure(others);
    const answer = await ask({ method: 'POST', path: cancelPath('ionq', runningJob('ionq')) });
    expect(JSON.parse(answer.text)).toMatchObject({ code: 'provider_not_configured' });
    expect(stage.lambda.logLines().map((line) => JSON.parse(line))).toContainEqual(
      expect.objectContaining({ level: 'WARN', event: 'key_in_environment_ignored', connection: 'ionq' }),
    );
  });

  test('has the counts of each call go to CloudWatch in the line of its log, if they are switched on', async () => {
    stage.configure(others);
    const id = runningJob('sutro');
    const body = JSON.stringify({ wait_seconds: 5 });
    await ask({ method: 'POST', path: cancelPath('sutro', id), body });
    const lines = stage.lambda.logLines().map((line) => JSON.parse(line));
    expect(lines.filter(({ event }) => event === 'request')).toMatchObject([
      {
        ...{ event: 'request', status: 200, cancels_cancelled: 1, provider_requests_2xx: expect.any(Number) },
        _aws: { CloudWatchMetrics: [{ Namespace: 'calloff', Dimensions: [['table']] }] },
      },
    ]);
  });

  test('reads secrets again when they are older than their time', async () => {
    stage.configure(others);
    expect((await ask({ path: '/v1/providers' })).status).toBe(200);
    stage.secrets.set('calloff/token', 'canary-another-token-1');
    stage.forward(119_000);
    expect((await ask({ path: '/v1/providers' })).status).toBe(200);
    stage.forward(1_000);
    expect((await ask({ path: '/v1/providers' })).status).toBe(401);
  });

  test('has a secret of another account, which is then asked for, and named, by the ARN that was given for it', async () => {
    stage.secrets.set(arn, keyOf('promptloop'));
    stage.secrets.set('calloff/promptloop', 'canary-another-key');
    stage.configure(others);
    const path = () => cancelPath('promptloop', runningJob('promptloop'));
    const answer = await ask({ method: 'POST', path: path() });
    expect(JSON.parse(answer.text)).toMatchObject({ outcome: 'cancelled' });
    expect(stage.secrets.requests).not.toContain('calloff/promptloop');
    stage.secrets.set(arn, '{"canary": "key"}');
    stage.forward(300_000);
    const faulty = JSON.parse((await ask({ method: 'POST', path: path() })).text);
    expect(faulty).toMatchObject({
      code: 'provider_not_configured',
      message: expect.stringContaining(`the secret ${arn} in AWS holds neither a key`),
    });
  });

  test('takes a secret that is JSON with a base URL', async () => {
    const { baseUrl } = stage.sandbox.providers.ionworks;
    stage.secrets.set('calloff/ionworks', JSON.stringify({ api_key: keyOf('ionworks'), base_url: baseUrl }));
    stage.configure(others);
    const answer = await ask({ method: 'POST', path: cancelPath('ionworks', runningJob('ionworks')) });
    expect(JSON.parse(answer.text)).toMatchObject({ outcome: 'cancelled' });
  });
});

describe('the start', () => {
  test.each(
    casesAt(
      [
        ['CALLOFF_SECRET_PREFFIX', 'x/', 'is not a known variable'],
        ['CALLOFF_BUDGET_SECONDS', '60', 'must be at most 25'],
        ['IONQ_BASE_URL', 'http://canary.example.com', 'must begin with https'],
      ],
      1,
    ),
  )('fails with its reason where %s is %s', async (name, value, reason) => {
    await restart({ [name]: value });
    expect(await stage.lambda.ended).toBe(1);
    await expect.poll(() => stage.lambda.output()).toContain('calloff cannot start');
    await expect.poll(() => stage.lambda.output()).toContain(name);
    await expect.poll(() => stage.lambda.output()).toContain(reason);
  });
});

describe('the bundle', () => {
  test('holds one AWS client, nothing of the sandbox and nothing of the command', async () => {
    const text = await textOf(stage.built.api);
    expect(text).toContain('@aws-sdk/client-secrets-manager');
    expect(text).not.toMatch(/@aws-sdk\/client-(?!secrets-manager)|aws-xray|modelcontextprotocol/);
    expect(text).not.toMatch(/sandbox|pretend|commander|node:sqlite/i);
  });

  test.each(['api', 'mcp', 'slack', 'worker', 'operations', 'console'] as const)(
    'of the function %s needs nothing beside its parts but Node',
    async (name) => {
      const text = await textOf(stage.built[name]);
      const names = [...text.matchAll(/(?:\bfrom|\bimport)\s*\(?"([^"]+)"/g)].map(([, name = '']) => name);
      const foreign = new Set(names.filter((name) => !/^(?:node:|\.)/.test(name)));
      // What the client would ask for credentials if the environment, where Lambda puts them, had none; and event streams.
      const unused = /^@(aws-sdk|smithy)\/credential-provider-|^@smithy\/core\/event-streams$/;
      expect([...foreign].filter((name) => !unused.test(name))).toEqual([]);
      expect(text).not.toMatch(/\bfrom\s*"@/);
    },
  );

  test('comes out the same when it is built again', async () => {
    const all = ['api', 'mcp', 'slack', 'worker', 'operations', 'console', 'command'] as const;
    const names = casesAt(all, 5);
    const [first, second] = [stage.built, await buildAside(names)];
    for (const name of names) {
      const [one, other] = await Promise.all([contents(first[name]), contents(second[name])]);
      expect(one).toEqual(other);
    }
    await second.remove();
  }, 60_000);
});

/** The names and texts of a bundle and its parts. */
async function contents(bundle: string): Promise<[path: string, text: string][]> {
  const files = await partsOf(bundle);
  return Promise.all(
    files.map(async (file) => [relative(dirname(bundle), file), await readFile(file, 'utf8')]),
  );
}

describe('the bundle of the command', () => {
  test('runs, and takes itself for nothing else', async () => {
    const { stdout, stderr } = await promisify(execFile)(process.execPath, [
      stage.built.command,
      '--version',
    ]);
    expect([stdout, stderr]).toEqual([`${version}\n`, '']);
  });

  test('begins with the line that makes it a command', async () => {
    expect(await readFile(stage.built.command, 'utf8')).toMatch(/^#!\/usr\/bin\/env node\n/);
  });
});
