import { randomUUID } from 'node:crypto';
import { beforeAll, describe, expect, it } from 'vitest';
import * as z from 'zod';
// A part that is read when the first request for it comes: that takes real time, which the clock of the test does not know.
import '../../shared/access/audit/reader.ts';
import { createApp } from '../../functions/http/app.ts';
import { openApiDocument } from '../../functions/http/openapi.ts';
import type { Caller } from '../../shared/access/caller.ts';
import { operationSchema } from '../../shared/contract/answers/operation-schema.ts';
import { silentLog } from '../../shared/lib/log.ts';
import { agentWith, callerWith } from '../support/guard-harness.ts';
import { parseOpenApi } from '../support/openapi/document.ts';
import { type ObservedExchange, operationsNotShown, refereeOn } from '../support/openapi/referee.ts';
import { operationsHarness } from '../support/operations.ts';
import { runs } from '../support/thorough.ts';

const document = parseOpenApi(JSON.parse(JSON.stringify(openApiDocument())));
const referee = refereeOn(document);

const callers = new Map<string, Caller | 'unconfigured'>([
  ['ada', callerWith({}, { id: 'ada', kind: 'person' })],
  ['eve', callerWith({ connections: ['ionq'], actions: ['cancel'] }, { id: 'eve', kind: 'person' })],
  ['few', callerWith({ readsPerMinute: 1, cancelsPerMinute: 1 }, { id: 'few' })],
  ['robin', agentWith({ confirmAbove: 0 })],
  ['nobody', 'unconfigured'],
]);

interface Sent {
  readonly body?: unknown;
  readonly as?: string;
  readonly headers?: Record<string, string>;
  readonly env?: object;
}

let harness: Awaited<ReturnType<typeof operationsHarness>>;
let app: ReturnType<typeof createApp>;
let broken: ReturnType<typeof createApp>;
let heard: ObservedExchange[] = [];

beforeAll(async () => {
  harness = await operationsHarness();
  const { gateway } = harness.newProcess();
  const identify = async (token = '') => callers.get(token) ?? 'rejected';
  const parts = { callers: { identify }, log: silentLog, newRequestId: randomUUID };
  app = createApp({ ...parts, gateway });
  const fail = () => Promise.reject(new Error('a bug'));
  broken = createApp({
    ...parts,
    gateway: Object.assign(
      { ...gateway },
      Object.fromEntries(Object.keys(gateway).map((name) => [name, fail])),
    ),
  });
});

/** Sends a request to the app, and writes both sides down for the referee. */
async function ask(
  line: string,
  { body, as = 'ada', headers = {}, env }: Sent = {},
  to = app,
): Promise<{ readonly status: number; readonly headers: Headers; readonly json: unknown }> {
  const [method = '', target = ''] = line.split(' ');
  const sent = body === undefined ? '' : JSON.stringify(body);
  const { pathname: path, searchParams: query } = new URL(target, 'http://calloff.test');
  const given = { authorization: as, ...(sent && { 'content-type': 'application/json' }), ...headers };
  const init = { method, headers: given, ...(sent && { body: sent }) };
  const answer = await harness.clock.until(Promise.resolve(to.request(target, init, env)));
  const answered = await answer.text();
  heard.push({
    ...{ method, path, query, headers: new Headers(given), sent, answered },
    ...{ status: answer.status, contentType: answer.headers.get('content-type') },
  });
  const json: unknown = answered === '' ? undefined : JSON.parse(answered);
  return { status: answer.status, headers: answer.headers, json };
}

/** Takes down what the app answers while `talk` runs. */
async function listenTo(talk: () => Promise<void>): Promise<readonly ObservedExchange[]> {
  heard = [];
  await talk();
  return heard;
}

const running = (count: number) => harness.addJobs({ sutro: count }, { settlesInMs: 1_000 });
const confirmationIn = ({ json }: { readonly json: unknown }) =>
  z.object({ confirmation: z.object({ id: z.string() }) }).parse(json).confirmation.id;
const operationIn = ({ json }: { readonly json: unknown }) => operationSchema.parse(json).id;

async function talkOfJobs(): Promise<void> {
  const [one, two, ...jobs] = running(8);
  const path = `/v1/providers/sutro/jobs/${one?.job_id}`;
  const other = `/v1/providers/sutro/jobs/${two?.job_id}/cancel`;
  await ask('GET /v1/caller');
  await ask('GET /v1/providers');
  await ask('GET /v1/jobs');
  await ask('GET /v1/jobs?provider=sutro&state=running,queued&older_than=1h&limit=3&name=a&owner=ada');
  await ask(`GET ${path}`);
  await ask('POST /v1/jobs/status', { body: { jobs: [...jobs, { provider: 'sutro', job_id: 'nowhere' }] } });
  await ask(`POST ${other}`, { body: { dry_run: true } });
  await ask(`POST ${other}`, { as: 'robin' });
  await ask(`POST ${other}`, { as: 'eve' });
  await ask(`POST ${path}/cancel`, { body: { reason: 'sweep', wait_seconds: 0 } });
  await ask(`POST ${path}/cancel`, { body: { wait_seconds: 5 } });
  await ask(`POST ${path}/cancel`);
  await ask('GET /v1/providers/sutro/jobs/job-nowhere');
  await ask('POST /v1/providers/sutro/jobs/job-nowhere/cancel');
  await ask('POST /v1/jobs/cancel', { body: { jobs: [...jobs, ...jobs], wait_seconds: 1, reason: 'sweep' } });
  await ask('POST /v1/jobs/cancel', { body: { selector: { provider: 'sutro', state: 'running' } } });
  await ask('POST /v1/jobs/cancel', { body: { jobs: running(2), background: true } });
}

/** What a provider can do to a cancel and to a read. */
async function talkOfTrouble(): Promise<void> {
  const { sutro } = harness.sandbox.providers;
  for (const fault of [
    { kind: 'status', status: 500 },
    { kind: 'status', status: 401 },
    { kind: 'status', status: 418 },
    { kind: 'rate_limited' },
  ] as const)
    for (const operations of [['status', 'list'], ['cancel']] as const) {
      const [job] = running(1);
      sutro.setFault({ ...fault, operations: [...operations] });
      await ask(`GET /v1/providers/sutro/jobs/${job?.job_id}`);
      await ask(`POST /v1/providers/sutro/jobs/${job?.job_id}/cancel`, { body: { wait_seconds: 1 } });
      await ask('GET /v1/jobs?provider=sutro');
      sutro.clearFaults();
    }
}

async function talkOfConfirmations(): Promise<void> {
  const offer = async () =>
    confirmationIn(await ask('POST /v1/jobs/cancel', { as: 'robin', body: { jobs: running(2) } }));
  const path = `/v1/confirmations/${await offer()}`;
  const { headers } = await ask('GET /v1/confirmations?limit=5');
  await ask('GET /v1/confirmations?limit=5', { headers: { 'if-none-match': headers.get('etag') ?? '' } });
  await ask(`GET ${path}`);
  await ask(`GET ${path}?check=true`);
  await ask(`POST ${path}`);
  await ask(`DELETE ${path}`);
  await ask(`POST ${path}`);
  await ask(`DELETE /v1/confirmations/${await offer()}`);
}

async function talkOfOperations(): Promise<void> {
  const headers = { 'idempotency-key': 'key-1' };
  const body = { draft: true, reason: 'sweep', follow_hours: 1, max_per_second: 5 };
  const path = `/v1/operations/${operationIn(await ask('POST /v1/operations', { body, headers }))}`;
  await ask('POST /v1/operations', { body: { ...body, reason: 'other' }, headers });
  await ask(`PUT ${path}/pages/1`, { body: { jobs: running(3) } });
  await ask(`POST ${path}/start`);
  await ask(`DELETE ${path}`);
  await ask(`GET ${path}/outcomes?outcome=pending&limit=2`);
  await ask(`POST ${path}/pause`);
  await ask(`POST ${path}/resume`, { body: { outcome: ['failed', 'unknown'] } });
  await harness.workOff(harness.newProcess().worker);
  const { headers: told } = await ask(`GET ${path}`);
  await ask(`GET ${path}`, { headers: { 'if-none-match': told.get('etag') ?? '' } });
  await ask(`GET ${path}/outcomes`);
  await ask('GET /v1/operations?state=running,finished');
  await ask('POST /v1/operations', { body: { selector: { state: 'running' } } });
  const draft = operationIn(await ask('POST /v1/operations', { body: { draft: true } }));
  await ask(`DELETE /v1/operations/${draft}`);
}

const places = {
  ...{ provider: 'sutro', job_id: 'job-7', confirmation_id: 'pe26kgkpss', page: '1' },
  operation_id: 'op_k3v7m2xq9tzh4ncd8wra',
};
const lines = document.operations.map(({ method, path }) => {
  const filled = path.replaceAll(/\{(\w+)\}/g, (_all, name: string) =>
    String(new Map<string, string>(Object.entries(places)).get(name)),
  );
  return `${method} ${filled}`;
});

/** Whether a route is asked with a body that is too long, which takes longest: in `npm test` some are. */
const hasLongBody = (index: number) => index % runs(1, 4) === 0;

/** What each route says to a request that it does not carry out. */
async function talkInVain(): Promise<void> {
  for (const [index, line] of lines.entries()) {
    await ask(line, { as: 'a stranger' });
    await ask(line, { as: 'nobody' });
    await ask(line, { as: 'eve', ...(line.startsWith('GET') ? {} : { body: {} }) });
    await ask(line, { env: { unreadable: true } });
    await ask(`${line}?dryRun=true`);
    await ask(line, line.startsWith('GET') ? {} : { body: { dryRun: true } });
    if (hasLongBody(index)) await ask(line, line.startsWith('GET') ? {} : { body: 'x'.repeat(2_100_000) });
    await ask(line, {}, broken);
    await ask(line, { as: 'few' });
    await ask(line, { as: 'few' });
  }
  await ask('GET /v1/providers/nowhere/jobs/job-7');
  await ask('POST /v1/providers/nowhere/jobs/job-7/cancel');
}

const statusesOf = (exchanges: readonly ObservedExchange[]) =>
  [...new Set(exchanges.map(({ status }) => status))].toSorted();

describe('every answer of the app is as its OpenAPI document says', () => {
  it('for requests that are carried out, at each route', async () => {
    const exchanges = await listenTo(async () => {
      await talkOfJobs();
      await talkOfTrouble();
      await talkOfConfirmations();
      await talkOfOperations();
      await ask('GET /v1/audit?limit=50&caller=ada');
      await ask('GET /v1/audit');
      await ask('GET /healthz', { as: '' });
      await ask('GET /readyz', { as: '' });
    });
    expect([...new Set(exchanges.flatMap(referee))]).toEqual([]);
    expect(operationsNotShown(document, exchanges, (status) => status < 300)).toEqual([]);
    expect(statusesOf(exchanges)).toEqual(
      expect.arrayContaining([200, 201, 202, 304, 403, 404, 409, 422, 429, 502, 503, 504]),
    );
  });

  it('for requests that are not, at each route', async () => {
    const exchanges = await listenTo(talkInVain);
    // The requests are to be wrong.
    const faults = exchanges.flatMap((each) =>
      referee(each).filter((fault) => fault.includes(` ${each.status}: `)),
    );
    expect([...new Set(faults)]).toEqual([]);
    const isShown = (status: number) => operationsNotShown(document, exchanges, (each) => each === status);
    for (const status of [401, 500, 503]) expect(isShown(status)).toEqual(['GET /healthz', 'GET /readyz']);
    expect(isShown(400)).toEqual([]);
    expect(statusesOf(exchanges)).toEqual(expect.arrayContaining([400, 401, 403, 404, 413, 429, 500, 503]));
  });

  it('and an answer that is not is told from those', async () => {
    const [health] = await listenTo(async () => void (await ask('GET /healthz')));
    if (health === undefined) throw new Error('the app did not answer');
    expect(referee({ ...health, answered: '{"status":"fine"}' })).toEqual([
      'GET /healthz 200: /status must be equal to constant',
    ]);
    expect(referee({ ...health, status: 204 })).toEqual([
      'GET /healthz 204: the document has no such answer',
    ]);
  });
});
