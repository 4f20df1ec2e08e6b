import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import * as z from 'zod';
import { mayAll } from '../support/configuration.ts';
import { sentTo } from '../support/guard-harness.ts';
import { type McpClient, overHttp, overStdio } from '../support/surfaces/mcp-client.ts';
import { openTestServer, type Role, type TestServer } from '../support/surfaces/test-server.ts';
import { casesAt, runs } from '../support/thorough.ts';

const agents = 16;
const above = 4;
const agent: Role = {
  kind: 'agent',
  may: { ...mayAll, confirm_above: above, self_confirm: false },
};
const person: Role = { kind: 'person', may: { ...mayAll, confirm_above: above } };
const everybody = {
  ...Object.fromEntries(Array.from({ length: agents }, (_, index) => [`agent-${index}`, agent])),
  ...Object.fromEntries(Array.from({ length: agents }, (_, index) => [`person-${index}`, person])),
  eve: { kind: 'program', may: { ...mayAll, confirm_above: 0 } } satisfies Role,
};

let twin: TestServer;
beforeAll(async () => {
  twin = await openTestServer(everybody);
});
afterAll(() => twin.close());

const provider = fc.constantFrom('sutro' as const, 'ionq' as const);
const claim = fc.constantFrom(
  'none',
  'none',
  'none',
  'seen',
  'seen, as a token',
  'made up',
  'of another',
  'approved for another',
);
const jobs = fc.record({ provider, from: fc.nat(11), count: fc.integer({ min: 1, max: 8 }) });
const selector = fc.constantFrom(
  { state: 'running' },
  { provider: 'sutro' },
  { name: 'mine', state: 'running' },
);

/** What an agent may try, by the tools and, where it has a token, by the HTTP API. */
const tried = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({
      by: fc.constant('one' as const),
      jobs,
      claim,
      dry: fc.boolean(),
      http: fc.boolean(),
    }),
  },
  {
    weight: 5,
    arbitrary: fc.record({
      by: fc.constant('many' as const),
      jobs,
      claim,
      dry: fc.constantFrom(false, false, true),
      http: fc.boolean(),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ by: fc.constant('selector' as const), selector, claim, http: fc.boolean() }),
  },
  { weight: 2, arbitrary: fc.record({ by: fc.constant('claim alone' as const), claim, http: fc.boolean() }) },
  { weight: 1, arbitrary: fc.record({ by: fc.constant('list' as const), provider }) },
  {
    weight: 2,
    arbitrary: fc.record({
      by: fc.constant('approval' as const),
      method: fc.constantFrom('GET', 'POST', 'DELETE'),
    }),
  },
);
type Tried = typeof tried extends fc.Arbitrary<infer T> ? T : never;

const offerSchema = z.object({
  confirmation: z.object({ id: z.string(), confirmation_token: z.string().optional() }).optional(),
});

/** One agent with jobs that run, and all that it has seen. */
async function newcomer(mcp: McpClient, asHttp?: string) {
  const { sutro, ionq } = twin.sandbox.providers;
  const ids = {
    sutro: sutro.addJobs(12, { state: 'running', name: 'mine', settlesInMs: 0 }),
    ionq: ionq.addJobs(12, { state: 'running', name: 'mine' }),
  };
  const others = await ofAnother(ids.sutro);
  const seen: string[] = [];
  const own = new Set([...ids.sutro, ...ids.ionq]);

  const note = (answer: unknown) => {
    const { data } = offerSchema.safeParse(answer);
    if (data?.confirmation) seen.push(data.confirmation.confirmation_token ?? data.confirmation.id);
  };
  const claimed = (kind: string) => {
    const last = seen.at(-1) ?? 'abcdefghij';
    if (kind === 'none') return {};
    if (kind === 'seen') return { confirmation: last };
    if (kind === 'seen, as a token') return { confirmation: `${last}.${'A'.repeat(43)}` };
    if (kind === 'made up') return { confirmation: `${'z'.repeat(10)}.${'A'.repeat(43)}` };
    return { confirmation: kind === 'of another' ? others.token : others.approved };
  };
  const overApi = async (path: string, body: object) => {
    if (asHttp === undefined) return;
    const { confirmation, ...rest } = z.object({ confirmation: z.string().optional() }).loose().parse(body);
    const named =
      confirmation === undefined
        ? {}
        : { [confirmation.includes('.') ? 'confirmation_token' : 'confirmation_id']: confirmation };
    const response = await twin.ask(asHttp, 'POST', path, { ...rest, ...named });
    note(await response.json());
  };
  const send = async (
    tool: string,
    path: string,
    http: boolean,
    { named, ...body }: { named?: object } & Record<string, unknown>,
  ) => {
    if (http && asHttp !== undefined) return overApi(path, body);
    note((await mcp.call(tool, { ...named, ...body })).structured);
  };
  const bulk = (http: boolean, body: Record<string, unknown>) =>
    send('cancel_jobs', '/v1/jobs/cancel', http, { ...body, wait_seconds: 0 });
  const pick = (wanted: { provider: 'sutro' | 'ionq'; from: number; count: number }) =>
    ids[wanted.provider].slice(wanted.from, wanted.from + wanted.count);

  return {
    async act(each: Tried): Promise<void> {
      if (each.by === 'one') {
        const [job_id = ''] = pick(each.jobs);
        const named = { provider: each.jobs.provider, job_id };
        const how = { ...claimed(each.claim), ...(each.dry ? { dry_run: true } : {}), wait_seconds: 0 };
        return send('cancel_job', `/v1/providers/${named.provider}/jobs/${job_id}/cancel`, each.http, {
          named,
          ...how,
        });
      }
      if (each.by === 'many') {
        const list = pick(each.jobs).map((job_id) => ({ provider: each.jobs.provider, job_id }));
        return bulk(each.http, {
          jobs: list,
          ...claimed(each.claim),
          ...(each.dry ? { dry_run: true } : {}),
        });
      }
      if (each.by === 'selector') return bulk(each.http, { selector: each.selector, ...claimed(each.claim) });
      if (each.by === 'claim alone') return bulk(each.http, claimed(each.claim));
      if (each.by === 'list') await mcp.call('list_jobs', { provider: each.provider });
      else if (asHttp !== undefined) {
        const [id = ''] = (seen.at(-1) ?? 'abcdefghij').split('.');
        await twin.ask(asHttp, each.method, `/v1/confirmations/${id}`);
      }
    },
    sent: () => sentTo(sutro, ionq).filter(({ jobId }) => own.has(jobId)).length,
    /** The ids that were offered, newest last. */
    seen,
  };
}

/** What somebody else was offered for some of the same jobs: a token, and an id that a person approved. */
async function ofAnother(ids: readonly string[]) {
  const offer = async (share: readonly string[]) => {
    const body = { jobs: share.map((job_id) => ({ provider: 'sutro', job_id })) };
    const answer = await (await twin.ask('eve', 'POST', '/v1/jobs/cancel', body)).json();
    return offerSchema.parse(answer).confirmation;
  };
  const [one, other] = [await offer(ids.slice(0, 7)), await offer(ids.slice(1, 8))];
  await twin.ask('person-0', 'POST', `/v1/confirmations/${other?.id}`);
  return { token: one?.confirmation_token ?? '', approved: other?.id ?? '' };
}

describe('an agent driven through every tool', () => {
  const kinds = [
    ['an agent of its own, which also has the HTTP API', 'agent', true],
    ['an assistant with the token of a person', 'person', false],
  ] as const;
  it.each(casesAt(kinds, 0))(
    'over MCP as %s: never has more cancelled than goes unasked',
    async (_who, role, hasApi) => {
      let next = 0;
      let most = 0;
      let offers = 0;
      await fc.assert(
        fc.asyncProperty(fc.array(tried, { minLength: 8, maxLength: 14 }), async (steps) => {
          const caller = `${role}-${next % agents}`;
          next += 1;
          const mcp = await overHttp({ url: twin.url, token: twin.tokenOf(caller) });
          const { act, sent, seen } = await newcomer(mcp, hasApi ? caller : undefined);
          for (const step of steps) await act(step);
          await mcp.close();
          expect(sent()).toBeLessThanOrEqual(above);
          expect(seen.filter((offer) => offer.includes('.'))).toEqual([]);
          most = Math.max(most, sent());
          offers += seen.length;
        }),
        { numRuns: runs(agents - 1, 6), endOnFailure: true, seed: 5 },
      );
      expect(most).toBe(above);
      expect(offers).toBeGreaterThan(5);
    },
    60_000,
  );

  it('over standard input and output: the same', async () => {
    const env = twin.environmentFor(agent);
    const mcp = await overStdio({ env });
    const { act, sent, seen } = await newcomer(mcp);
    const steps = fc.sample(tried, { numRuns: runs(60, 24), seed: 4 });
    for (const step of steps) await act(step);
    await mcp.close();
    expect(sent()).toBe(above);
    expect(seen.length).toBeGreaterThan(1);
    expect(seen.filter((offer) => offer.includes('.'))).toEqual([]);
  });
});

describe('a person behind the client of calloff mcp', () => {
  const deny = [{ name: 'production*' }];
  type Answer = Awaited<ReturnType<NonNullable<Parameters<typeof overStdio>[0]['answer']>>>;
  let mcp: McpClient;
  let answer: Answer = { action: 'decline' };
  const questions: string[] = [];
  beforeAll(async () => {
    mcp = await overStdio({
      env: twin.environmentFor({ ...agent, may: { ...agent.may, jobs: { deny } } }),
      answer: (question) => {
        questions.push(question);
        return answer;
      },
    });
  });
  afterAll(() => mcp.close());
  const asked = async (answered: Answer) => {
    answer = answered;
    questions.length = 0;
    const { sutro } = twin.sandbox.providers;
    const add = (count: number, name: string, state: 'running' | 'completed') =>
      sutro.addJobs(count, { state, name, settlesInMs: 0 });
    const ids = [
      ...add(6, 'test', 'running'),
      ...add(2, 'test', 'completed'),
      ...add(2, 'production', 'running'),
    ];
    const { structured } = await mcp.call('cancel_jobs', {
      jobs: ids.map((job_id) => ({ provider: 'sutro', job_id })),
      reason: 'the user said "stop them"',
      wait_seconds: 0,
    });
    const sent = sentTo(sutro)
      .map(({ jobId }) => jobId)
      .filter((id) => ids.includes(id));
    return { ids, structured, sent };
  };

  it('is shown exactly the jobs that would be sent a cancel; agreed to, exactly these are', async () => {
    const { ids, structured, sent } = await asked({ action: 'accept', content: { confirm: true } });
    expect(questions).toHaveLength(1);
    expect(questions[0]?.split('\n').slice(0, 2)).toEqual([
      'An assistant wants to cancel 6 jobs. This cannot be undone.',
      'The assistant\'s reason: "the user said \\"stop them\\""',
    ]);
    expect(ids.filter((id) => questions[0]?.includes(id))).toEqual(ids.slice(0, 6));
    expect(sent.toSorted()).toEqual(ids.slice(0, 6).toSorted());
    expect(structured).toMatchObject({ counts: { cancelled: 6, already_finished: 2, refused: 2 } });
  });

  it.each(casesAt(['decline', 'cancel'] as const, 0))('who answers %s: nothing is sent', async (action) => {
    const { structured, sent } = await asked({ action });
    expect(questions).toHaveLength(1);
    expect(sent).toEqual([]);
    expect(structured).toMatchObject({ counts: { refused: 8, already_finished: 2 } });
  });
});
