import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { OperationView } from '../../shared/contract/answers/operation-schema.ts';
import { useProxy } from '../../shared/http/proxy.ts';
import { mayAll } from '../support/configuration.ts';
import { type Origin, startOrigin } from '../support/network/loopback.ts';
import { privateCertificate, startBehindTls } from '../support/network/private-authority.ts';
import { type ProxyServer, startProxy } from '../support/network/proxy-server.ts';
import { pressCtrlC } from '../support/process/in-process.ts';
import { finish, run, start } from '../support/process/run.ts';
import { freshFolder } from '../support/process/temporary.ts';
import { clientEnvironment, runWith } from '../support/surfaces/beside-a-server.ts';
import { openTestServer, type TestServer } from '../support/surfaces/test-server.ts';
import { casesAt, inSoak, runs } from '../support/thorough.ts';

let server: TestServer;
/** What stands between the command and the server. */
let way: Origin;
/** Called once the server has answered a request, and before the command has its answer. */
let onAnswer: (request: string) => unknown;
/** Which answers the command does not get. */
let isLost: (request: string) => boolean;

beforeAll(async () => {
  server = await openTestServer({
    ada: { kind: 'person', may: mayAll },
    // Confirms the second of two such operations within ten minutes.
    eve: { kind: 'person', may: { ...mayAll, confirm_above: 4 } },
  });
  way = await startOrigin(async ({ method = 'GET', url = '', headers }, response) => {
    const { body = '' } = way.received.at(-1) ?? {};
    const { authorization = '', 'content-type': type = 'application/json' } = headers;
    const passed = { method, headers: { authorization, 'content-type': type } };
    const answer = await fetch(server.url + url, { ...passed, ...(body !== '' && { body }) });
    const text = await answer.text();
    await onAnswer(`${method} ${url}`);
    if (isLost(`${method} ${url}`)) return void response.destroy();
    response.writeHead(answer.status, { 'content-type': 'application/json' }).end(text);
  });
});
afterAll(async () => {
  await way.close();
  await server.close();
});
beforeEach(() => {
  onAnswer = () => undefined;
  isLost = () => false;
});
afterEach(() => {
  for (const name of ['sutro', 'ionq'] as const) server.sandbox.providers[name].reset();
});

const environment = () => clientEnvironment(way.url, server.tokenOf('ada'));
const calloff = (args: readonly string[], typed?: string) => runWith(environment(), { args, typed });
const viewIn = (json: string): OperationView => JSON.parse(json);
const newest = async (): Promise<OperationView | undefined> =>
  JSON.parse((await calloff(['operations', '--limit', '1'])).stdout).operations[0];
const askedFor = async (...asked: readonly [string, string, object?]) =>
  viewIn(await (await server.ask('ada', ...asked)).text());
const there = (id: string) => askedFor('GET', `/v1/operations/${id}`);

/** Adds jobs that run at the provider. */
const addRunning = (count: number) =>
  server.sandbox.providers.sutro.addJobs(count, { state: 'running', settlesInMs: 0 });

/** Presses Ctrl-C when the server has answered the first request of this kind, or a later one. Returns the requests. */
function pressAt(kind: RegExp, count = 1): string[] {
  const requests: string[] = [];
  let left = count;
  onAnswer = (request) => {
    requests.push(request.replace(/op_\w+/, 'ID'));
    if (kind.test(request)) left -= 1;
    if (left === 0 && pressCtrlC()) left = -1;
  };
  return requests;
}

describe('an operation of a command against a server', () => {
  inSoak(() => {
    it('is made of more jobs than one call may have, and is worked off by the server', async () => {
      const { ionq } = server.sandbox.providers;
      const jobs = ionq.addJobs(5_001, { state: 'running', settlesInMs: 0 });
      const { code, stdout } = await calloff(
        ['cancel', 'ionq', '-'],
        [...jobs, ...jobs.slice(0, 1)].join('\n'),
      );
      const { state, counts, duplicates } = viewIn(stdout);
      expect([code, state, counts.cancelled, duplicates]).toEqual([0, 'finished', 5_001, 1]);
    });
  });

  it('is followed to its end', async () => {
    const file = join(freshFolder(), 'jobs.txt');
    mkdirSync(join(file, '..'), { recursive: true });
    writeFileSync(file, addRunning(12).join('\n'));
    const made = await calloff(['cancel', 'sutro', '--from', file, '--background']);
    const { id } = viewIn(made.stdout);
    const followed = await calloff(['follow', id]);
    expect(viewIn(followed.stdout)).toMatchObject({ state: 'finished', counts: { cancelled: 12 } });
    expect(followed.code).toBe(0);
  });
});

describe('Ctrl-C against a server', () => {
  it('while the jobs are uploaded leaves no draft behind, and says that nothing was sent', async () => {
    const before = await newest();
    pressAt(/^PUT .*pages\/1$/);
    const ids = Array.from({ length: 5_001 }, (_, index) => `job-${index}`);
    const { code, stdout, stderr } = await calloff(['cancel', 'sutro', '-'], ids.join('\n'));
    expect([code, stdout]).toEqual([1, '']);
    expect(stderr).toBe('Error: Interrupted before anything was sent. Nothing is cancelled.\n');
    expect((await newest())?.id).toBe(before?.id);
  });

  it('twice while the jobs are uploaded says that nothing is cancelled, and that a draft may be left', async () => {
    const file = join(freshFolder(), 'jobs.txt');
    mkdirSync(join(file, '..'), { recursive: true });
    writeFileSync(file, addRunning(2).join('\n'));
    const args = ['cancel', 'sutro', '--from', file, '--background'];
    const child = start('cli/main.ts', args, environment());
    const finished = finish(child);
    onAnswer = async (request) => {
      if (/^(PUT|DELETE) /.test(request)) child.kill('SIGINT');
      // The command has heard the first one before it has the answer.
      if (request.startsWith('PUT')) await wait(300);
      if (request.startsWith('DELETE')) await finished;
    };
    expect(await finished).toEqual({
      ...{ code: 1, stdout: '' },
      stderr: expect.stringMatching(
        /^Error: Interrupted twice, before anything was sent\. Nothing is cancelled\.\n {2}A draft of the operation may be left\./,
      ),
    });
  });

  it('while the operation is started pauses it there, whose jobs were uploaded in pages', async () => {
    // The server is still about to look at the jobs when it is told to pause.
    server.sandbox.providers.sutro.setFault({
      kind: 'delay',
      ms: 500,
      operations: ['list', 'status', 'cancel'],
    });
    const requests = pressAt(/POST .*start$/);
    const { code, stdout, stderr } = await calloff(['cancel', 'sutro', '-'], addRunning(5_001).join('\n'));
    const { id, state } = viewIn(stdout);
    expect([code, state, (await there(id)).state]).toEqual([1, 'paused', 'paused']);
    expect(stderr).toContain(`Interrupted. The operation ${id} is paused.`);
    expect(requests.slice(0, 5)).toEqual([
      'POST /v1/operations',
      'PUT /v1/operations/ID/pages/1',
      'PUT /v1/operations/ID/pages/2',
      'POST /v1/operations/ID/start',
      'POST /v1/operations/ID/pause',
    ]);
  });

  it.each([
    [
      'is lost pauses what began',
      /start$/,
      /had been started, and is paused.*Next step: To see what was sent/,
    ],
    [
      'is lost with all that follow says how to pause it',
      /start$|pause$/,
      /does not know whether.*Pause it: .* pause op_/,
    ],
  ])('while a start whose answer %s, and never says that nothing is cancelled', async (_what, lost, said) => {
    server.sandbox.providers.sutro.setFault({ kind: 'delay', ms: 100, operations: ['cancel'] });
    pressAt(/POST .*start$/);
    isLost = (request) => lost.test(request);
    const told = await calloff(['cancel', 'sutro', '-', '--background'], addRunning(20).join('\n'));
    expect([told.code, told.stdout]).toEqual([1, '']);
    expect(told.stderr.replaceAll(/\s+/g, ' ')).toMatch(said);
    expect(told.stderr).not.toContain('Nothing is cancelled');
    const { id = '', state } = (await newest()) ?? {};
    expect(told.stderr).toContain(id);
    if (lost.test('pause')) await askedFor('POST', `/v1/operations/${id}/pause`);
    else expect(state).toBe('paused');
  });

  it('while the operation is worked off pauses it there, and says what was sent', async () => {
    server.sandbox.providers.sutro.setFault({ kind: 'delay', ms: 500, operations: ['cancel'] });
    const count = runs(300, 100);
    const jobs = addRunning(count).map((job_id) => ({ provider: 'sutro', job_id }));
    const { id } = await askedFor('POST', '/v1/operations', { jobs });
    await askedFor('POST', `/v1/operations/${id}/pause`);
    // With the first one the command reads what it is to resume.
    pressAt(/GET .*op_/, 2);
    const { code, stdout, stderr } = await calloff(['resume', id]);
    expect([code, viewIn(stdout).state, (await there(id)).state]).toEqual([1, 'paused', 'paused']);
    expect(stderr).toMatch(
      new RegExp(`A cancel was sent for \\d+ of ${count} jobs|No cancel has taken effect`),
    );
    expect(stderr).toMatch(/Next step: To go on: CALLOFF_URL=\S+ .*resume op_/);
  });

  it('whose pause gets no answer says how to repeat it, as it is typed here', async () => {
    server.sandbox.providers.sutro.setFault({ kind: 'delay', ms: 200, operations: ['cancel'] });
    const jobs = addRunning(60).map((job_id) => ({ provider: 'sutro', job_id }));
    const { id } = await askedFor('POST', '/v1/operations', { jobs });
    await askedFor('POST', `/v1/operations/${id}/pause`);
    pressAt(/GET .*op_/, 2);
    isLost = (request) => request.endsWith('/pause');
    const { code, stderr } = await calloff(['resume', id]);
    expect([code, (await there(id)).state]).toEqual([1, 'paused']);
    expect(stderr).toMatch(/Next step: Repeat the pause: CALLOFF_URL=\S+ .*pause op_/);
  });

  it('while it is followed leaves it as it is, and says that the server goes on', async () => {
    const { sutro } = server.sandbox.providers;
    // Still at work when the command that follows it looks.
    sutro.setFault({ kind: 'delay', ms: 500, operations: ['cancel'] });
    const count = runs(200, 60);
    const jobs = addRunning(count).map((job_id) => ({ provider: 'sutro', job_id }));
    const made = await askedFor('POST', '/v1/operations', { jobs });
    // With the first one the command reads what it is to follow.
    pressAt(/GET .*op_/, 2);
    const { code, stdout, stderr } = await calloff(['follow', made.id]);
    expect([code, viewIn(stdout).state]).toEqual([1, 'running']);
    expect(stderr).toMatch(
      /Interrupted\. The operation is as it was\.\n +The server works on it\.\nNext step: To follow it again: .* follow op_/,
    );
    sutro.clearFaults();
    while ((await there(made.id)).state !== 'finished')
      await new Promise((resolve) => setTimeout(resolve, 50));
    expect((await there(made.id)).counts.cancelled).toBe(count);
  });

  /** An operation that is paused before its first cancel. */
  async function addPaused(): Promise<string> {
    server.sandbox.providers.sutro.setFault({ kind: 'delay', ms: 600, operations: ['cancel'] });
    const jobs = addRunning(runs(600, 150)).map((job_id) => ({ provider: 'sutro', job_id }));
    const { id } = await askedFor('POST', '/v1/operations', { jobs });
    await askedFor('POST', `/v1/operations/${id}/pause`);
    return id;
  }

  it.each(casesAt([[[]], [['--background']]], 0))(
    'while a resume with the options %j is on its way pauses what was resumed',
    async (options) => {
      const id = await addPaused();
      pressAt(/POST .*resume$/);
      const { code, stdout, stderr } = await calloff(['resume', id, ...options]);
      expect([code, viewIn(stdout).state, (await there(id)).state]).toEqual([1, 'paused', 'paused']);
      expect(stderr).toContain(`Interrupted. The operation ${id} is paused.`);
    },
  );

  it('while a resume is on its way whose answer is lost pauses it, too', async () => {
    const id = await addPaused();
    const requests = pressAt(/POST .*resume$/);
    isLost = (request) => request.endsWith('/resume');
    const { code, stdout, stderr } = await calloff(['resume', id, '--background']);
    expect([code, stdout, (await there(id)).state]).toEqual([1, '', 'paused']);
    expect(stderr).toMatch(/Interrupted\. The operation op_\w+ is paused\.\nNext step: To see what was sent/);
    expect(requests.at(-1)).toBe('POST /v1/operations/ID/pause');
  });

  it('before a resume is sent says that nothing was sent', async () => {
    const id = await addPaused();
    const requests = pressAt(/GET .*op_/);
    const { code, stdout, stderr } = await calloff(['resume', id]);
    expect([code, stdout, (await there(id)).state]).toEqual([1, '', 'paused']);
    expect(stderr).toMatch(
      /^Error: Interrupted before anything was sent\. The operation op_\w+ is as it was\.\nNext step: To resume it: .* resume op_/,
    );
    expect(requests.filter((request) => request.startsWith('POST'))).toEqual([]);
  });

  // Ten seconds, until calloff gives the refused cancels up.
  inSoak(() => {
    it('while a resume is on its way that needs a confirmation says that it waits for it', async () => {
      const { ionq } = server.sandbox.providers;
      ionq.setFault({ kind: 'status', status: 400, operations: ['cancel', 'cancelMany'] });
      const ids = ionq.addJobs(3, { state: 'running' });
      const jobs = ids.map((job_id) => ({ provider: 'ionq', job_id }));
      const ofEve = async (...asked: readonly [string, string, object?]) =>
        viewIn(await (await server.ask('eve', ...asked)).text());
      const { id } = await ofEve('POST', '/v1/operations', { jobs });
      while ((await ofEve('GET', `/v1/operations/${id}`)).state !== 'finished') await wait(20);
      pressAt(/POST .*resume$/);
      const env = clientEnvironment(way.url, server.tokenOf('eve'));
      const { code, stdout, stderr } = await runWith(env, { args: ['resume', id, '--outcome', 'failed'] });
      expect([code, viewIn(stdout).confirmation?.jobs]).toEqual([1, 3]);
      expect(stderr).toMatch(
        /^Waiting for the answer.*\nError: Interrupted\. The operation op_\w+ waits for a confirmation before it sends more\.\nNext step: To be asked again: .* resume op_\w+\n$/,
      );
    });
  });

  it('a second time while a resume is on its way says that it may be at work, and how to see and pause it', async () => {
    const id = await addPaused();
    const child = start('cli/main.ts', ['resume', id], environment());
    const finished = finish(child);
    onAnswer = async (request) => {
      if (!request.endsWith('/resume')) return;
      child.kill('SIGINT');
      await new Promise((resolve) => child.stderr.once('data', resolve));
      child.kill('SIGINT');
      await finished;
    };
    const { code, stdout, stderr } = await finished;
    await askedFor('POST', `/v1/operations/${id}/pause`);
    expect([code, stdout]).toEqual([1, '']);
    expect(stderr).toMatch(/^Waiting for the answer, to pause what has begun; Ctrl-C again leaves at once\n/);
    expect(stderr).toContain(`Interrupted twice. calloff leaves without the answer to the resume of ${id}.`);
    expect(stderr).toMatch(
      /It may have been resumed, and it is not known whether it is paused\. If it has, the server works on it\.\nNext step: See whether it is at work: .* operations\. To pause it: .* pause op_/,
    );
  });
});

describe('a command behind a proxy', () => {
  const throughProxy = (proxy: ProxyServer) => ({
    ...clientEnvironment('https://sutro.invalid', server.tokenOf('ada')),
    HTTPS_PROXY: proxy.url,
  });
  afterEach(() => {
    useProxy(undefined);
  });

  it('asks its server through the tunnel of the proxy', async () => {
    const tls = await startBehindTls(server.url);
    const proxy = await startProxy({ tunnelTo: tls.port });
    const folder = freshFolder();
    mkdirSync(folder, { recursive: true });
    const authority = join(folder, 'authority.pem');
    writeFileSync(authority, privateCertificate);
    const env = { ...throughProxy(proxy), NODE_EXTRA_CA_CERTS: authority };
    const told = await run('cli/main.ts', ['cancel', 'sutro', ...addRunning(1), '--json'], env);
    await Promise.all([proxy.close(), tls.close()]);
    expect([told.code, told.stderr, new Set(proxy.asked)]).toEqual([0, '', new Set(['sutro.invalid:443'])]);
    expect(JSON.parse(told.stdout)).toMatchObject({ outcomes: [{ outcome: 'cancelled' }] });
  });

  it('that lets nothing through says so, and that nothing was done', async () => {
    const proxy = await startProxy('403 Forbidden');
    const told = await runWith(throughProxy(proxy), { args: ['cancel', 'sutro', 'job-1'] });
    await proxy.close();
    expect([told.code, told.stdout]).toEqual([1, '']);
    expect(told.stderr.replaceAll(/\s+/g, ' ')).toMatch(
      /The server at https:\/\/sutro\.invalid could not be reached: the proxy in HTTPS_PROXY .*Nothing was done\. Next step: Check HTTPS_PROXY, or add the host to NO_PROXY\./,
    );
  });
});
