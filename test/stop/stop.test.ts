import { randomUUID } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterAll, beforeAll, describe, it, vi } from 'vitest';
import { heapOptions } from '../../cli/bounded-heap.ts';
import { startPretendSlack } from '../../sandbox/pretend-slack.ts';
import { type Sandbox, startSandbox } from '../../sandbox/sandbox.ts';
import { runInProcess } from '../support/process/in-process.ts';
import { bareEnvironment, finish, outputOf, sandboxEnvironment, start } from '../support/process/run.ts';
import { commandPost, signatureOf } from '../support/slack/requests.ts';
import { casesAt, inSoak } from '../support/thorough.ts';

/** Most who stop a process kill it after so long. */
const killedAfterMs = 10_000;
const token = 'a-token-for-the-tests';
const signingSecret = 'a-signing-secret-for-the-tests';
let sandbox: Sandbox;

beforeAll(async () => {
  sandbox = await startSandbox({ control: false });
});
afterAll(() => sandbox.close());

type Ending = 'SIGTERM' | 'SIGINT' | 'SIGHUP';
const signals: readonly Ending[] = ['SIGTERM', 'SIGINT', 'SIGHUP'];

/** A running job at a provider that answers one look, and then nothing any more. */
function jobThatHangs(): string {
  const { sutro } = sandbox.providers;
  const job = sutro.addJob({ state: 'running' });
  sutro.setFault({ kind: 'hang', operations: ['cancel'], jobIds: [job] });
  return job;
}

/** Waits until the cancel has left, from when on nothing is answered. */
async function sent(job: string): Promise<void> {
  const { sutro } = sandbox.providers;
  await vi.waitUntil(
    () => sutro.journal.some(({ operation, jobIds }) => operation === 'cancel' && jobIds.includes(job)),
    { timeout: 20_000 },
  );
  sutro.setFault({ kind: 'hang', operations: ['status'], jobIds: [job] });
}

/** Ends a process, and gives how it ended, and how many milliseconds later. */
async function stopped(child: ReturnType<typeof start>, signal: Ending) {
  const finished = finish(child);
  const began = performance.now();
  child.kill(signal);
  const { code, stdout, stderr } = await finished;
  return { code, stdout, stderr, tookMs: performance.now() - began };
}

/** What the audit of a data folder says of a job, by records and not because a deadline passed. */
async function recordedOf(job: string, env: Record<string, string>) {
  const { stdout } = await runInProcess(['audit', '--job', job, '--json'], { env });
  const lines = stdout.split('\n').filter((line) => line !== '');
  return lines.map((line) => {
    const { outcome, evidence } = JSON.parse(line);
    return [outcome, evidence !== undefined];
  });
}

/** A server that listens: the command, unless another file is named. */
async function serving(env: Record<string, string>, file?: string) {
  const child = file === undefined ? start('cli/main.ts', ['serve'], env) : start(file, [], env);
  const output = await outputOf(child, /listens on (\S+)/);
  return { child, url: /listens on (\S+)/.exec(output)?.[1] ?? '' };
}

function environment(more: Readonly<Record<string, string>> = {}) {
  return bareEnvironment({ ...sandboxEnvironment(sandbox), PORT: '0', CALLOFF_TOKEN: token, ...more });
}

async function cancelAt(url: string, job: string) {
  const response = await fetch(`${url}/v1/providers/sutro/jobs/${job}/cancel`, {
    method: 'POST',
    headers: { authorization: `Bearer ${token}` },
  });
  const { outcome } = JSON.parse(await response.text());
  return [response.status, outcome];
}

describe.concurrent.each(casesAt(signals, 0))(
  'on %s, with a cancel out whose provider says nothing any more',
  (signal) => {
    it('the server answers what is known, writes it down, and is gone before it is killed', async ({
      expect,
    }) => {
      const env = environment();
      const { child, url } = await serving(env, 'functions/serve.ts');
      const job = jobThatHangs();
      const answer = cancelAt(url, job);
      await sent(job);
      const { code, tookMs } = await stopped(child, signal);
      expect(await answer).toEqual([504, 'unknown']);
      expect(code).toBe(0);
      expect(tookMs).toBeLessThan(killedAfterMs);
      expect(await recordedOf(job, env)).toEqual([['unknown', true]]);
    });

    it('calloff mcp does so', async ({ expect }) => {
      const env = environment();
      const child = start('cli/main.ts', ['mcp'], env);
      const told: string[] = [];
      createInterface({ input: child.stdout }).on('line', (line) => told.push(line));
      const say = (message: object) =>
        child.stdin.write(`${JSON.stringify({ jsonrpc: '2.0', ...message })}\n`);
      const clientInfo = { name: 'test', version: '1' };
      say({
        id: 1,
        method: 'initialize',
        params: { protocolVersion: '2025-11-25', capabilities: {}, clientInfo },
      });
      say({ method: 'notifications/initialized' });
      const job = jobThatHangs();
      const params = { name: 'cancel_job', arguments: { provider: 'sutro', job_id: job } };
      say({ id: 2, method: 'tools/call', params });
      await sent(job);
      const { code, tookMs } = await stopped(child, signal);
      expect([code, tookMs < killedAfterMs]).toEqual([0, true]);
      const answer = told.map((line) => JSON.parse(line)).find(({ id }) => id === 2);
      expect(answer?.result?.structuredContent?.outcome).toBe('unknown');
      expect(await recordedOf(job, env)).toEqual([['unknown', true]]);
    });

    it('calloff cancel does so', async ({ expect }) => {
      const env = environment();
      const job = jobThatHangs();
      const child = start('cli/main.ts', ['cancel', 'sutro', job, '--json'], env);
      await sent(job);
      const { code, tookMs, stdout } = await stopped(child, signal);
      expect([code, tookMs < killedAfterMs]).toEqual([1, true]);
      expect(JSON.parse(stdout).outcomes).toMatchObject([{ outcome: 'unknown' }]);
      expect(await recordedOf(job, env)).toEqual([['unknown', true]]);
    });
  },
);

/** The options that a process was started with last, as Linux shows them. */
async function optionsOf({ pid }: ReturnType<typeof start>) {
  const line = await readFile(`/proc/${pid}/cmdline`, 'utf8');
  return line.split('\0').filter((argument) => argument.startsWith('--'));
}

describe.concurrent('on SIGTERM', () => {
  it('a cancel whose answer does not come is looked at: what is seen is the answer, whatever request is never sent to its end', async ({
    expect,
  }) => {
    const { child, url } = await serving(environment());
    // The same process, with a bounded heap.
    if (process.platform === 'linux')
      expect(await optionsOf(child)).toEqual(heapOptions({ execArgv: [], env: {} }));
    const { sutro } = sandbox.providers;
    const job = sutro.addJob({ state: 'running', settlesInMs: 0 });
    sutro.setFault({ kind: 'hang', operations: ['cancel'], jobIds: [job], carriedOut: true });
    const answer = cancelAt(url, job);
    await vi.waitUntil(
      () => sutro.journal.some(({ operation, jobIds }) => operation === 'cancel' && jobIds.includes(job)),
      { timeout: 20_000 },
    );
    const leaving = new AbortController();
    const body = new ReadableStream({
      start: (controller) => controller.enqueue(new TextEncoder().encode('{')),
    });
    const upload = fetch(`${url}/v1/jobs/cancel`, {
      ...{ method: 'POST', body, duplex: 'half', signal: leaving.signal },
      headers: { authorization: `Bearer ${token}` },
    }).catch(() => undefined);
    await new Promise((resolve) => setTimeout(resolve, 500));
    const { tookMs } = await stopped(child, 'SIGTERM');
    expect([await answer, tookMs < killedAfterMs]).toEqual([[200, 'cancelled'], true]);
    leaving.abort();
    await upload;
  });

  // Each other test that runs it ends it so too: in `npm test` that of what it prints holds how.
  inSoak(() => {
    it('npm start ends in time too', async ({ expect }) => {
      const { child, url } = await serving(
        bareEnvironment({ PORT: '0', CALLOFF_TOKEN: token }),
        'scripts/start.ts',
      );
      const list = fetch(`${url}/v1/jobs?provider=sutro`, { headers: { authorization: `Bearer ${token}` } });
      expect(await (await list).json()).toMatchObject({ partial: false });
      const { code, tookMs } = await stopped(child, 'SIGHUP');
      expect([code, tookMs < killedAfterMs]).toEqual([0, true]);
    });
  });

  it('the outcome of a cancel is recorded as soon as another process releases the store', async ({
    expect,
  }) => {
    const env = environment();
    const { child, url } = await serving(env);
    const job = jobThatHangs();
    const answer = cancelAt(url, job);
    await sent(job);
    const { CALLOFF_DATA_DIR: folder = '' } = env;
    const file = join(folder, 'calloff.sqlite');
    const holder = start('test/store/holder.ts', [file, '7000'], bareEnvironment());
    const held = finish(holder);
    await outputOf(holder, /locked/);
    const { tookMs } = await stopped(child, 'SIGTERM');
    expect([await answer, tookMs < killedAfterMs]).toEqual([[504, 'unknown'], true]);
    await held;
    expect(await recordedOf(job, env)).toEqual([['unknown', true]]);
  });

  it('a store that stays locked keeps no caller waiting, nor the process', async ({ expect }) => {
    const env = environment();
    const { child, url } = await serving(env);
    const job = jobThatHangs();
    const answer = cancelAt(url, job);
    await sent(job);
    const { CALLOFF_DATA_DIR: folder = '' } = env;
    const file = join(folder, 'calloff.sqlite');
    const holder = start('test/store/holder.ts', [file, '60000'], bareEnvironment());
    await outputOf(holder, /locked/);
    const { code, tookMs } = await stopped(child, 'SIGTERM');
    holder.kill();
    expect([await answer, code, tookMs < killedAfterMs]).toEqual([[504, 'unknown'], 0, true]);
  });

  it('who asked in Slack is told what is known', async ({ expect }) => {
    const pretend = await startPretendSlack();
    const env = environment({
      SLACK_SIGNING_SECRET: signingSecret,
      CALLOFF_SLACK_RESPONSE_ORIGIN: pretend.origin,
    });
    const { child, url } = await serving(env);
    const job = jobThatHangs();
    const response_url = pretend.newResponseUrl();
    const body = commandPost({ text: `sutro ${job}`, response_url, trigger_id: randomUUID() });
    const timestamp = Math.floor(Date.now() / 1_000);
    await fetch(`${url}/slack/commands`, {
      method: 'POST',
      body: Buffer.from(body),
      headers: {
        'x-slack-request-timestamp': String(timestamp),
        'x-slack-signature': signatureOf(body, signingSecret, timestamp),
      },
    });
    await sent(job);
    const { code, tookMs } = await stopped(child, 'SIGTERM');
    expect([code, tookMs < killedAfterMs]).toEqual([0, true]);
    const messages = JSON.stringify(await pretend.messagesAt(response_url));
    expect(messages).toContain('May or may not be cancelled');
    expect(await recordedOf(job, env)).toEqual([['unknown', true]]);
    await pretend.close();
  });
});
