import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import * as z from 'zod';
import { CallDeadline } from '../../shared/cancellation/call-deadline.ts';
import { credentialFromSettings } from '../../shared/config/secrets/credentials.ts';
import { newHistory } from '../../shared/engine/attempt-history.ts';
import { cancelInRounds } from '../../shared/engine/cancel-rounds.ts';
import { inspect } from '../../shared/engine/inspect.ts';
import { type ConnectionWork, runCancels } from '../../shared/engine/run-cancels.ts';
import { createGateway } from '../../shared/gateway.ts';
import { newTurn } from '../../shared/http/rate-limit/turn.ts';
import { callerWith, callOf, guardHarness, named, sentTo } from '../support/guard-harness.ts';
import { accepted } from '../support/harness.ts';
import { runInProcess } from '../support/process/in-process.ts';
import { bareEnvironment, run } from '../support/process/run.ts';
import { overHttp } from '../support/surfaces/mcp-client.ts';
import { openTestServer, type Role, type TestServer } from '../support/surfaces/test-server.ts';
import { casesAt } from '../support/thorough.ts';

const sutroOnly = { connections: ['sutro'], actions: ['list', 'cancel'] };
const agent: Role = { kind: 'agent', may: { ...sutroOnly, confirm_above: 1 } };
const roles = {
  night: agent,
  nightly: agent,
  bob: { kind: 'person', may: { ...sutroOnly, confirm_above: 1 } },
  hasty: { kind: 'program', may: { ...sutroOnly, cancels_per_minute: 1, reads_per_minute: 1 } },
  judge: { kind: 'person', may: { connections: ['*'], actions: ['confirm'] } },
} satisfies Record<string, Role>;

let twin: TestServer;
beforeAll(async () => {
  twin = await openTestServer(roles);
});
afterAll(() => twin.close());

const add = (count: number) =>
  named('sutro', twin.sandbox.providers.sutro.addJobs(count, { state: 'running', settlesInMs: 0 }));
const offerSchema = z.object({
  confirmation: z.object({
    id: z.string(),
    confirmation_token: z.string().optional(),
    next_step: z.string().optional(),
  }),
});

async function asked(caller: string, method: string, path: string, body?: object) {
  const response = await twin.ask(caller, method, path, body);
  const told: unknown = await response.json();
  return { status: response.status, retryAfter: response.headers.get('retry-after'), told };
}

describe('a caller refused over HTTP', () => {
  it('has the status of the reason, and is told what to do', async () => {
    const [job] = add(1);
    const one = (caller: string, provider: string, id = '') =>
      asked(caller, 'POST', `/v1/providers/${provider}/jobs/${id}/cancel`, { wait_seconds: 0 });
    const foreign = twin.sandbox.providers.ionq.addJob({ state: 'running' });
    expect(await one('night', 'ionq', foreign)).toMatchObject({
      status: 403,
      told: { code: 'denied_by_policy', next_step: expect.stringContaining('administrator') },
    });
    const unseen = await asked('night', 'GET', `/v1/providers/ionq/jobs/${foreign}`);
    expect(unseen).toMatchObject({ status: 403, told: { message: expect.stringContaining('read jobs') } });
    expect(JSON.stringify(unseen.told).match(/Ask an administrator/g)).toHaveLength(1);
    await one('night', 'sutro', add(1)[0]?.job_id);
    expect(await one('night', 'sutro', job?.job_id)).toMatchObject({
      status: 409,
      told: {
        code: 'confirmation_required',
        next_step: 'Do what the next_step of "confirmation" says.',
        message: 'More than 1 cancels within ten minutes need a confirmation first. Nothing was sent.',
        confirmation: {
          next_step: expect.stringMatching(
            /^Ask someone with the right to confirm to do so before 20\S+Z with POST \/v1\/confirmations\/\w{10} at this server\. Then send the request again with confirmation_id/,
          ),
        },
      },
    });
    await one('hasty', 'sutro', add(1)[0]?.job_id);
    const limited = await one('hasty', 'sutro', job?.job_id);
    expect(limited).toMatchObject({ status: 429, told: { code: 'caller_rate_limited', retryable: true } });
    expect(Number(limited.retryAfter)).toBeGreaterThan(50);
    expect(await asked('hasty', 'GET', '/v1/jobs')).toMatchObject({ status: 200 });
    const often = await asked('hasty', 'GET', '/v1/jobs');
    expect(often).toMatchObject({ status: 429, told: { type: 'urn:calloff:problem:too-often' } });
    expect(often.retryAfter).toBe('60');
    expect(sentTo(twin.sandbox.providers.sutro).map(({ jobId }) => jobId)).not.toContain(job?.job_id);
  });

  it('is answered 409 where a confirmation alone does not serve, whatever it is', async () => {
    for (const claim of ['', 'x', '\0', '../../x', '\ud800', 'abcdefghij', `abcdefghij.${'A'.repeat(43)}`])
      expect(await asked('bob', 'POST', '/v1/jobs/cancel', { confirmation_token: claim })).toMatchObject({
        status: 409,
        told: {
          type: 'urn:calloff:problem:confirmation',
          faults: [{ message: expect.stringContaining('Send the request without') }],
        },
      });
  });
});

describe('an approval over HTTP', () => {
  it('takes no body and no query that it does not know, and approves nothing then', async () => {
    const answer = await asked('night', 'POST', '/v1/jobs/cancel', { jobs: add(2) });
    const path = `/v1/confirmations/${offerSchema.parse(answer.told).confirmation.id}`;
    for (const [stray, body] of [
      [path, { dry_run: true }],
      [path, { confirmation_id: 'abcdefghij' }],
      [`${path}?dry_run=true`, undefined],
    ] as const)
      for (const method of ['POST', 'DELETE'])
        expect((await asked('judge', method, stray, body)).status).toBe(400);
    expect(await asked('judge', 'GET', path)).toMatchObject({ status: 200, told: { state: 'pending' } });
    expect(await asked('judge', 'POST', path, {})).toMatchObject({
      status: 200,
      told: { state: 'approved' },
    });
  });

  it('of what is not there says whom to turn to', async () => {
    const { status, told } = await asked('judge', 'POST', '/v1/confirmations/abcdefghij');
    expect(status).toBe(409);
    expect(JSON.stringify(told)).toContain('The caller can send the request again');
  });
});

describe('an assistant', () => {
  it('is told of a refusal as one, and whom to ask in words that fit the tool', async () => {
    const mcp = await overHttp({ url: twin.url, token: twin.tokenOf('nightly') });
    const refused = await mcp.call('list_jobs', { provider: 'ionq' });
    expect(refused.text).toMatch(/^calloff refused the call\. Nothing was done\.\n.*Ask an administrator/);
    const faulty = await mcp.call('cancel_jobs', { selector: {} });
    expect(faulty.text).toMatch(/^The call has faults\. Nothing was done\./);
    const none = await mcp.call('cancel_jobs', { selector: { provider: 'sutro', state: 'failed' } });
    expect(none.text).toMatch(/^0 jobs: nothing to cancel\. Request /);
    const many = await mcp.call('cancel_jobs', { jobs: add(2) });
    expect(many.text.match(/^Next: /gm)).toHaveLength(1);
    expect(many.text).toMatch(
      /Next: Ask someone .* to do so before .* with POST \/v1\/confirmations\/(\w{10}) at this server\. Then call this tool again with confirmation "\1" instead of jobs or selector\.$/,
    );
    await mcp.call('cancel_job', { ...add(1)[0], wait_seconds: 0 });
    const one = await mcp.call('cancel_job', { ...add(1)[0], wait_seconds: 0 });
    expect(one.text).toMatch(
      /Next: Ask someone .* Then call this tool again for the same job with confirmation "\w{10}"\.$/,
    );
    await mcp.close();
  });
});

describe('the command line', () => {
  it('confirms its own request by --confirmation', async () => {
    const env = bareEnvironment(twin.environmentFor(roles.bob));
    const ids = add(2).map(({ job_id }) => job_id);
    const calloff = (...more: string[]) => runInProcess(['cancel', 'sutro', ...ids, ...more], { env });
    const first = await calloff();
    const { confirmation_token: token = '', next_step } = offerSchema.parse(
      JSON.parse(first.stdout),
    ).confirmation;
    expect([first.code, next_step]).toEqual([1, expect.stringContaining('--confirmation')]);
    const stdoutOnly = "data:text/javascript,Object.defineProperty(process.stdout,'isTTY',{value:true})";
    const shown = await run('cli/main.ts', ['cancel', 'sutro', ...ids], {
      ...env,
      NODE_OPTIONS: `--import=${stdoutOnly}`,
    });
    expect(shown.stdout.match(/of "confirmation"|Send the request again with --confirmation/g)).toHaveLength(
      1,
    );
    expect(shown.stdout).toContain(`\n--confirmation ${token}\n`);
    const second = await calloff('--confirmation', token);
    expect(second.code).toBe(0);
    expect(JSON.parse(second.stdout).counts).toMatchObject({ cancelled: 2 });
  });

  const mayNot = { ...roles.bob, may: { ...roles.bob.may, self_confirm: false } };
  it.each(
    casesAt(
      [
        ['a person', roles.bob, 2],
        ['an agent', roles.night, 0],
        ['a person who may not confirm for themselves', mayNot, 0],
      ],
      0,
      2,
    ),
  )(
    'at a terminal where %s types a yes sends as many as they may confirm for themselves',
    async (_who, role: Role, count) => {
      const env = bareEnvironment(twin.environmentFor(role));
      const ids = add(2).map(({ job_id }) => job_id);
      const terminal = { env, typed: 'y\n', isTerminal: true };
      const { stdout, stderr } = await runInProcess(['cancel', 'sutro', ...ids], terminal);
      const sent = sentTo(twin.sandbox.providers.sutro).filter(({ jobId }) => ids.includes(jobId));
      expect(sent).toHaveLength(count);
      expect(stderr.includes('Cancel them?')).toBe(count > 0);
      // A terminal's lines end where its width does.
      expect(/ confirm \w{10}" in a terminal/.test(stdout.replace(/\s+/g, ' '))).toBe(count === 0);
    },
  );
});

describe('a bug after a cancel may have been sent', () => {
  it('leaves a job that was sent unseen unknown, never unattempted, and its cancel counted', async () => {
    const { clock, providers } = guardHarness();
    const [job_id = ''] = providers.sutro.addJobs(1, { state: 'running' });
    const gateway = createGateway({
      connections: async () => providers.connections,
      credentials: credentialFromSettings,
      budgetMs: 120_000,
      fetch: providers.fetch,
      clock,
    });
    providers.sutro.setFault({ kind: 'status', status: 503, operations: ['status'] });
    const sutro = (await gateway.connections()).get('sutro');
    if (sutro === undefined) throw new Error('no such connection');
    const broken = {
      ...sutro.adapter,
      cancel: {
        ...sutro.adapter.cancel,
        read: () => {
          throw new Error('a bug');
        },
      },
    };
    const now = clock.now();
    const turn = newTurn('check_before');
    const times = { sendBy: now + 60_000, answerBy: now + 90_000, waitMs: 0 };
    const call = { ...times, dryRun: false, sendIfStatusUnknown: true, turn };
    const time = new CallDeadline(clock, 120_000);
    const parts = {
      connections: await gateway.connections(),
      clock,
      time,
      turn,
      log: () => undefined,
      budgetMs: 120_000,
    };
    const entries = [{ connection: { ...sutro, adapter: broken }, job: newHistory(job_id) }];
    const work: ConnectionWork = async (jobs, connection) => {
      await inspect(jobs, connection, call);
      await cancelInRounds(jobs, connection, call);
    };
    const { outcomes } = await clock.until(runCancels(entries, parts, call, work));
    expect(sentTo(providers.sutro)).toHaveLength(1);
    expect(outcomes[0]?.outcome).toBe('unknown');
  });
});

describe('a confirmation that does not serve', () => {
  it('takes nothing of the minute', async () => {
    const harness = guardHarness();
    const gateway = harness.gateway();
    const caller = callerWith({ cancelsPerMinute: 2 });
    const jobs = named('sutro', harness.providers.sutro.addJobs(2, { state: 'running' }));
    const confirm = { jobs, confirmation_token: 'abcdefghij' };
    for (let time = 0; time < 3; time += 1)
      await harness.clock.until(gateway.cancelJobs({ ...confirm, wait_seconds: 0 }, callOf(caller)));
    const { counts } = accepted(
      await harness.clock.until(gateway.cancelJobs({ jobs, wait_seconds: 0 }, callOf(caller))),
    );
    expect(counts).toMatchObject({ cancelled: 2 });
  });
});
