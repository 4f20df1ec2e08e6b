import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import * as z from 'zod';
import { readMessage } from '../../mcp/message.ts';
import { tools } from '../../mcp/tools/index.ts';
import { withoutNulls } from '../../mcp/tools/without-nulls.ts';
import { overHttp } from '../support/surfaces/mcp-client.ts';
import { openTestServer, type Role, type TestServer } from '../support/surfaces/test-server.ts';

const roles = {
  ada: { kind: 'person', may: { connections: ['*'], actions: ['list', 'cancel'] } },
} satisfies Record<string, Role>;

let twin: TestServer;
beforeAll(async () => {
  twin = await openTestServer(roles);
});
afterAll(() => twin.close());

const problemSchema = z.object({ faults: z.array(z.object({ path: z.string(), message: z.string() })) });
const post = async (path: string, body: string) => {
  const response = await fetch(new URL(path, twin.url), {
    method: 'POST',
    headers: { authorization: `Bearer ${twin.tokenOf('ada')}`, 'content-type': 'application/json' },
    body,
  });
  return { status: response.status, told: await response.json() };
};
const get = async (target: string) => {
  const response = await fetch(new URL(target, twin.url), {
    headers: { authorization: `Bearer ${twin.tokenOf('ada')}` },
  });
  return { status: response.status, told: await response.json() };
};
const cancelsAt = () =>
  twin.sandbox.providers.sutro.journal.filter(({ operation }) => operation === 'cancel').length;

describe('a body that two readers read differently', () => {
  it.each([
    ['{"dry_run": true, "dry_run": false}', 'dry_run'],
    ['{"dry_run": true, "dry\\u005frun": false}', 'dry_run'],
    ['{"reason": "a", "__proto__": {"dry_run": true}}', '__proto__'],
  ])('%s is refused, and nothing is sent', async (body, path) => {
    const job = twin.sandbox.providers.sutro.addJob({ state: 'running' });
    const before = cancelsAt();
    const { status, told } = await post(`/v1/providers/sutro/jobs/${job}/cancel`, body);
    expect(status).toBe(400);
    expect(problemSchema.parse(told).faults.map((fault) => fault.path)).toContain(path);
    expect(cancelsAt()).toBe(before);
  });

  it('names which of many jobs it is in, over HTTP and over MCP', async () => {
    const [one, other] = twin.sandbox.providers.sutro.addJobs(2, { state: 'running' });
    const jobs = `[{"provider": "sutro", "job_id": "${one}", "job_id": "${other}"}]`;
    const { status, told } = await post('/v1/jobs/cancel', `{"jobs": ${jobs}}`);
    expect(status).toBe(400);
    expect(problemSchema.parse(told).faults[0]?.path).toBe('jobs[0].job_id');
    const call = `{"jsonrpc": "2.0", "id": 7, "method": "tools/call", "params": {"name": "cancel_jobs", "arguments": {"jobs": ${jobs}}}}`;
    expect(readMessage(call)).toMatchObject({ fault: 'ambiguous', id: 7 });
    expect((await post('/mcp', call)).status).toBe(400);
  });

  it('names a hundred faults at most, and how many more there are', async () => {
    const jobs = Array.from({ length: 5_000 }, () => ({}));
    const { status, told } = await post('/v1/jobs/cancel', JSON.stringify({ jobs }));
    const { faults } = problemSchema.parse(told);
    expect([status, faults.length, faults.at(-1)?.message]).toEqual([400, 101, 'and 9900 more faults']);
  });

  it('is refused for its length before its entries are judged', async () => {
    const entries = '{},'.repeat(600_000);
    const before = performance.now();
    const { status, told } = await post('/v1/jobs/cancel', `{"jobs": [${entries}{}]}`);
    expect([status, problemSchema.parse(told).faults]).toEqual([
      400,
      [expect.objectContaining({ path: 'jobs', message: expect.stringContaining('at most 5000 jobs') })],
    ]);
    expect(performance.now() - before).toBeLessThan(2_000);
  });
});

describe('a query that two readers read differently', () => {
  it.each([
    ['/v1/jobs?provider=sutro&provider=ionq', 'provider'],
    ['/v1/jobs?provider=sutro&prov%69der=sutro', 'provider'],
    ['/v1/jobs?state=running&limit=1&limit=2', 'limit'],
    ['/v1/jobs?__proto__=x', '__proto__'],
    ['/v1/jobs?constructor=x&constructor=x', 'constructor'],
  ])('%s is refused, and no provider is asked', async (target, path) => {
    const before = twin.sandbox.providers.sutro.journal.length;
    const { status, told } = await get(target);
    expect(status).toBe(400);
    expect(problemSchema.parse(told).faults).toEqual([
      { path, message: expect.stringContaining('write each parameter once') },
    ]);
    expect(twin.sandbox.providers.sutro.journal.length).toBe(before);
  });

  it('is read without invisible characters around its words', async () => {
    twin.sandbox.providers.sutro.addJob({ state: 'running' });
    const { status, told } = await get(
      '/v1/jobs?provider=sutro%0D&state=running%20,%EF%BB%BFqueued&older_than=0m%0D&limit=1%20',
    );
    expect([status, told]).toMatchObject([200, { jobs: [{ provider: 'sutro', state: 'running' }] }]);
  });

  it('is refused if the name that is looked for cannot be seen', async () => {
    for (const name of ['%E2%80%8B', '%20', '%C2%AD%EF%BB%BF']) {
      const { status, told } = await get(`/v1/jobs?name=${name}`);
      expect([status, problemSchema.parse(told).faults[0]?.path]).toEqual([400, 'name']);
    }
  });
});

describe('a message of MCP', () => {
  const edges = [
    (id: number | string, params: string) =>
      `{"jsonrpc":"2.0","id":${JSON.stringify(id)},"method":"tools/call","params":${params}}`,
    (id: number | string, params: string) =>
      `{"method":"tools/call","params":${params},"jsonrpc":"2.0","id":${JSON.stringify(id)}}`,
  ];

  it.each([7, 'a-1', -3])('that is refused unread is answered under its id, %j', async (id) => {
    for (const write of edges) {
      const twice = write(id, '{"name":"cancel_job","arguments":{"dry_run":true,"dry_run":false}}');
      const [ambiguous, large] = await Promise.all([
        post('/mcp', twice),
        post(
          '/mcp',
          write(id, `{"id":5,"name":"cancel_jobs","arguments":{"jobs":[${'{},'.repeat(40_000)}{}]}}`),
        ),
      ]);
      expect(ambiguous).toMatchObject({
        status: 400,
        told: { id, error: { data: { where: 'params.arguments.dry_run' } } },
      });
      expect(large).toMatchObject({
        status: 400,
        told: { id, error: { data: { where: 'params.arguments.jobs' } } },
      });
    }
  });

  it('may hold null for every parameter that a request can do without', async () => {
    const list = edges[0]?.(1, '{"name":"list_jobs","arguments":null,"_meta":null}') ?? '';
    expect(await post('/mcp', list)).toMatchObject({
      status: 200,
      told: { result: { content: [{ type: 'text' }] } },
    });
  });
});

describe('an id', () => {
  const edges = fc.array(fc.constantFrom(' ', '\r', '\n', '\t', '\ufeff', '\u200b', '\u00a0', '\u00ad'), {
    maxLength: 4,
  });

  it('is the same with any invisible characters at its ends', async () => {
    const job = twin.sandbox.providers.sutro.addJob({ state: 'running' });
    await fc.assert(
      fc.asyncProperty(edges, edges, async (before, after) => {
        const job_id = `${before.join('')}${job}${after.join('')}`;
        const jobs = [{ provider: 'sutro\r', job_id }];
        const { status, told } = await post('/v1/jobs/cancel', JSON.stringify({ jobs, dry_run: true }));
        expect(status).toBe(200);
        expect(told).toMatchObject({ outcomes: [{ job_id: job }] });
      }),
      { numRuns: 40 },
    );
  });

  it('is shown with its invisible characters, if they are the fault', async () => {
    const jobs = [{ provider: 'sutro', job_id: 'job\u200b-0' }];
    const { told } = await post('/v1/jobs/cancel', JSON.stringify({ jobs }));
    expect(problemSchema.parse(told).faults[0]?.message).toContain('it is "job\\u{200b}-0"');
  });
});

describe('an argument of a tool that is null', () => {
  it('is not given, if it is optional, at any depth; and stays a fault if it is required', () => {
    const tool = tools.find(({ name }) => name === 'cancel_jobs');
    if (tool === undefined) throw new Error('no such tool');
    const given = { jobs: null, selector: { provider: null, state: 'running', name: null }, dry_run: null };
    expect(withoutNulls(tool.input, given)).toEqual({ selector: { state: 'running' } });
    const required = { jobs: [{ provider: null, job_id: 'a' }] };
    expect(tool.input.safeParse(withoutNulls(tool.input, required)).success).toBe(false);
    expect(withoutNulls(tool.input, { stray: null })).toEqual({ stray: null });
  });

  it('lets clients call that fill in every field', async () => {
    const mcp = await overHttp({ url: twin.url, token: twin.tokenOf('ada') });
    const fields = { provider: 'sutro', state: null, older_than: null, name: null, limit: null, ids: null };
    expect((await mcp.call('list_jobs', fields)).text).toMatch(/^\d+ jobs?/);
    await mcp.close();
    const { status } = await post('/v1/jobs/cancel', '{"selector": {"provider": "sutro"}, "dry_run": null}');
    expect(status).toBe(400);
  });
});
