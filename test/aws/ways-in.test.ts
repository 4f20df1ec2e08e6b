import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import * as z from 'zod';
import { readableEvent } from '../../functions/aws/event.ts';
import { lambdaHandler } from '../../functions/aws/handler.ts';
import type { GatewayEvent } from '../../functions/aws/route-path.ts';
import { createApp } from '../../functions/http/app.ts';
import { openApiDocument } from '../../functions/http/openapi.ts';
import { callerOfOneToken } from '../../shared/access/authenticator.ts';
import { credentialFromSettings } from '../../shared/config/secrets/credentials.ts';
import { createGateway } from '../../shared/gateway.ts';
import { anyCharacter } from '../../shared/laws/parts/any-character.ts';
import type { LogEntry } from '../../shared/lib/log.ts';
import { eventV1, eventV2, type WireRequest } from '../support/events.ts';
import { settingsFor } from '../support/harness.ts';
import { casesAt, runs } from '../support/thorough.ts';

const { token } = settingsFor([]);
const headers = { authorization: `Bearer ${token}` };
const logged: LogEntry[] = [];
const keyless = { name: 'sutro', provider: 'sutro', baseUrl: 'http://127.0.0.1:9', options: {} } as const;
const handler = lambdaHandler((newRequestId) =>
  createApp({
    gateway: createGateway({
      connections: async () => [keyless],
      credentials: credentialFromSettings,
      budgetMs: 5_000,
    }),
    callers: callerOfOneToken(async () => token),
    log: (entry) => void logged.push(entry),
    newRequestId,
  }),
);

/** What is written past the log, by whatever library. */
const written: string[] = [];
const { error, warn, info, log } = console;
beforeAll(() => {
  const keep = (...said: unknown[]) => void written.push(said.map(String).join(' '));
  Object.assign(console, { error: keep, warn: keep, info: keep, log: keep });
});
afterAll(() => {
  Object.assign(console, { error, warn, info, log });
});

/** Calls the function; what it answers must be of the API, and nothing may be written but a line of the log. */
async function invoke(event: GatewayEvent) {
  const before = logged.length;
  const { statusCode, headers: single = {}, multiValueHeaders = {}, body } = await handler(event);
  expect(written).toEqual([]);
  expect(logged.slice(before)).toMatchObject([{ event: 'request', status: statusCode }]);
  expect({ ...single, ...multiValueHeaders }).toHaveProperty('x-request-id');
  expect(() => JSON.parse(body || '{}')).not.toThrow();
  return { status: statusCode, body, route: logged.at(-1)?.route };
}

const { paths } = z
  .object({ paths: z.record(z.string(), z.record(z.string(), z.unknown())) })
  .parse(openApiDocument());
const routes = Object.entries(paths).flatMap(([template, methods]) =>
  Object.keys(methods).flatMap((method) => {
    const of = { template, method: method.toUpperCase() };
    return of.method === 'GET' ? [of, { ...of, method: 'HEAD' }] : [of];
  }),
);
type Route = (typeof routes)[number];
const parameters = {
  ...{ provider: 'sutro', job_id: 'job-7', confirmation_id: 'pe26kgkpss' },
  ...{ operation_id: 'op_k3v7m2xq9tzh4ncd8wra', page: '1', hash: '0123456789abcdef', file: 'views/jobs.js' },
};

/** The event of a request that API Gateway led to a route, whatever stands before its path. */
function behind(base: string, { template, method }: Route, given: Record<string, string> = parameters) {
  const names = [...template.matchAll(/\{(\w+)\+?\}/g)].map(([, name = '']) => name);
  const pathParameters = Object.fromEntries(names.map((name) => [name, given[name] ?? '']));
  const path = template.replaceAll(/\{(\w+)\+?\}/g, (_all, name: string) => given[name] ?? '');
  const request: WireRequest = { method, target: path, headers };
  const [v1, v2] = [eventV1(request), eventV2(request)];
  return {
    'payload format 2.0': {
      ...v2,
      routeKey: `${method} ${template}`,
      rawPath: base + path,
      pathParameters,
    },
    'payload format 1.0': { ...v1, resource: template, path: base + path, pathParameters },
    'a greedy route': {
      ...v1,
      resource: '/{proxy+}',
      path: base + path,
      pathParameters: { proxy: path.slice(1) },
    },
  } satisfies Record<string, GatewayEvent>;
}

const bases = ['/calloff', '/a/b', '/v1', '/v1/jobs', '/$default', '/prod/calloff', '/ü%20'];

describe.each(['payload format 2.0', 'payload format 1.0', 'a greedy route'] as const)('by %s', (kind) => {
  it.each(routes)('$method $template is served below any base path', async (route) => {
    const bare = await invoke(behind('', route)[kind]);
    expect(bare.route).not.toBe('/*');
    for (const base of casesAt(bases, 0, 3, 6)) {
      const { status, route: served } = await invoke(behind(base, route)[kind]);
      expect([base, status, served]).toEqual([base, bare.status, bare.route]);
    }
  });

  it('no id leads to another route or another job', async () => {
    const cancel = { template: '/v1/providers/{provider}/jobs/{job_id}/cancel', method: 'POST' };
    const piece = fc.constantFrom(
      'v1',
      'providers',
      'sutro',
      'jobs',
      'job-8',
      'cancel',
      '',
      '.',
      '%2F',
      '?',
      '#',
    );
    await fc.assert(
      fc.asyncProperty(
        fc.array(piece, { minLength: 2 }),
        fc.constantFrom('', '/calloff'),
        async (pieces, base) => {
          const job_id = pieces.join('/');
          const { status, body } = await invoke(behind(base, cancel, { ...parameters, job_id })[kind]);
          expect([400, 404]).toContain(status);
          expect(body).not.toContain('"outcome"');
        },
      ),
      { numRuns: runs(100, 30) },
    );
  });

  it.each(['/..', '/%2e%2e', '/.', '/a/../b'])('a base path with %s is refused', async (base) => {
    const { status, body } = await invoke(behind(base, { template: '/v1/providers', method: 'GET' })[kind]);
    expect([status, JSON.parse(body).type]).toEqual([400, 'urn:calloff:problem:unsafe-path']);
  });
});

it('every route of every function is found below a base path, those of MCP, of Slack and of the console too', () => {
  const written = readFileSync('serverless.yml', 'utf8');
  const deployed = [...written.matchAll(/httpApi: (\w+) (\S+)/g)].map(([, method = '', template = '']) => ({
    ...{ method, template },
  }));
  expect(deployed.map(({ template }) => template)).toEqual(
    expect.arrayContaining(['/mcp', '/slack/commands', '/slack/interactions', '/', '/assets/{hash}/{file+}']),
  );
  for (const route of deployed) {
    const path = behind('', route)['payload format 1.0'].path;
    const { 'a greedy route': greedy, ...events } = behind('/calloff', route);
    // No greedy route takes the root.
    for (const event of Object.values(route.template === '/' ? events : { ...events, greedy })) {
      const readable = readableEvent(event);
      expect('rawPath' in readable ? readable.rawPath : readable.path).toBe(path);
    }
  }
});

describe.each([
  ['2.0', eventV2],
  ['1.0', eventV1],
] as const)('a function behind payload format %s', (_version, eventOf) => {
  it.each(['GET', 'HEAD'])('takes no notice of the body of a %s', async (method) => {
    for (const [body, isBase64Encoded] of [
      ['{}', false],
      ['e30=', true],
      ['%', true],
      ['x'.repeat(5_000_000), false],
    ] as const) {
      const event = { ...eventOf({ method, target: '/healthz', headers, body }), isBase64Encoded };
      expect((await invoke(event)).status).toBe(200);
    }
  });

  it('answers whatever it is called with in JSON, with an id, and writes nothing but its log line', async () => {
    const text = fc.oneof(
      fc.string({ unit: anyCharacter }),
      fc.constantFrom('s3cret\r\nx: y', '\0', '\ud800', 'é', '漢'),
    );
    const word = fc.oneof(
      text,
      fc.constantFrom('GET', 'HEAD', 'POST', 'CONNECT', 'TRACE', 'track', '', 'é x'),
    );
    await fc.assert(
      fc.asyncProperty(
        fc.record({
          method: word,
          path: text.map((path) => `/${path}`),
          query: text,
          body: fc.option(text),
          base64: fc.boolean(),
          fields: fc.dictionary(text, text),
          cookies: fc.array(text),
          domainName: fc.oneof(text, fc.constant('api.example.com')),
        }),
        async ({ method, path, query, body, base64, fields, cookies, domainName }) => {
          const event = eventOf({ method, target: path, headers: { ...fields, ...headers } });
          const shared = { body, isBase64Encoded: base64, cookies };
          await invoke(
            'rawPath' in event
              ? {
                  ...event,
                  ...shared,
                  rawQueryString: query,
                  requestContext: { ...event.requestContext, domainName },
                }
              : {
                  ...event,
                  ...shared,
                  multiValueHeaders: Object.fromEntries(
                    Object.entries(fields).map(([name, value]) => [name, [value]]),
                  ),
                  queryStringParameters: { [query]: query },
                  requestContext: { ...event.requestContext, domainName },
                },
          );
        },
      ),
      { numRuns: runs(500, 50) },
    );
  });
});
