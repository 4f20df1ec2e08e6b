import { randomUUID } from 'node:crypto';
import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import * as z from 'zod';
// A part that is read when the first request for it comes: that takes real time, which the clock of the test does not know.
import '../../shared/access/audit/reader.ts';
import { createApp } from '../../functions/http/app.ts';
import { openApiDocument } from '../../functions/http/openapi.ts';
import {
  operationListSchema,
  operationOutcomesSchema,
  operationSchema,
} from '../../shared/contract/answers/operation-schema.ts';
import type { JobEntry } from '../../shared/contract/job-entries.ts';
import { anyCharacter } from '../../shared/laws/parts/any-character.ts';
import { silentLog } from '../../shared/lib/log.ts';
import { trimInvisible } from '../../shared/lib/names.ts';
import { agentWith, callerWith } from '../support/guard-harness.ts';
import { operationsHarness } from '../support/operations.ts';
import { runs } from '../support/thorough.ts';

const callers = new Map([
  ['ada', callerWith({}, { id: 'ada', kind: 'person' })],
  ['eve', callerWith({ actions: ['list', 'cancel'], connections: ['ionq'] }, { id: 'eve' })],
  ['robin', agentWith({ confirmAbove: 2, actions: ['list', 'cancel'] })],
]);

let harness: Awaited<ReturnType<typeof operationsHarness>>;
let app: ReturnType<typeof createApp>;
beforeAll(async () => {
  harness = await operationsHarness();
  const { gateway } = harness.newProcess();
  const identify = async (token = '') => callers.get(token) ?? 'rejected';
  app = createApp({ gateway, callers: { identify }, log: silentLog, newRequestId: randomUUID });
});

interface Sent {
  readonly body?: unknown;
  readonly as?: string;
  readonly headers?: Record<string, string>;
}

async function ask(method: string, path: string, { body, as = 'ada', headers = {} }: Sent = {}) {
  const answer = await app.request(path, {
    method,
    headers: { authorization: as, ...headers },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  });
  const text = await answer.text();
  const json: unknown = text === '' ? undefined : JSON.parse(text);
  return { status: answer.status, headers: answer.headers, json };
}

const operationIn = ({ json }: { readonly json: unknown }) => operationSchema.parse(json);
const problemIn = ({ json }: { readonly json: unknown }) => z.object({ type: z.string() }).parse(json).type;
const running = (count: number): JobEntry[] =>
  harness.sandbox.providers.sutro
    .addJobs(count, { state: 'running' })
    .map((job_id) => ({ provider: 'sutro', job_id }));

const documented = z.object({
  paths: z.record(
    z.string(),
    z.record(
      z.string(),
      z.object({
        parameters: z
          .array(z.object({ name: z.string(), in: z.string(), schema: z.object({ type: z.unknown() }) }))
          .optional(),
      }),
    ),
  ),
});

/** Where the routes of the document take numbers, besides bodies. */
function numbersIn(document: object) {
  return Object.entries(documented.parse(document).paths).flatMap(([path, methods]) =>
    Object.entries(methods).flatMap(([method, { parameters = [] }]) =>
      parameters
        .filter(({ schema: { type } }) => type === 'integer' || type === 'number')
        .map(({ name, in: place }) => ({ path, method: method.toUpperCase(), name, in: place })),
    ),
  );
}

describe('an operation over HTTP', () => {
  it('is created with 201 and its place, read with its outcomes, paused and resumed', async () => {
    const created = await ask('POST', '/v1/operations', { body: { jobs: running(3), reason: 'sweep' } });
    const { id } = operationIn(created);
    expect([created.status, created.headers.get('location')]).toEqual([201, `/v1/operations/${id}`]);
    const path = `/v1/operations/${id}`;
    expect(operationIn(await ask('GET', path))).toMatchObject({ state: 'running', reason: 'sweep' });
    expect(operationIn(await ask('POST', `${path}/pause`)).state).toBe('paused');
    expect(operationIn(await ask('POST', `${path}/resume`, { body: { outcome: ['failed'] } })).state).toBe(
      'running',
    );
    const page = await ask('GET', `${path}/outcomes?limit=2&outcome=pending`);
    expect(operationOutcomesSchema.parse(page.json).outcomes).toHaveLength(2);
    const list = await ask('GET', '/v1/operations?state=running,paused');
    expect(operationListSchema.parse(list.json).operations.map((each) => each.id)).toContain(id);
  });

  it('is a draft that takes pages, is started, and deleted before that only', async () => {
    const { id } = operationIn(await ask('POST', '/v1/operations', { body: { draft: true } }));
    const path = `/v1/operations/${id}`;
    expect(problemIn(await ask('POST', `${path}/start`))).toBe('urn:calloff:problem:wrong-state');
    const page = await ask('PUT', `${path}/pages/1`, { body: { jobs: running(2) } });
    expect([page.status, operationIn(page).jobs]).toEqual([200, 2]);
    expect(operationIn(await ask('POST', `${path}/start`)).state).toBe('running');
    const late = await ask('DELETE', path);
    expect([late.status, problemIn(late)]).toEqual([409, 'urn:calloff:problem:wrong-state']);
    const other = operationIn(await ask('POST', '/v1/operations', { body: { draft: true } }));
    expect(await ask('DELETE', `/v1/operations/${other.id}`)).toMatchObject({
      status: 200,
      json: { id: other.id, deleted: true },
    });
    expect((await ask('GET', `/v1/operations/${other.id}`)).status).toBe(404);
  });

  it('waits with 200 for a confirmation where it needs one', async () => {
    const created = await ask('POST', '/v1/operations', { body: { jobs: running(5) }, as: 'robin' });
    const { id, state, confirmation } = operationIn(created);
    expect([created.status, state]).toEqual([201, 'waiting_for_confirmation']);
    const start = (body: object) => ask('POST', `/v1/operations/${id}/start`, { body, as: 'robin' });
    expect(operationIn(await start({})).state).toBe('waiting_for_confirmation');
    const early = await start({ confirmation_id: confirmation?.id });
    expect([early.status, problemIn(early)]).toEqual([409, 'urn:calloff:problem:confirmation']);
    expect((await ask('POST', `/v1/confirmations/${confirmation?.id}`)).status).toBe(200);
    expect(operationIn(await start({ confirmation_id: confirmation?.id })).state).toBe('running');
  });

  it('is not there for another caller', async () => {
    const { id } = operationIn(await ask('POST', '/v1/operations', { body: { jobs: running(1) } }));
    const path = `/v1/operations/${id}`;
    for (const [method, place, body] of [
      ['GET', path, undefined],
      ['GET', `${path}/outcomes`, undefined],
      ['DELETE', path, undefined],
      [
        'PUT',
        `${path}/pages/1`,
        { jobs: [{ provider: 'ionq', job_id: '617a1f8b-59d4-435d-aa33-695433d7155e' }] },
      ],
      ['POST', `${path}/start`, {}],
      ['POST', `${path}/pause`, {}],
      ['POST', `${path}/resume`, {}],
    ] as const) {
      const answer = await ask(method, place, { body, as: 'eve' });
      expect([place, answer.status, problemIn(answer)]).toEqual([
        place,
        404,
        'urn:calloff:problem:unknown-operation',
      ]);
    }
    expect(
      operationListSchema.parse((await ask('GET', '/v1/operations', { as: 'eve' })).json).operations,
    ).toEqual([]);
    expect((await ask('GET', '/v1/operations?caller=*', { as: 'eve' })).status).toBe(403);
  });

  it('is found again by its Idempotency-Key, which another request cannot use', async () => {
    const jobs = running(1);
    const headers = { 'idempotency-key': 'key-1' };
    const one = await ask('POST', '/v1/operations', { body: { jobs }, headers });
    const other = await ask('POST', '/v1/operations', { body: { jobs }, headers });
    expect([operationIn(other).id, other.status]).toEqual([operationIn(one).id, 201]);
    const reused = await ask('POST', '/v1/operations', { body: { jobs, reason: 'x' }, headers });
    expect([reused.status, problemIn(reused)]).toEqual([422, 'urn:calloff:problem:key-reused']);
    const malformed = { 'idempotency-key': 'a key' };
    expect((await ask('POST', '/v1/operations', { body: { jobs }, headers: malformed })).status).toBe(400);
  });

  it('is what a cancel in the background answers with, at once', async () => {
    const before = harness.sandbox.providers.sutro.journal.length;
    const answer = await ask('POST', '/v1/jobs/cancel', { body: { jobs: running(2), background: true } });
    const { id, jobs } = operationIn(answer);
    expect([answer.status, jobs, answer.headers.get('location')]).toEqual([202, 2, `/v1/operations/${id}`]);
    expect(harness.sandbox.providers.sutro.journal).toHaveLength(before);
    const wrong = await ask('POST', '/v1/jobs/cancel', { body: { jobs: running(1), background: 'yes' } });
    expect(wrong.status).toBe(400);
    const waiting = { jobs: running(1), background: true, wait_seconds: 3 };
    expect((await ask('POST', '/v1/jobs/cancel', { body: waiting })).status).toBe(400);
  });

  it('is not sent again to a caller that has it, until it changes', async () => {
    const { id } = operationIn(await ask('POST', '/v1/operations', { body: { jobs: running(1) } }));
    for (const path of [`/v1/operations/${id}`, '/v1/operations', `/v1/operations/${id}/outcomes`]) {
      const tag = (await ask('GET', path)).headers.get('etag') ?? '';
      const again = await ask('GET', path, { headers: { 'if-none-match': `"x", W/${tag}` } });
      expect([again.status, again.json, again.headers.get('etag')]).toEqual([304, undefined, tag]);
    }
    const tag = (await ask('GET', `/v1/operations/${id}`)).headers.get('etag') ?? '';
    await ask('POST', `/v1/operations/${id}/pause`);
    const changed = await ask('GET', `/v1/operations/${id}`, { headers: { 'if-none-match': tag } });
    expect([changed.status, operationIn(changed).state]).toEqual([200, 'paused']);
  });

  it('picks jobs by a selector, whose rights and words count at once', async () => {
    const listing = await ask('POST', '/v1/operations', { body: { selector: { state: 'running' } } });
    expect([listing.status, operationIn(listing).state]).toEqual([201, 'listing']);
    for (const [selector, status] of [
      [{}, 400],
      [{ provider: 'nowhere' }, 404],
      [{ older_than: '1h', newer_than: '30m' }, 400],
    ] as const)
      expect(
        (await ask('POST', '/v1/operations', { body: { selector } })).status,
        JSON.stringify(selector),
      ).toBe(status);
    const elsewhere = { selector: { provider: 'sutro' } };
    expect((await ask('POST', '/v1/operations', { body: elsewhere, as: 'eve' })).status).toBe(403);
  });

  it('answers any id, cursor, page and body with an operation or a problem', async () => {
    const { id } = operationIn(
      await ask('POST', '/v1/operations', { body: { draft: true, jobs: running(1) } }),
    );
    const word = fc.oneof(
      fc.string({ unit: anyCharacter }),
      fc.constantFrom(
        'op_',
        id.toUpperCase(),
        `${id}x`,
        '0',
        '-1',
        '1e9',
        '1001',
        'W10',
        'WyJhIl0',
        '__proto__',
      ),
    );
    const anyId = fc.oneof(word, fc.constant(id));
    const place = (text: string) => encodeURIComponent(text.toWellFormed().replaceAll('.', '-')) || '-';
    const requests = fc.oneof(
      fc.record({ method: fc.constant('GET'), path: anyId.map((each) => `/${place(each)}`) }),
      fc.record({
        method: fc.constant('GET'),
        path: fc.tuple(anyId, word, word).map(([each, cursor, outcome]) => {
          return `/${place(each)}/outcomes?cursor=${place(cursor)}&outcome=${place(outcome)}`;
        }),
      }),
      fc.record({ method: fc.constant('GET'), path: word.map((cursor) => `?cursor=${place(cursor)}`) }),
      fc.record({
        method: fc.constant('PUT'),
        path: fc.tuple(anyId, word).map(([each, page]) => `/${place(each)}/pages/${place(page)}`),
        body: fc.oneof(
          fc.json().map((text) => JSON.parse(text)),
          fc.constant({ jobs: [] }),
        ),
      }),
      fc.record({
        method: fc.constant('POST'),
        path: fc
          .tuple(anyId, fc.constantFrom('start', 'pause', 'resume'))
          .map(([each, verb]) => `/${place(each)}/${verb}`),
        body: fc.record({ confirmation_id: word, outcome: word }, { requiredKeys: [] }),
      }),
    );
    await fc.assert(
      fc.asyncProperty(requests, async (request) => {
        const { status, json } = await ask(request.method, `/v1/operations${request.path}`, {
          ...('body' in request && { body: request.body }),
        });
        expect([200, 400, 404, 409]).toContain(status);
        if (status !== 200) expect(json).toHaveProperty('type');
      }),
      { numRuns: runs(1_000, 30) },
    );
  });

  it('takes a number in the path or the query of any route only in decimal digits', async () => {
    const { id } = operationIn(await ask('POST', '/v1/operations', { body: { draft: true } }));
    const places = numbersIn(openApiDocument());
    expect(places.map(({ path, name }) => `${path} ${name}`)).toEqual(
      expect.arrayContaining([
        ...['/v1/jobs limit', '/v1/audit limit', '/v1/operations limit'],
        ...[
          '/v1/operations/{operation_id}/outcomes limit',
          '/v1/operations/{operation_id}/pages/{page} page',
        ],
      ]),
    );
    const whole = fc.integer({ min: 1, max: 1_000 });
    // Invisible characters around it count for nothing, as around a word.
    const plain = whole.chain((number) => fc.constantFrom(`${number}`, ` ${number}`, `${number} `));
    const odd = fc
      .oneof(
        whole.chain((number) =>
          fc.constantFrom(
            ...[
              `0x${number.toString(16)}`,
              `0b${number.toString(2)}`,
              `${number}e0`,
              `0${number}`,
              `+${number}`,
            ],
            ...[`${number}.0`, `${number}n`, `-${number}`, `1_${number}`],
          ),
        ),
        fc.constantFrom('1e1', '0x10', '0o17', 'Infinity', 'NaN', 'null', 'true', '0', '1001', '٣', '１'),
        fc.string().filter((text) => !/^[1-9]\d*$/.test(trimInvisible(text)) && !/^\.*$/.test(text)),
      )
      .map((text) => text.replaceAll('/', '_'));
    const valueAndCode = fc.oneof(
      fc.record({ text: plain, isTaken: fc.constant(true) }),
      fc.record({ text: odd, isTaken: fc.constant(false) }),
    );
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...places), valueAndCode, async (place, { text, isTaken }) => {
        const value = encodeURIComponent(text);
        const path = place.path.replace('{operation_id}', id).replace('{page}', value);
        const query = place.in === 'query' ? `?${place.name}=${value}` : '';
        const body = place.method === 'PUT' ? { body: { jobs: running(1) } } : {};
        const { status, json } = await harness.clock.until(ask(place.method, `${path}${query}`, body));
        expect([text, status]).toEqual([text, isTaken ? 200 : 400]);
        if (!isTaken)
          expect(JSON.stringify(json)).toMatch(/whole number from 1 to 1000|path of a URL|unsafe/);
      }),
      { numRuns: runs(2_000, 60) },
    );
  });
});
