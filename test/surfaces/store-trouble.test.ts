import { renameSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { connectionsTo } from '../support/harness.ts';
import { runInProcess } from '../support/process/in-process.ts';
import { bareEnvironment, run } from '../support/process/run.ts';
import { openSlackHarness } from '../support/slack/harness.ts';
import { shownIn } from '../support/slack/read-back.ts';
import { overHttp } from '../support/surfaces/mcp-client.ts';
import { openTestServer, type TestServer } from '../support/surfaces/test-server.ts';

const everywhere = { connections: ['*'] };
const roles = {
  ada: { kind: 'person', may: { ...everywhere, actions: ['list', 'cancel', 'confirm', 'audit'] } },
  counted: {
    kind: 'program',
    may: { ...everywhere, actions: ['list', 'cancel'], cancels_per_minute: 100, reads_per_minute: 100 },
  },
  bot: { kind: 'agent', may: { ...everywhere, actions: ['list', 'cancel'], confirm_above: 0 } },
} as const;

const locked = {
  message:
    'Another process has locked the store of this installation. calloff records every cancel before it sends it. Nothing was sent.',
  next_step: expect.stringMatching(/^Try again in a few seconds\./),
};
/** Soon enough for whoever waits: a health check, a dashboard, Slack. */
const soonMs = 1_500;

let twin: TestServer;
beforeAll(async () => {
  twin = await openTestServer(roles);
});
afterAll(() => twin.close());
beforeEach(() => twin.sandbox.providers.sutro.reset());

const running = () => twin.sandbox.providers.sutro.addJob({ state: 'running', settlesInMs: 0 });
const cancelOf = (id: string) => `/v1/providers/sutro/jobs/${id}/cancel`;
const cancelsSent = () =>
  twin.sandbox.providers.sutro.journal.filter(({ operation }) => operation === 'cancel').length;
const environment = () =>
  bareEnvironment({ ...twin.environmentFor(roles.ada), CALLOFF_DATA_DIR: twin.dataFolder });
/** A process of its own: in this one it would keep the others waiting while it waits for the lock. */
const calloff = (...args: string[]) => run('cli/main.ts', args, environment());

/** What `work` gives while another process keeps the store in a folder locked. */
async function whileLocked<Result>(folder: string, work: () => Promise<Result>): Promise<Result> {
  const other = new DatabaseSync(join(folder, 'calloff.sqlite'));
  other.exec('BEGIN IMMEDIATE');
  try {
    return await work();
  } finally {
    other.exec('ROLLBACK');
    other.close();
  }
}

/** An answer, and after how many milliseconds it came. */
async function timed(work: Promise<Response>) {
  const startedAt = performance.now();
  const response = await work;
  return {
    status: response.status,
    ms: performance.now() - startedAt,
    body: JSON.parse(await response.text()),
  };
}

describe('while another process keeps the store locked', () => {
  it('every surface refuses a cancel, says why, and sends nothing; once it is free the same goes through', async () => {
    const id = running();
    const mcp = await overHttp({ url: twin.url, token: twin.tokenOf('ada') });
    const bulk = { jobs: [{ provider: 'sutro', job_id: id }] };
    const startedAt = performance.now();
    let answeredMs = 0;
    const answered = (response: Response) => {
      answeredMs = performance.now() - startedAt;
      return response;
    };
    const [one, counted, many, tool, command] = await whileLocked(twin.dataFolder, () =>
      Promise.all([
        twin.ask('ada', 'POST', cancelOf(id), {}).then(answered),
        twin.ask('counted', 'POST', cancelOf(id), {}),
        twin.ask('ada', 'POST', '/v1/jobs/cancel', bulk),
        mcp.call('cancel_job', { provider: 'sutro', job_id: id }),
        calloff('cancel', 'sutro', id),
      ]),
    );
    const outcome = {
      ...{ outcome: 'failed', code: 'internal', cause: 'store_locked' },
      ...{ retryable: true, retry_after_seconds: 5, ...locked },
    };
    for (const response of [one, counted]) {
      expect(response.status).toBe(500);
      expect(response.headers.get('retry-after')).toBe('5');
      expect(await response.json()).toMatchObject(outcome);
    }
    expect(await many.json()).toMatchObject({ outcomes: [outcome], counts: { failed: 1 } });
    expect(tool).toMatchObject({
      isError: true,
      structured: { outcome: 'failed', cause: 'store_locked' },
      text: expect.stringContaining(locked.message),
    });
    expect(command.code).toBe(1);
    expect(JSON.parse(command.stdout)).toMatchObject({ outcomes: [outcome] });
    expect(command.stderr).toContain('"reason":"SQLITE_BUSY"');
    expect(answeredMs).toBeLessThan(8_000);
    expect(cancelsSent()).toBe(0);
    await mcp.close();
    const again = await twin.ask('ada', 'POST', cancelOf(id), {});
    expect(await again.json()).toMatchObject({ outcome: 'cancelled' });
  }, 60_000);

  it('what needs no count is answered at once, and the audit is read; a counted read is refused, and told why', async () => {
    const id = running();
    await twin.ask('ada', 'POST', cancelOf(id), {});
    let counted: unknown;
    let probed: Awaited<ReturnType<typeof timed>> | undefined;
    const answers = await whileLocked(twin.dataFolder, async () => {
      const cancelling = twin.ask('ada', 'POST', cancelOf(running()), {});
      const counting = twin.ask('counted', 'GET', '/v1/jobs?provider=sutro');
      probed = await timed(twin.ask('ada', 'GET', '/readyz'));
      const paths = [
        ...['/healthz', '/v1/providers', '/v1/jobs?provider=sutro'],
        ...[`/v1/providers/sutro/jobs/${id}`, `/v1/audit?job=${id}`],
      ];
      const asked = await Promise.all(paths.map((path) => timed(twin.ask('ada', 'GET', path))));
      await (await cancelling).text();
      counted = await timed(counting);
      return asked;
    });
    expect(answers.map(({ status }) => status)).toEqual(answers.map(() => 200));
    for (const { ms } of answers) expect(ms).toBeLessThan(soonMs);
    expect(probed).toMatchObject({ status: 503, body: { reason: expect.stringMatching(/^store_/) } });
    expect(probed?.ms).toBeLessThan(soonMs);
    expect(counted).toMatchObject({ status: 503, body: { cause: 'store_locked' } });
    expect(answers.at(-1)?.body).toMatchObject({ entries: [{ job_id: id, outcome: 'cancelled' }] });
  }, 60_000);

  it('a confirmation is shown, and cannot be given: a 503 with the cause, and a sentence at the terminal', async () => {
    const id = running();
    const asked = await twin.ask('bot', 'POST', cancelOf(id), {});
    const { confirmation } = JSON.parse(await asked.text());
    const path = `/v1/confirmations/${confirmation.id}`;
    const [shown, approved, command] = await whileLocked(twin.dataFolder, () =>
      Promise.all([
        timed(twin.ask('ada', 'GET', path)),
        twin.ask('ada', 'POST', path),
        calloff('confirm', confirmation.id, '--yes'),
      ]),
    );
    expect(shown).toMatchObject({ status: 200, body: { state: 'pending' } });
    expect(shown.ms).toBeLessThan(soonMs);
    expect(approved.status).toBe(503);
    expect(approved.headers.get('retry-after')).toBe('5');
    expect(approved.headers.get('content-type')).toBe('application/problem+json');
    expect(await approved.json()).toMatchObject({
      type: 'urn:calloff:problem:store-unavailable',
      cause: 'store_locked',
      faults: [
        { path: '', message: expect.stringMatching(/^Another process has locked the store .*\. Try/) },
      ],
    });
    expect(command).toMatchObject({ code: 1, stdout: '' });
    expect(command.stderr).toMatch(/^ {2}Another process has locked the store .*\.\nNext step: Try again/m);
    expect((await twin.ask('ada', 'POST', path)).status).toBe(200);
  }, 60_000);

  it('Slack is answered within its three seconds, and told why in the end', async () => {
    const harness = await openSlackHarness({ connections: connectionsTo(twin.sandbox) });
    const id = running();
    const { acknowledgedMs, messages } = await whileLocked(harness.dataFolder, async () => {
      const startedAt = performance.now();
      const exchange = await harness.command(`sutro ${id}`);
      expect(exchange.status).toBe(200);
      return { acknowledgedMs: performance.now() - startedAt, messages: await exchange.later() };
    });
    expect(acknowledgedMs).toBeLessThan(soonMs);
    expect(messages.map((message) => shownIn(message).join('\n'))).toEqual([
      expect.stringContaining('Another process has locked the store of this installation'),
    ]);
    expect(cancelsSent()).toBe(0);
    await harness.close();
  }, 60_000);
});

describe('where the data folder was moved away from a running server', () => {
  it('a cancel that goes through is in the audit that the server and any other process read', async () => {
    await twin.ask('ada', 'POST', cancelOf(running()), {});
    const away = `${twin.dataFolder}-away`;
    renameSync(twin.dataFolder, away);
    const id = running();
    const answer = await twin.ask('ada', 'POST', cancelOf(id), {});
    expect(await answer.json()).toMatchObject({ outcome: 'cancelled' });
    const { body } = await timed(twin.ask('ada', 'GET', `/v1/audit?job=${id}`));
    expect(body.entries).toMatchObject([{ job_id: id, outcome: 'cancelled' }]);
    const { stdout } = await runInProcess(['audit', '--job', id], { env: environment() });
    expect(JSON.parse(stdout)).toMatchObject({ job_id: id, outcome: 'cancelled' });
  }, 60_000);
});
