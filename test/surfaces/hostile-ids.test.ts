import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import * as z from 'zod';
import { actionIds } from '../../functions/slack/inbound/actions.ts';
import { type Sandbox, startSandbox } from '../../sandbox/sandbox.ts';
import { mayaOnSlack } from '../support/configuration.ts';
import type { WireRequest } from '../support/events.ts';
import { connectionsTo, providerNames } from '../support/harness.ts';
import { type Exchange, openSlackHarness, type SlackHarness } from '../support/slack/harness.ts';
import { brokenLimits, liveMarkup } from '../support/slack/limits.ts';
import { readMessage, shownIn } from '../support/slack/read-back.ts';
import { mcpSurfaces, type OpenMcpSurface } from '../support/surfaces/mcp-surfaces.ts';
import {
  authorization,
  type HttpAnswer,
  httpSurfaces,
  type OpenHttpSurface,
} from '../support/surfaces/surfaces.ts';
import { cases } from '../support/thorough.ts';

/** Ids that would leave their place in a path, break a header or a parser, or are no text at all. */
const hostileIds: readonly unknown[] = [
  '',
  ' ',
  '.',
  '..',
  '...',
  './x',
  'a/../b',
  '../status/cancel',
  '%2e%2e',
  'a%2fb',
  'x?y',
  'x#',
  'x\r\nx-api-key: y',
  'x\ny',
  'x\0',
  'x\\..\\y',
  'a b',
  '\ud800',
  '\udc00x',
  'x\u202ey',
  'é',
  '-x',
  '__proto__',
  'x'.repeat(10_240),
  'é'.repeat(5_120),
  '{}',
  null,
  7,
  true,
  {},
  ['x'],
];

/** The same as they can stand in a raw request target. */
const hostileSegments = [
  '.',
  '..',
  '%2e',
  '%2e%2e',
  '%2E%2E',
  '.%2e',
  'a/../b',
  'a%2f..%2fb',
  'a%2Fb',
  '..%5c..',
  '..%2fstatus',
  '%3f',
  '%23',
  '%0d%0a',
  'x%0d%0ax-api-key:%20y',
  '%00',
  '%20',
  '%ed%a0%80',
  '%ud800',
  '%c3%a9',
  '%',
  '%zz',
  'a//b',
  '-x',
  '__proto__',
  '..;',
  'x'.repeat(10_240),
];

const problemSchema = z.object({
  type: z.string().startsWith('urn:calloff:problem:'),
  status: z.number(),
  faults: z.array(z.object({ path: z.string(), message: z.string().min(1) })).optional(),
});

/** One whose ids are UUIDs, and one that takes others. */
const judging = cases(providerNames, (name) => name === 'ionq' || name === 'sutro');

/** All of them at one of the surfaces of a kind and at the provider that takes most ids, and at those that read them by the same code every fifth. */
function triedAt<T>(isWhole: boolean, all: readonly T[]): T[] {
  return cases(all, (_, index) => isWhole || index % 5 === 0);
}

let sandbox: Sandbox;
const knownIds = () => providerNames.map((name) => ({ provider: name, job_id: known(name) }));
let ids: ReadonlyMap<string, string>;
const known = (provider: string) => ids.get(provider) ?? '';
beforeAll(async () => {
  sandbox = await startSandbox({ control: false });
  ids = new Map(providerNames.map((name) => [name, sandbox.providers[name].addJob({ state: 'running' })]));
});
afterAll(() => sandbox.close());

function requestsMade(): number {
  return providerNames.reduce((sum, name) => sum + sandbox.providers[name].journal.length, 0);
}

describe.each(httpSurfaces)('over $name', ({ name: surfaceName, open }) => {
  const isWhole = surfaceName === 'the embedded server';
  let surface: OpenHttpSurface;
  let before: number;
  beforeAll(async () => {
    surface = await open({ connections: connectionsTo(sandbox), budgetMs: 5_000 });
  });
  beforeEach(() => {
    before = requestsMade();
  });
  afterAll(() => surface.close());

  const send = (request: WireRequest) =>
    surface.send({ ...request, headers: { ...authorization, ...request.headers } });
  const post = (target: string, body: string) => send({ method: 'POST', target, body });
  const many = (body: unknown) => post('/v1/jobs/cancel', JSON.stringify(body));

  /** The faults of an answer that must be a caller's, with nothing sent to any provider. */
  function faultsOf({ status, headers, body }: HttpAnswer, expected = 400) {
    expect(requestsMade() - before, 'requests to providers').toBe(0);
    expect(status, body).toBe(expected);
    expect(headers['content-type']).toBe('application/problem+json');
    const problem = problemSchema.parse(JSON.parse(body));
    expect(problem.status).toBe(status);
    return problem.faults ?? [];
  }

  describe.each(judging)('of %s', (provider) => {
    const isWholeHere = isWhole && provider === 'sutro';

    test.each(
      triedAt(isWholeHere, hostileIds).map((job_id) => [JSON.stringify(job_id).slice(0, 40), job_id]),
    )('the id %s in a body is a caller fault', async (_name, job_id) => {
      const good = { provider, job_id: known(provider) };
      const answer = await many({ jobs: [good, { provider, job_id }] });
      expect(faultsOf(answer).map(({ path }) => path)).toEqual(['jobs[1].job_id']);
    });

    test.each(triedAt(isWholeHere, hostileSegments).map((segment) => [segment.slice(0, 40), segment]))(
      'the id %s in a path is a caller fault',
      async (_name, segment) => {
        const job = `/v1/providers/${provider}/jobs/${segment}`;
        for (const request of [
          { method: 'POST', target: `${job}/cancel` },
          { method: 'GET', target: job },
        ]) {
          const { status } = await send(request);
          expect(requestsMade() - before, 'requests to providers').toBe(0);
          expect(status).toBeGreaterThanOrEqual(400);
          expect(status).toBeLessThan(500);
        }
      },
    );
  });

  test.each(['x?y', 'x#', 'x?/cancel#'])('the raw target %s is no cancel', async (segment) => {
    const { status } = await post(`/v1/providers/sutro/jobs/${segment}/cancel`, '');
    expect(requestsMade() - before, 'requests to providers').toBe(0);
    expect([400, 405]).toContain(status);
  });

  test('a good id in the same places is looked at', async () => {
    const { status } = await send({ method: 'GET', target: `/v1/providers/sutro/jobs/${known('sutro')}` });
    expect(status).toBe(200);
    expect(requestsMade() - before).toBe(1);
  });

  test('every fault of a request is listed', async () => {
    const jobs = hostileIds
      .filter((id) => typeof id === 'string')
      .map((job_id) => ({ provider: 'ionq', job_id }));
    const mixed = [...jobs, { provider: 'nobody', job_id: 'x' }, { provider: 'sutro', job_id: '..' }];
    expect(faultsOf(await many({ jobs: mixed })).map(({ path }) => path)).toEqual([
      ...jobs.map((_, index) => `jobs[${index}].job_id`),
      `jobs[${jobs.length}].provider`,
      `jobs[${jobs.length + 1}].job_id`,
    ]);
  });

  test.each([
    ['an unknown key', { dryRun: true }, ['']],
    ['a known key in another case', { Dry_Run: true }, ['']],
    ['a wrong type', { dry_run: 'true' }, ['dry_run']],
    ['a wait that is too long', { wait_seconds: 21 }, ['wait_seconds']],
    ['a wait of less than nothing', { wait_seconds: -1 }, ['wait_seconds']],
    ['a wait that is null', { wait_seconds: null }, ['wait_seconds']],
    ['a reason that is too long', { reason: 'x'.repeat(201) }, ['reason']],
    ['a reason with a line break', { reason: 'x\ny' }, ['reason']],
    ['two faults', { dry_run: 1, send_if_status_unknown: 1 }, ['dry_run', 'send_if_status_unknown']],
  ])('%s is a fault', async (_name, more, paths) => {
    expect(faultsOf(await many({ jobs: knownIds(), ...more })).map(({ path }) => path)).toEqual(paths);
    const one = await post(`/v1/providers/sutro/jobs/${known('sutro')}/cancel`, JSON.stringify(more));
    expect(faultsOf(one).map(({ path }) => path)).toEqual(paths);
  });

  const bodies = [
    '[]',
    '[{}]',
    '"x"',
    '7',
    'null',
    'true',
    '{',
    '{"jobs"',
    'jobs=x',
    '{}',
    '{"jobs":[]}',
    '{"jobs":{}}',
    '{"jobs":"all"}',
    '{"jobs":null}',
    '{"jobs":[null]}',
    '{"jobs":["x"]}',
    '{"jobs":[{}]}',
    '{"jobs":[{"provider":"ionq"}]}',
    '{"jobs":[{"provider":7,"job_id":7}]}',
    '{"jobs":[{"provider":"ionq","job_id":"617a1f8b-59d4-435d-aa33-695433d7155e","name":"x"}]}',
    '\ufeff',
    '[[[[[[[[[[',
  ];
  test.each(triedAt(isWhole, bodies))('the body %s is a fault', async (body) => {
    expect(faultsOf(await post('/v1/jobs/cancel', body))).not.toEqual([]);
  });

  test('a key __proto__ is a fault, and changes nothing', async () => {
    const body = JSON.stringify({ jobs: knownIds() });
    const polluted = body.replace('{', '{"__proto__":{"dry_run":true},');
    expect(faultsOf(await post('/v1/jobs/cancel', polluted))).not.toEqual([]);
    const one = await post(
      `/v1/providers/sutro/jobs/${known('sutro')}/cancel`,
      '{"__proto__":{"dry_run":true}}',
    );
    expect(faultsOf(one)).not.toEqual([]);
    expect(Object.keys(Object.prototype)).toEqual([]);
  });

  test.each(['/v1/jobs/cancel', '/v1/providers/ionq/jobs/617a1f8b-59d4-435d-aa33-695433d7155e/cancel'])(
    'dry_run in the query of %s is a fault, not a real cancel',
    async (target) => {
      const body = target === '/v1/jobs/cancel' ? JSON.stringify({ jobs: knownIds() }) : '{}';
      expect(faultsOf(await post(`${target}?dry_run=true`, body)).map(({ path }) => path)).toEqual([
        'query.dry_run',
      ]);
    },
  );

  test('what the path names must not be named again in the body', async () => {
    const target = `/v1/providers/sutro/jobs/${known('sutro')}/cancel`;
    const answer = await post(target, JSON.stringify({ provider: 'ionq', job_id: known('ionq') }));
    expect(
      faultsOf(answer)
        .map(({ path }) => path)
        .toSorted(),
    ).toEqual(['job_id', 'provider']);
  });

  test.each(['nobody', 'IonQ', 'constructor', '__proto__', 'toString', 'x'.repeat(300)])(
    'the provider %s is unknown',
    async (provider) => {
      const list = await many({ jobs: [{ provider, job_id: 'x' }] });
      expect(faultsOf(list, 404).map(({ path }) => path)).toEqual(['jobs[0].provider']);
      faultsOf(await post(`/v1/providers/${provider}/jobs/x/cancel`, ''), 404);
    },
  );

  test('more than 10,000 jobs are a fault', async () => {
    const jobs = Array.from({ length: 10_001 }, () => ({ provider: 'sutro', job_id: 'x' }));
    expect(faultsOf(await many({ jobs })).map(({ path }) => path)).toEqual(['jobs']);
  });

  test('a body over 2 MB is refused', async () => {
    const body = JSON.stringify({ jobs: knownIds(), reason: 'x'.repeat(2_100_000) });
    faultsOf(await post('/v1/jobs/cancel', body), 413);
  });

  test.each([{}, { authorization: 'Bearer wrong' }, { authorization: 'Basic eDp5' }])(
    'no caller is admitted with %j',
    async (headers) => {
      const body = JSON.stringify({ jobs: knownIds() });
      const request = { method: 'POST', target: '/v1/jobs/cancel', body, headers };
      faultsOf(await surface.send(request), 401);
    },
  );
});

describe.each(mcpSurfaces)('over $name', ({ name: surfaceName, open }) => {
  const isWhole = surfaceName === 'MCP over stdio';
  let surface: OpenMcpSurface;
  let before: number;
  beforeAll(async () => {
    surface = await open({ connections: connectionsTo(sandbox), budgetMs: 5_000 });
  });
  beforeEach(() => {
    before = requestsMade();
  });
  afterAll(() => surface.close());

  /** Calls a tool with faults, and gives the lines that name them. */
  async function faultsOf(tool: string, given: object): Promise<string[]> {
    const { text, structured, isError } = await surface.mcp.call(tool, given);
    const [first, ...faults] = text.split('\n');
    expect(requestsMade() - before, 'requests to providers').toBe(0);
    expect({ first, structured, isError }).toEqual({
      first: 'The call has faults. Nothing was done.',
      structured: {},
      isError: true,
    });
    return faults;
  }
  const many = (more: object) => faultsOf('cancel_jobs', { jobs: knownIds(), ...more });

  describe.each(judging)('of %s', (provider) => {
    const isWholeHere = isWhole && provider === 'sutro';

    test.each(
      triedAt(isWholeHere, hostileIds).map((job_id) => [JSON.stringify(job_id).slice(0, 40), job_id]),
    )('the id %s is a fault of every tool', async (_name, job_id) => {
      const good = { provider, job_id: known(provider) };
      expect(await faultsOf('cancel_job', { provider, job_id })).toEqual([
        expect.stringMatching(/^job_id: /),
      ]);
      expect(await faultsOf('cancel_jobs', { jobs: [good, { provider, job_id }] })).toEqual([
        expect.stringMatching(/^jobs\[1\]\.job_id: /),
      ]);
      expect(await faultsOf('list_jobs', { provider, ids: [good.job_id, job_id] })).toEqual([
        expect.stringMatching(/^ids\[1\]: /),
      ]);
    });
  });

  test.each([
    ['a misspelt key', { dryRun: true }, /"dryRun"/],
    [
      'a key inside a job',
      { jobs: [{ provider: 'sutro', job_id: 'x', dry_run: true }] },
      /^jobs\[0\]: .*"dry_run"/,
    ],
    ['consent that a model gives itself', { confirm: true }, /"confirm"/],
    ['what the tools leave out', { send_if_status_unknown: true }, /"send_if_status_unknown"/],
    ['a wrong type', { dry_run: 'true' }, /^dry_run: /],
    ['a wait that is too long', { wait_seconds: 21 }, /^wait_seconds: /],
    ['a reason that is too long', { reason: 'x'.repeat(201) }, /^reason: /],
    ['a reason with a line break', { reason: 'x\ny' }, /^reason: /],
    ['no jobs', { jobs: [] }, /^jobs: /],
    ['a word for all', { jobs: 'all' }, /^jobs: /],
    ['more than 5,000 jobs', { jobs: Array(5_001).fill({ provider: 'sutro', job_id: 'x' }) }, /^jobs: /],
    ['an unknown provider', { jobs: [{ provider: 'nobody', job_id: 'x' }] }, /^jobs\[0\]\.provider: /],
    [
      'a provider of every object',
      { jobs: [{ provider: '__proto__', job_id: 'x' }] },
      /^jobs\[0\]\.provider: /,
    ],
  ])('%s is a fault', async (_name, more, fault) => {
    expect(await many(more)).toEqual([expect.stringMatching(fault)]);
  });

  test.each([
    ['a state that is none', { state: 'running,gone' }, /^state/],
    ['an age that is none', { older_than: '2 hours' }, /^older_than: /],
    ['an empty name', { name: '' }, /^name: /],
    ['too many jobs', { limit: 101 }, /^limit: /],
    ['an unknown provider', { provider: 'nobody' }, /^provider: /],
    ['an unknown provider, with ids', { provider: 'nobody', ids: ['x', 'y'] }, /^provider: must be/],
    ['ids of no provider', { ids: ['x'] }, /^provider: is needed/],
    [
      'ids and a filter',
      { provider: 'sutro', ids: ['x'], state: 'running' },
      /^state: cannot be combined with ids/,
    ],
  ])('%s is a fault of a list', async (_name, given, fault) => {
    expect(await faultsOf('list_jobs', given)).toEqual([expect.stringMatching(fault)]);
  });

  test('no more than 25 faults are listed', async () => {
    const jobs = Array.from({ length: 1_000 }, () => ({ provider: 'ionq', job_id: '..' }));
    const faults = await many({ jobs });
    expect(faults).toHaveLength(26);
    expect(faults.at(-1)).toBe('… and 975 more faults.');
  });
});

describe('over Slack', () => {
  let harness: SlackHarness;
  let before: number;
  beforeAll(async () => {
    harness = await openSlackHarness({ connections: connectionsTo(sandbox), configuration: mayaOnSlack() });
  });
  beforeEach(() => {
    before = requestsMade();
  });
  afterAll(() => harness.close());

  /** Everything that is said, at once and later, where nothing may be sent. */
  async function nothingSent({ status, answer, later }: Exchange) {
    expect(status).toBe(200);
    const said = [...(answer === '' ? [] : [answer]), ...(await later())];
    expect(requestsMade() - before, 'requests to providers').toBe(0);
    for (const message of said) {
      expect(brokenLimits(readMessage(message))).toEqual([]);
      expect(liveMarkup(readMessage(message))).toEqual([]);
    }
    return said.map((message) => shownIn(message).join('\n'));
  }

  describe.each(judging)('of %s', (provider) => {
    const button = (value: unknown) => ({ action_id: actionIds.stop, value: JSON.stringify(value) });

    const ids = triedAt(provider === 'sutro', hostileIds);

    test.each(ids.map((job_id) => [JSON.stringify(job_id).slice(0, 40), job_id]))(
      'the id %s on a button is not taken',
      async (_name, job_id) => {
        const exchange = await harness.press(button({ provider, job_id }));
        if (typeof job_id === 'string' && job_id !== '') {
          expect(await nothingSent(exchange)).toEqual([expect.stringContaining('calloff did nothing.')]);
          return;
        }
        // We never gave a button what is no text.
        expect([exchange.status, await exchange.later()]).toEqual([400, []]);
        expect(requestsMade() - before, 'requests to providers').toBe(0);
      },
    );

    test.each(
      ids
        .filter((id) => typeof id === 'string')
        // A command is words, and marks of direction are not part of them: what is left of these may be an id.
        .filter((id) => !/^[\s\S]?$|^a b$|^x[\r\n\u202e]/.test(id))
        .map((id) => [JSON.stringify(id).slice(0, 40), id]),
    )('the id %s in a command is not taken, nor the good one beside it', async (_name, job_id) => {
      const said = await nothingSent(await harness.command(`${provider} ${known(provider)} ${job_id}`));
      expect(said.at(-1)).toMatch(/did nothing|did not understand/);
    });
  });
});
