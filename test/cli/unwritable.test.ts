import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Sandbox, startSandbox } from '../../sandbox/sandbox.ts';
import { pepper } from '../support/configuration.ts';
import { runInProcess } from '../support/process/in-process.ts';
import { bareEnvironment, programOf, sandboxEnvironment } from '../support/process/run.ts';
import { freshFolder } from '../support/process/temporary.ts';
import { cases, casesAt, inSoak } from '../support/thorough.ts';

let sandbox: Sandbox;
let config: string;
beforeAll(async () => {
  sandbox = await startSandbox({ control: false });
  const folder = freshFolder();
  await mkdir(folder, { recursive: true });
  config = join(folder, 'calloff.json');
  const may = { connections: ['*'], actions: ['list', 'cancel', 'confirm'] };
  await writeFile(config, JSON.stringify({ callers: { ada: { kind: 'person', may } } }));
});
afterAll(() => sandbox.close());

const settings = (more: Record<string, string> = {}) =>
  bareEnvironment({ ...sandboxEnvironment(sandbox), PORT: '0', CALLOFF_PEPPER: pepper, ...more });
/** A disk that is full, and a reader that has gone. */
const outputs = { ENOSPC: '>/dev/full', EPIPE: '| true' } as const;

/** Runs a file of this repository with a standard output that cannot be written to. */
async function into(output: keyof typeof outputs, args: readonly string[], env: Record<string, string>) {
  // The reader must have gone before anything is written.
  const command = `(sleep 0.2; exec '${process.execPath}' ${args.map(programOf).join(' ')}; ) ${outputs[output]}`;
  const child = spawn('bash', ['--norc', '-c', `set -o pipefail; ${command}`], {
    env,
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  return ended(child);
}

async function ended(child: ChildProcess) {
  let stderr = '';
  child.stderr?.on('data', (chunk: Buffer) => {
    stderr += chunk.toString();
  });
  const [code] = await once(child, 'close');
  expect(stderr).not.toMatch(/\n {4}at |node:/);
  return { code, stderr };
}

const unwritable = (code: string) =>
  `Error: Standard output cannot be written to (${code}), so the answer is lost.`;

describe('an answer that cannot be written', () => {
  const all = [
    ...['list', 'get sutro job-1', 'doctor', 'audit', 'slack manifest --url https://x.example'],
    ...['--help', '--version', 'cancel --help'],
  ];
  it.each(cases(all, (words) => words.startsWith('slack')))(
    'of calloff %s: says so on a full disk, and ends with 1',
    async (words) => {
      const env = settings();
      // So that there is something to write of the audit, too.
      if (words === 'audit') await runInProcess(['list'], { env });
      const { code, stderr } = await into('ENOSPC', ['cli/main.ts', words], env);
      expect([code, stderr]).toEqual([1, `${unwritable('ENOSPC')}\n`]);
    },
  );

  it.each(['/dev/full', '/nowhere/at/all'])(
    'of doctor to a file (%s) is said, and the rest is printed',
    async (file) => {
      const args = ['doctor', '--record', file];
      const { code, stdout, stderr } = await runInProcess(args, { env: settings() });
      expect([code, stderr]).toEqual([1, expect.stringContaining(`cannot be written to ${file} (E`)]);
      expect(JSON.parse(stdout)).toHaveProperty('connections');
    },
  );

  // In npm test, test/cli/audit.test.ts has a reader that goes.
  inSoak(() => {
    it.each(['list', 'doctor', '--help'])(
      'of calloff %s is not missed by a reader that has gone',
      async (words) => {
        expect(await into('EPIPE', ['cli/main.ts', words], settings())).toEqual({ code: 1, stderr: '' });
      },
    );
  });

  it.each(casesAt(['ENOSPC', 'EPIPE'] as const, 0))(
    'of a cancel (%s) says where it is found, and it is',
    async (why) => {
      const env = settings();
      const job_id = sandbox.providers.sutro.addJob({ state: 'running', settlesInMs: 0 });
      const { code, stderr } = await into(why, ['cli/main.ts', 'cancel', 'sutro', job_id], env);
      expect([code, stderr]).toEqual([1, expect.stringContaining(unwritable(why))]);
      expect(sandbox.providers.sutro.job(job_id)?.state).toBe('cancelled');
      const [, command = ''] = /and the outcomes: (.* audit)\n$/.exec(stderr) ?? [];
      const { CALLOFF_DATA_DIR: folder = 'none' } = env;
      expect(command).toContain(folder);
      const child = spawn('sh', ['-c', command], {
        stdio: ['ignore', 'pipe', 'pipe'],
        env: bareEnvironment(),
      });
      let told = '';
      child.stdout.on('data', (chunk: Buffer) => {
        told += chunk.toString();
      });
      await once(child, 'close');
      expect(told).toContain(`"job_id":"${job_id}","outcome":"cancelled"`);
    },
  );

  it.each(casesAt(['ENOSPC', 'EPIPE'], 0))(
    'of token create (%s) says that the token was not shown',
    async (why) => {
      const env = settings({ CALLOFF_CONFIG: config });
      const { code, stderr } = await into(why, ['cli/main.ts', 'token', 'create', 'ada'], env);
      expect(code).toBe(1);
      expect(stderr).toMatch(/cannot show it again.* find its id and revoke it: .* token list\n$/);
    },
  );
});

const servers = [
  ['calloff serve', 'cli/main.ts', ['serve']],
  ['a server without the command line', 'functions/serve.ts', []],
  ['npm start', 'scripts/start.ts', []],
  ['npm run sandbox', 'sandbox/main.ts', []],
] as const;
describe.each(casesAt(servers, 0))('%s', (_name, file, words) => {
  it.each(casesAt(['ENOSPC', 'EPIPE'] as const, 0))(
    'ends with 1 and says why if it cannot print its address (%s)',
    async (why) => {
      const token = file === 'scripts/start.ts' ? {} : { CALLOFF_TOKEN: 'a-token-for-the-tests' };
      const { code, stderr } = await into(why, [file, ...words], settings(token));
      expect([code, stderr]).toEqual([1, expect.stringContaining(`cannot be written to (${why})`)]);
    },
  );
});

describe('a log that cannot be written', () => {
  it.each(casesAt(['2>/dev/full', '2> >(true)'], 0))(
    'does not keep the server from serving (%s)',
    async (log) => {
      const token = 'a-token-for-the-tests';
      const command = `exec '${process.execPath}' '${programOf('cli/main.ts')}' serve ${log}`;
      const child = spawn('bash', ['--norc', '-c', command], { env: settings({ CALLOFF_TOKEN: token }) });
      let output = '';
      child.stdout.on('data', (chunk: Buffer) => {
        output += chunk.toString();
      });
      await expect.poll(() => output, { timeout: 10_000 }).toMatch(/listens on \S+/);
      const [, url] = /listens on (\S+)/.exec(output) ?? [];
      const job_id = sandbox.providers.sutro.addJob({ state: 'running', settlesInMs: 0 });
      for (const path of ['/healthz', '/v1/nowhere']) await fetch(url + path);
      const headers = { authorization: `Bearer ${token}` };
      const cancel = `${url}/v1/providers/sutro/jobs/${job_id}/cancel`;
      expect((await fetch(cancel, { method: 'POST', headers })).status).toBe(200);
      const closed = once(child, 'close');
      child.kill('SIGTERM');
      expect(await closed).toEqual([0, null]);
    },
  );
});

describe('calloff mcp', () => {
  const line = (message: object) => `${JSON.stringify({ jsonrpc: '2.0', ...message })}\n`;
  const clientInfo = { name: 'test', version: '1' };
  const initialize = { protocolVersion: '2025-11-25', capabilities: {}, clientInfo };

  it.each(casesAt(['ENOSPC', 'EPIPE'] as const, 1))(
    'whose client hears nothing (%s) settles what was sent, and says where',
    async (why) => {
      const job_id = sandbox.providers.sutro.addJob({ state: 'running', settlesInMs: 0 });
      const env = settings();
      // What is written before the call must arrive, or there would be no call.
      const reader = why === 'EPIPE' ? '| head -c 40 >/dev/null' : '>/dev/full';
      const command = `set -o pipefail; '${process.execPath}' '${programOf('cli/main.ts')}' mcp ${reader}`;
      const child = spawn('bash', ['--norc', '-c', command], { env });
      const finished = ended(child);
      child.stdin.on('error', () => undefined);
      const params = { name: 'cancel_job', arguments: { provider: 'sutro', job_id } };
      if (why === 'EPIPE') child.stdin.write(line({ id: 1, method: 'initialize', params: initialize }));
      child.stdin.write(line({ id: 2, method: 'tools/call', params }));
      const { code, stderr } = await finished;
      expect([code, stderr]).toEqual([
        1,
        expect.stringMatching(new RegExp(`written to \\(${why}\\).* audit\\n`)),
      ]);
      expect(sandbox.providers.sutro.job(job_id)?.state).toBe('cancelled');
    },
  );

  it('that has done nothing for a client that is gone ends with 0, and says nothing', async () => {
    const command = `set -o pipefail; (sleep 0.2; exec '${process.execPath}' '${programOf('cli/main.ts')}' mcp) | true`;
    const child = spawn('bash', ['--norc', '-c', command], { env: settings() });
    const finished = ended(child);
    child.stdin.on('error', () => undefined);
    child.stdin.write(line({ id: 1, method: 'initialize', params: initialize }));
    expect(await finished).toEqual({ code: 0, stderr: '' });
  });
});
