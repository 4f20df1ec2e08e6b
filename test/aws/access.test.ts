import { beforeEach, describe, expect, test } from 'vitest';
import type { ProviderName } from '../../sandbox/sandbox.ts';
import { usualNames } from '../support/harness.ts';
import { casesAt, runs } from '../support/thorough.ts';
import { boss, configureCallers } from './callers-harness.ts';
import type { Lambda } from './lambda.ts';
import { token, useLambda } from './lambda-harness.ts';

const harness = useLambda('api');

const setUp = () =>
  configureCallers(harness, {
    ada: boss,
    // As a new user would: one who may only list and cancel at Sutro.
    'sutro-only': { kind: 'program', may: { connections: ['sutro'], actions: ['list', 'cancel'] } },
    slowly: {
      kind: 'program',
      may: { connections: ['*'], actions: ['list', 'cancel'], cancels_per_minute: 1, reads_per_minute: 1 },
    },
    careful: { kind: 'program', may: { ...boss.may, actions: ['list', 'cancel'], confirm_above: 1 } },
    'night-agent': { kind: 'agent', may: { ...boss.may, confirm_above: 10 } },
  });
let callers: ReturnType<typeof setUp>;
beforeEach(() => {
  callers = setUp();
});

const cancelPath = (provider: ProviderName, id: string) => `/v1/providers/${provider}/jobs/${id}/cancel`;
const cancelOne = (provider: ProviderName, job_id: string) =>
  ({ method: 'POST', path: cancelPath(provider, job_id) }) as const;
const cancelMany = (request: object) =>
  ({ method: 'POST', path: '/v1/jobs/cancel', body: JSON.stringify(request) }) as const;
const jobsAt = (provider: ProviderName, count: number) =>
  harness.sandbox.providers[provider]
    .addJobs(count, { state: 'running' })
    .map((job_id) => ({ provider, job_id }));
/** How many jobs a provider was asked to cancel, by its own record. */
const sentTo = (provider: ProviderName) =>
  harness.sandbox.providers[provider].journal.filter(({ operation }) => operation === 'cancel').length;

describe('environments that stay warm', () => {
  harness.keepWarm();
  // Reads the whole audit of a new table.
  audit();
  rights();
  counts();
  confirmation();
});

function rights(): void {
  test('the caller of Sutro may cancel and list there, over HTTP', async () => {
    const answer = await callers.ask('sutro-only', cancelOne('sutro', harness.runningJob('sutro')));
    expect([answer.status, answer.body.outcome]).toEqual([200, 'cancelled']);
    const listed = await callers.ask('sutro-only', { path: '/v1/jobs', query: [['provider', 'sutro']] });
    expect([listed.status, listed.body.jobs.length]).toEqual([200, 1]);
  });

  test('and is refused everywhere else, in words that help, and nothing is sent', async () => {
    const answer = await callers.ask('sutro-only', cancelOne('ionq', harness.runningJob('ionq')));
    expect(answer.status).toBe(403);
    expect(answer.body).toMatchObject({ outcome: 'refused', code: 'denied_by_policy', state: 'unknown' });
    expect(answer.body.message).toContain('does not allow you to cancel this job. Nothing was sent.');
    const jobs = [...jobsAt('sutro', 1), ...jobsAt('ionq', 1)];
    const both = await callers.ask('sutro-only', cancelMany({ jobs }));
    expect(both.body.outcomes).toMatchObject([
      { outcome: 'cancelled' },
      { outcome: 'refused', code: 'denied_by_policy' },
    ]);
    expect(harness.sandbox.providers.ionq.journal).toEqual([]);
  });

  test.each([
    ['a list of another provider', { path: '/v1/jobs', query: [['provider', 'ionq']] }],
    ['the audit', { path: '/v1/audit' }],
    ['a confirmation', { method: 'POST', path: '/v1/confirmations/abcdefghjk' }],
  ] as const)('%s is answered 403', async (_what, asked) => {
    const answer = await callers.ask('sutro-only', asked);
    expect([answer.status, answer.body.type]).toEqual([403, 'urn:calloff:problem:forbidden']);
    expect(answer.body.faults[0].message).toMatch(/^The policy of this installation does not allow you to/);
  });

  test('the same is said over MCP', async () => {
    const mcp = harness.another('mcp');
    const [job_id, other] = [harness.runningJob('sutro'), harness.runningJob('ionq')];
    const cancelled = await callers.call('sutro-only', 'cancel_job', { provider: 'sutro', job_id }, mcp);
    expect(cancelled).toMatchObject({ outcome: 'cancelled' });
    const given = { provider: 'ionq', job_id: other };
    const refused = await callers.call('sutro-only', 'cancel_job', given, mcp);
    expect(refused).toMatchObject({ outcome: 'refused', code: 'denied_by_policy' });
    const listed = await callers.call('sutro-only', 'list_jobs', { provider: 'ionq' }, mcp);
    expect(JSON.stringify(listed)).toContain('does not allow you to read jobs here');
    expect(harness.sandbox.providers.ionq.journal).toEqual([]);
  });

  test('an unknown token is refused like a wrong one', async () => {
    for (const authorization of [`Bearer ${token}`, `Bearer calloff_${'a'.repeat(8)}_${'b'.repeat(38)}`]) {
      const answer = await callers.ask('ada', { path: '/v1/providers', headers: { authorization } });
      expect(answer.status).toBe(401);
    }
  });

  test('a revoked token is refused once the configuration is as old as a secret may be', async () => {
    const status = async (name: 'ada' | 'careful') =>
      (await callers.ask(name, { path: '/v1/providers' })).status;
    expect([await status('ada'), await status('careful')]).toEqual([200, 200]);
    callers.revoke('ada');
    harness.forward(299_000);
    expect(await status('ada')).toBe(200);
    harness.forward(1_000);
    expect([await status('ada'), await status('careful')]).toEqual([401, 200]);
  });
}

test('the configuration and what a token is judged by are read side by side', async () => {
  harness.secrets.hang(true);
  const headers = { authorization: `Bearer ${token}` };
  const [one, own] = await Promise.all([
    callers.ask('ada', { path: '/v1/providers', headers }),
    callers.ask('ada', { path: '/v1/providers' }),
  ]);
  expect([one.status, own.status]).toEqual([503, 503]);
  expect(new Set(harness.secrets.requests)).toEqual(
    new Set(['config', 'token', 'pepper'].map((name) => `calloff/${name}`)),
  );
});

function counts(): void {
  test('a caller who asks too often is answered 429 with the time to wait, in another environment too', async () => {
    const first = await callers.ask('slowly', cancelOne('sutro', harness.runningJob('sutro')));
    expect(first.status).toBe(200);
    const other = harness.another('api');
    for (const environment of [harness.lambda, other]) {
      const asked = cancelOne('sutro', harness.runningJob('sutro'));
      const { status, headers, body } = await callers.ask('slowly', asked, environment);
      expect([status, body.code]).toEqual([429, 'caller_rate_limited']);
      expect(Number(headers['retry-after'])).toBeGreaterThan(30);
    }
    const reads = [];
    for (const environment of [harness.lambda, other])
      reads.push((await callers.ask('slowly', { path: '/v1/jobs' }, environment)).status);
    expect(reads).toEqual([200, 429]);
    expect(sentTo('sutro')).toBe(1);
  });

  test('many calls at once in two environments send no more than may go unconfirmed', async () => {
    const calls = runs(10, 4);
    const environments = [harness.lambda, harness.another('api')];
    const answers = await Promise.all(
      environments.flatMap((environment) =>
        Array.from({ length: calls }, () =>
          callers.ask('night-agent', cancelMany({ jobs: jobsAt('sutro', 2) }), environment),
        ),
      ),
    );
    expect(answers.map(({ status }) => status)).toEqual(Array.from({ length: 2 * calls }, () => 200));
    const cancelled = answers.reduce((sum, { body }) => sum + body.counts.cancelled, 0);
    const refused = answers.reduce((sum, { body }) => sum + body.counts.refused, 0);
    expect([cancelled, refused, sentTo('sutro')]).toEqual([10, 4 * calls - 10, 10]);
  });
}

function confirmation(): void {
  /** What `careful` is told who selects all that runs at Sutro, five jobs. */
  async function preview(environment?: Lambda) {
    const jobs = jobsAt('sutro', 5);
    const asked = cancelMany({ selector: { provider: 'sutro' }, reason: 'wrong model' });
    const { status, body } = await callers.ask('careful', asked, environment);
    expect(status).toBe(200);
    expect(body.counts).toMatchObject({ refused: 5, cancelled: 0 });
    const { confirmation_token } = body.confirmation;
    harness.hide(confirmation_token);
    return { jobs, confirmation_token };
  }

  test('of a selector is given in one environment and used in another, once', async () => {
    const { confirmation_token } = await preview();
    expect(sentTo('sutro')).toBe(0);
    const other = harness.another('api');
    const used = await callers.ask('careful', cancelMany({ confirmation_token }), other);
    expect(used.body.counts).toMatchObject({ cancelled: 5 });
    for (const environment of [harness.lambda, other]) {
      const again = await callers.ask('careful', cancelMany({ confirmation_token }), environment);
      expect([again.status, again.body.type]).toEqual([409, 'urn:calloff:problem:confirmation']);
    }
    expect(sentTo('sutro')).toBe(5);
  });

  test('that two environments use at the same instant serves one of them', async () => {
    const other = harness.another('api');
    for (let round = 0; round < runs(5, 2); round += 1) {
      const { jobs, confirmation_token } = await preview();
      const before = sentTo('sutro');
      const answers = await Promise.all(
        [harness.lambda, other].map((environment) =>
          callers.ask('careful', cancelMany({ confirmation_token, jobs }), environment),
        ),
      );
      const cancelled = answers.map(({ body }) => body.counts.cancelled).sort();
      expect([cancelled, sentTo('sutro') - before]).toEqual([[0, 5], 5]);
    }
  });

  test.each(
    casesAt(
      [
        ['altered', (token: string) => `${token.slice(0, -3)}abc`],
        ['with another id', (token: string) => `bbbbbbbbbb.${token.split('.')[1]}`],
        ['without its second half', (token: string) => `${token.split('.')[0]}`],
      ],
      0,
    ),
  )('%s is refused, and nothing is sent', async (_how, change) => {
    const { jobs, confirmation_token } = await preview();
    const changed = { confirmation_token: change(confirmation_token) };
    const bare = await callers.ask('careful', cancelMany(changed));
    expect(bare.status).toBe(409);
    const { body } = await callers.ask('careful', cancelMany({ ...changed, jobs }));
    expect(body.counts).toMatchObject({ refused: 5 });
    expect(sentTo('sutro')).toBe(0);
  });

  test('of another caller, for other jobs or after five minutes is refused, and nothing is sent', async () => {
    const { jobs, confirmation_token } = await preview();
    const foreign = await callers.ask('ada', cancelMany({ confirmation_token }));
    expect(foreign.status).toBe(409);
    const less = await callers.ask('careful', cancelMany({ confirmation_token, jobs: jobs.slice(1) }));
    expect(less.body.counts).toMatchObject({ refused: 4 });
    harness.forward(300_001);
    const late = await callers.ask('careful', cancelMany({ confirmation_token }));
    expect(late.status).toBe(409);
    expect(sentTo('sutro')).toBe(0);
  });

  test('of one job is answered 409 with its code', async () => {
    await callers.ask('careful', cancelOne('sutro', harness.runningJob('sutro')));
    const { status, body } = await callers.ask('careful', cancelOne('sutro', harness.runningJob('sutro')));
    expect([status, body.code]).toEqual([409, 'confirmation_required']);
    harness.hide(body.confirmation.confirmation_token);
  });

  test('is given to an agent by a person over HTTP, and its repeated call over MCP goes through', async () => {
    const mcp = harness.another('mcp');
    const jobs = jobsAt('sutro', 11);
    const first = await callers.call('night-agent', 'cancel_jobs', { jobs }, mcp);
    expect(first.counts).toMatchObject({ refused: 11 });
    expect(first.confirmation).not.toHaveProperty('confirmation_token');
    const confirm = { method: 'POST', path: `/v1/confirmations/${first.confirmation.id}` } as const;

    const own = await callers.ask('night-agent', confirm);
    expect(own.status).toBe(403);
    const early = await callers.call('night-agent', 'cancel_jobs', { jobs }, mcp);
    expect(early.counts).toMatchObject({ refused: 11 });
    expect(sentTo('sutro')).toBe(0);

    const approved = await callers.ask('ada', confirm);
    expect(approved.body).toMatchObject({ state: 'approved', approved_by: 'ada', caller: 'night-agent' });
    const repeated = await callers.call('night-agent', 'cancel_jobs', { jobs }, mcp);
    expect(repeated.counts).toMatchObject({ cancelled: 11 });
    expect(sentTo('sutro')).toBe(11);
  });
}

function audit(): void {
  test('the audit comes page by page, newest first, with who did what and the outcome', async () => {
    const jobs = usualNames.flatMap((provider) => jobsAt(provider, 1));
    await callers.ask('ada', cancelMany({ jobs, reason: 'costs too much' }));
    harness.forward(1_000);
    await callers.ask('sutro-only', cancelOne('ionq', harness.runningJob('ionq')));
    const found = [];
    for (let cursor: string | null = ''; cursor !== null; ) {
      const query: (readonly [string, string])[] = [['limit', '2'], ...next(cursor)];
      const { body } = await callers.ask('ada', { path: '/v1/audit', query });
      expect(body.entries.length).toBeLessThanOrEqual(2);
      found.push(...body.entries.filter(({ action }: { action: string }) => action === 'cancel'));
      cursor = body.next_cursor;
    }
    const [newest, ...older] = found;
    expect(newest).toMatchObject({ caller: 'sutro-only', decision: 'refused', connection: 'ionq' });
    const byId = (one: { job_id: string }, other: { job_id: string }) => (one.job_id < other.job_id ? -1 : 1);
    expect(older.sort(byId)).toMatchObject(
      jobs.sort(byId).map(({ provider, job_id }) => ({
        ...{ caller: 'ada', kind: 'person', surface: 'http', reason: 'costs too much' },
        ...{ decision: 'allowed', outcome: 'cancelled', connection: provider, job_id },
      })),
    );
  });

  const next = (cursor: string): [string, string][] => (cursor === '' ? [] : [['cursor', cursor]]);
}
