import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import { promisify } from 'node:util';
import { describe, expect, test } from 'vitest';
import { twins, usualTwins, variablesOf } from '../../sandbox/providers/index.ts';
import { startSandbox } from '../../sandbox/sandbox.ts';
import { introduction } from '../../scripts/introduction.ts';
import { sandboxBeside } from '../../scripts/sandbox-beside.ts';
import { loadConfiguration } from '../../shared/config/file/reload.ts';
import { readSettings } from '../../shared/config/settings.ts';
import { systemClock } from '../../shared/lib/clock.ts';
import { silentLog } from '../../shared/lib/log.ts';
import { startDemo } from '../support/process/demo.ts';
import { runInProcess } from '../support/process/in-process.ts';
import {
  bareEnvironment,
  finish,
  outputOf,
  programOf,
  sandboxEnvironment,
  start,
} from '../support/process/run.ts';
import { casesAt, inSoak } from '../support/thorough.ts';
import { asker, cancelOf, lookOf, names } from './support.ts';

describe('a sandbox', () => {
  test('ends every connection at once when closed, also those that hang', async () => {
    const sandbox = await startSandbox();
    const { sutro } = sandbox.providers;
    sutro.setFault({ kind: 'hang' });
    const hanging = asker('sutro', sutro)('GET /list-jobs').catch(() => 'ended');
    await expect.poll(() => sutro.journal.length).toBe(1);
    await sandbox.close();
    expect(await hanging).toBe('ended');
  });

  test('has demo jobs in every state, in every provider, and they can be cancelled', async () => {
    const sandbox = await startSandbox({ demo: true, control: false });
    for (const name of names) {
      const provider = sandbox.providers[name];
      const jobs = provider.newestJobs(100);
      expect(jobs).toHaveLength(twins[name].demo.length);
      const states = new Set(jobs.map(({ state }) => state));
      for (const state of ['queued', 'running', 'completed', 'failed', 'cancelled'])
        expect(states).toContain(state);
      const id = jobs.find(({ state }) => state === 'running')?.id ?? '';
      const ask = asker(name, provider);
      await ask(cancelOf(name, id));
      expect((await ask(lookOf(name, id))).status).toBe(200);
      expect(provider.job(id)?.cancelRequestedAt).toBeDefined();
    }
    await sandbox.close();
  });

  test('refuses an id twice, a fault it does not know and a switch of another provider', async () => {
    const sandbox = await startSandbox({ control: false });
    const { ionq } = sandbox.providers;
    ionq.addJob({ id: 'a' });
    expect(() => ionq.addJob({ id: 'a' })).toThrow('already has a job a');
    expect(() => ionq.setFault(JSON.parse('{"kind": "gremlins"}'))).toThrow();
    expect(() => ionq.configure(JSON.parse('{"postAllowed": true}'))).toThrow('postAllowed');
    await sandbox.close();
  });

  test('is empty and unchanged after a reset', async () => {
    const sandbox = await startSandbox({ control: false });
    const { sutro } = sandbox.providers;
    const ask = asker('sutro', sutro);
    sutro.addJob({ id: 'a' });
    sutro.setKey('other');
    sutro.setFault({ kind: 'reset' });
    sutro.setLimits({ list: { perMinute: 0.5 } });
    sutro.configure({ behaviour: 'newer' });
    sutro.reset();
    expect(sutro.apiKey).toBe('sandbox-sutro-key');
    expect((await ask('GET /list-jobs')).json).toMatchObject({ jobs: [] });
    expect((await ask('POST /job-cancel/a')).json).toMatchObject({ cancelled: false });
    expect(sutro.journal.map(({ sequence }) => sequence)).toEqual([1, 2]);
    await sandbox.close();
  });

  test('takes ports in a row, one for each provider and one for control, and lets go of those it got where one is taken', async () => {
    const first = await rowOfFreePorts();
    const blocker = await occupy(first + 2);
    await expect(startSandbox({ port: first })).rejects.toThrow('EADDRINUSE');
    blocker.close();
    await once(blocker, 'close');
    const sandbox = await startSandbox({ port: first });
    const portOf = (url: string) => Number(new URL(url).port);
    const others = names.filter((name) => !usualTwins.includes(name));
    const ports = [
      ...usualTwins.map((name) => portOf(sandbox.providers[name].baseUrl)),
      portOf(sandbox.controlUrl),
      ...others.map((name) => portOf(sandbox.providers[name].baseUrl)),
    ];
    expect(ports).toEqual(ports.map((_, index) => first + index));
    await sandbox.close();
  });

  test.each(casesAt(['SIGTERM', 'SIGINT'] as const, 0))(
    'run alone, prints lines that point the command line at it when pasted, and ends cleanly on %s',
    async (signal) => {
      const child = start('sandbox/main.ts', ['--all'], bareEnvironment());
      const output = await outputOf(child, /Stop with Ctrl-C/);
      for (const name of names)
        expect(output).toMatch(
          new RegExp(`${variablesOf[name].baseUrl}=http://127.0.0.1:\\d+\\S* ${variablesOf[name].key}=`),
        );
      const lines = output.split('\n').filter((line) => line.startsWith('export '));
      const pasted = [...lines, `'${process.execPath}' '${programOf('cli/main.ts')}' doctor`].join('\n');
      const { stdout } = await promisify(execFile)('sh', ['-ec', pasted], { env: bareEnvironment() });
      expect(stdout.match(/as_expected/g)).toHaveLength(4 * names.length);
      const exited = once(child, 'exit');
      child.kill(signal);
      expect(await exited).toEqual([0, null]);
    },
  );

  test('run alone, keeps its audit apart, and npm start beside it shows the same jobs and audit', async () => {
    const child = start('sandbox/main.ts', [], bareEnvironment());
    const output = await outputOf(child, /Stop with Ctrl-C/);
    const pairs = [...output.matchAll(/(?:export )?([A-Z_]+)='?(\S+?)'?(?=\s)/g)];
    const exported = Object.fromEntries(pairs.map(([, name = '', value = '']) => [name, value]));
    const { CALLOFF_DATA_DIR: folder = 'none' } = exported;
    const home = bareEnvironment();
    const environment = { ...home, ...exported, PORT: '0' };
    expect(existsSync(folder)).toBe(true);
    const beside = start('scripts/start.ts', [], environment);
    const introduction = await outputOf(beside, /Stop with Ctrl-C/);
    const [line = ''] = introduction.split('\n').filter((each) => each.startsWith('curl -X POST'));
    const [, provider = '', job_id = ''] = /providers\/(\w+)\/jobs\/([\w-]+)\/cancel/.exec(line) ?? [];
    await promisify(execFile)('sh', ['-c', line]);
    const looked = await runInProcess(['get', provider, job_id], { env: environment });
    expect(JSON.parse(looked.stdout)).toMatchObject({ job_id, state: expect.stringMatching(/^cancell/) });
    const audited = await runInProcess(['audit', '--job', job_id], { env: environment });
    expect(audited.stdout).toContain(`"surface":"http"`);
    expect((await runInProcess(['audit'], { env: home })).stdout).not.toContain(job_id);
    for (const each of [beside, child]) {
      const finished = finish(each);
      each.kill('SIGTERM');
      expect(await finished).toMatchObject({ code: 0 });
    }
    expect(existsSync(folder)).toBe(false);
  });

  test('holds the same jobs at every start', async () => {
    const [one, other] = await Promise.all([startSandbox({ demo: true }), startSandbox({ demo: true })]);
    for (const name of names) {
      const jobs = one.providers[name].newestJobs(100).map(({ id, state }) => ({ id, state }));
      expect(jobs).toHaveLength(twins[name].demo.length);
      expect(other.providers[name].newestJobs(100)).toMatchObject(jobs);
    }
    await Promise.all([one.close(), other.close()]);
  });

  test('beside npm start is one of its own if the one that was exported is gone', async () => {
    const gone = await startSandbox();
    const settings = readSettings(sandboxEnvironment(gone));
    const here = await sandboxBeside(settings, gone.controlUrl);
    await gone.close();
    const beside = await sandboxBeside(settings, gone.controlUrl);
    const jobs = await fetch(`${beside.controlUrl}/sutro/jobs`);
    expect([here.controlUrl, jobs.status]).toEqual([gone.controlUrl, 200]);
    await beside.close();
  });

  // In npm test, the one before and the one after stand for them.
  inSoak(() => {
    test('npm start has one of its own where the one that was exported is gone', async () => {
      const gone = await startSandbox();
      const environment = { ...sandboxEnvironment(gone), SANDBOX_CONTROL_URL: gone.controlUrl, PORT: '0' };
      await gone.close();
      const child = start('scripts/start.ts', [], bareEnvironment(environment));
      expect(await outputOf(child, /Stop with Ctrl-C/)).toMatch(/jobs\/job-[0-9a-f-]{36}\/cancel/);
      const finished = finish(child);
      child.kill('SIGTERM');
      await finished;
    });

    test('without a job that runs, npm start prints no cancel', async () => {
      const empty = await startSandbox();
      const demo = await startDemo({ ...sandboxEnvironment(empty), SANDBOX_CONTROL_URL: empty.controlUrl });
      expect(demo.commands('curl')).toEqual([expect.stringMatching(/\/v1\/jobs$/)]);
      await demo.stop();
      await empty.close();
    });
  });

  test('without a job that runs, what npm start prints has no cancel', async () => {
    const empty = await startSandbox();
    const settings = readSettings(sandboxEnvironment(empty));
    const url = 'http://127.0.0.1:8787';
    const parts = { url, pageUrl: url, token: 'a-token', variables: {}, slack: true };
    const sandbox = await sandboxBeside(settings, empty.controlUrl);
    const { initial } = loadConfiguration(settings, { clock: systemClock, log: silentLog });
    const printed = await introduction({ ...parts, sandbox, configuration: initial });
    expect(printed.split('\n').filter((line) => line.startsWith('curl'))).toEqual([
      expect.stringMatching(/\/v1\/jobs$/),
    ]);
    await empty.close();
  });
});

async function occupy(port: number): Promise<Server> {
  const server = createServer().listen(port, '127.0.0.1');
  await once(server, 'listening');
  return server;
}

/** Free ports in a row, one for each provider and one for control, below those that the system hands to whoever asks for any port: nobody takes one meanwhile. */
async function rowOfFreePorts(): Promise<number> {
  for (let first = 12_000 + (process.pid % 3_000) * 5; first < 32_000; first += 5) {
    const ports = [...names, 'control'].map((_, offset) => first + offset);
    const taken = await Promise.allSettled(ports.map(occupy));
    const servers = taken.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []));
    await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
    if (servers.length === taken.length) return first;
  }
  throw new Error('there are not so many free ports in a row');
}
