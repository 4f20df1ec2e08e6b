import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it, test } from 'vitest';
import { usualTwins, variablesOf } from '../../sandbox/providers/index.ts';
import { type Sandbox, startSandbox } from '../../sandbox/sandbox.ts';
import { startUntrusted } from '../support/network/untrusted-tls.ts';
import { runInProcess } from '../support/process/in-process.ts';
import { bareEnvironment, finish, run, sandboxEnvironment, start } from '../support/process/run.ts';
import { cases, casesAt, inSoak } from '../support/thorough.ts';

let sandbox: Sandbox;
let environment: Record<string, string>;

const calloff = (...args: string[]) => runInProcess(args, { env: environment });
/** The same at a terminal that is wide enough for every line. */
const atTerminal = (...args: string[]) =>
  runInProcess(args, { env: { ...environment, COLUMNS: '200', NO_COLOR: '1' }, isTerminal: true });

beforeAll(async () => {
  sandbox = await startSandbox({ control: false });
  environment = bareEnvironment(sandboxEnvironment(sandbox));
});

afterEach(() => {
  for (const provider of Object.values(sandbox.providers)) provider.reset();
});

afterAll(() => sandbox.close());

describe('calloff cancel', () => {
  it('cancels jobs, prints JSON when piped, and ends with 0', async () => {
    const ids = sandbox.providers.ionworks.addJobs(3, { state: 'running' });
    const args = ['cancel', 'ionworks', ...ids, '--reason', 'wrong mesh'];
    const { code, stdout } = await calloff(...args);
    expect(JSON.parse(stdout).outcomes.map(({ outcome }: { outcome: string }) => outcome)).toEqual(
      Array(3).fill('cancelled'),
    );
    expect(ids.map((id) => sandbox.providers.ionworks.job(id)?.state)).toEqual(Array(3).fill('cancelled'));
    expect(code).toBe(0);
  });

  it('takes ids out of a file with the line ends of Windows, empty lines left out', async () => {
    const ids = sandbox.providers.sutro.addJobs(2, { state: 'running', settlesInMs: 0 });
    const lines = ids.map((id) => `${id}\r`);
    const { code, stdout } = await calloff('cancel', 'sutro\r', `\ufeff${lines[0]}`, '\r', `${lines[1]}`);
    expect(JSON.parse(stdout).outcomes.map(({ job_id }: { job_id: string }) => job_id)).toEqual(ids);
    expect(code).toBe(0);
  });

  it('shows invisible characters in an id, and refuses an empty id', async () => {
    const id = sandbox.providers.sutro.addJob({ state: 'running' });
    const odd = await calloff('cancel', 'sutro', id, `${id.slice(0, 4)}\r${id.slice(4)}`);
    expect([odd.code, odd.stderr]).toEqual([2, expect.stringContaining('\\r')]);
    expect((await calloff('cancel', 'sutro', id, '')).code).toBe(2);
    expect((await calloff('cancel', 'sutro', '\r')).code).toBe(2);
    expect(sandbox.providers.sutro.journal).toEqual([]);
  });

  it('ends with 0 where everything was over before', async () => {
    const id = sandbox.providers.sutro.addJob({ state: 'completed' });
    const { code, stdout } = await calloff('cancel', 'sutro', id);
    expect(JSON.parse(stdout).outcomes[0]).toMatchObject({ outcome: 'already_finished', state: 'completed' });
    expect(code).toBe(0);
  });

  it('ends with 1 where a job is not stopped yet, and waits when told to', async () => {
    const { sutro } = sandbox.providers;
    const slow = { state: 'running', settlesInMs: 2_500 } as const;
    const hasty = await calloff('cancel', 'sutro', sutro.addJob(slow));
    expect(JSON.parse(hasty.stdout).outcomes[0].outcome).toBe('cancelling');
    expect(hasty.code).toBe(1);
    const patient = await calloff('cancel', 'sutro', sutro.addJob(slow), '--wait');
    expect(JSON.parse(patient.stdout).outcomes[0].outcome).toBe('cancelled');
    expect(patient.code).toBe(0);
  });

  it('sends nothing in a dry run', async () => {
    const id = sandbox.providers.ionq.addJob({ state: 'queued' });
    const { code, stdout } = await calloff('cancel', 'ionq', id, '--dry-run');
    expect(JSON.parse(stdout).outcomes[0]).toMatchObject({ outcome: 'would_cancel', state: 'queued' });
    expect(sandbox.providers.ionq.journal.map(({ operation }) => operation)).toEqual(['status']);
    expect(code).toBe(0);
  });

  it.each(casesAt(['SIGINT', 'SIGTERM', 'SIGHUP'], 0))(
    'sends nothing more after %s, and reports and writes down what it did',
    async (signal) => {
      const { sutro } = sandbox.providers;
      const ids = sutro.addJobs(100, { state: 'running' });
      sutro.setLimits({ cancel: { perSecond: 20, retryAfter: 'seconds' } });
      const child = start('cli/main.ts', ['cancel', 'sutro', ...ids], environment);
      const finished = finish(child);
      while (!sutro.journal.some(({ operation }) => operation === 'cancel'))
        await new Promise((r) => setTimeout(r, 20));
      child.kill(signal);
      const { code, stdout } = await finished;
      const { counts, outcomes } = JSON.parse(stdout);
      // A cancel that was asked to wait was sent, and did nothing.
      const codes = outcomes.flatMap(({ code }: { code?: string }) => code ?? []);
      expect(new Set(codes)).toEqual(new Set(counts.failed > 0 ? ['rate_limited'] : []));
      expect(counts.cancelled + counts.cancelling + counts.not_attempted + counts.failed).toBe(100);
      expect(counts.not_attempted).toBeGreaterThan(0);
      expect(code).toBe(1);
      // Of the 32 that leave at once, which ones the limit lets through is the network's choice.
      const first = outcomes.find(({ outcome }: { outcome: string }) => outcome.startsWith('cancell'));
      for (const { job_id, outcome } of [first, outcomes[0]]) {
        const { stdout: lines } = await calloff('audit', '--job', job_id);
        expect(JSON.parse(lines)).toMatchObject({ outcome });
      }
    },
  );
});

describe('a usage error', () => {
  it.each([
    [
      ['cancel', 'ionq', 'not-a-uuid'],
      /^Error: The command is not valid, and nothing was done\.\n {2}ID "not-a-uuid" must be a UUID, such as .*\nNext step: Run "calloff cancel --help"/,
    ],
    [['cancel', 'nowhere', 'x'], / {2}PROVIDER must be one of ionq, .*sutro/],
    [['cancel', 'ionq'], /Missing required argument/],
    [['cancel', 'sutro', 'x', '--dryrun'], /Unknown option '--dryrun'[\s\S]*Did you mean --dry-run/],
    [['cancel', 'sutro', '--wait', 'x'], /give ids before --wait/],
    [['cancel', 'sutro', '--wait', '0x10'], /give ids before --wait/],
    [['cancel', 'sutro', '--wait', '1e1'], /give ids before --wait/],
    [['list', '--limit', '0x10'], /--limit must be a whole number from 1 to 1000/],
    [['operations', '--limit', '1e1'], /--limit must be a whole number from 1 to 1000/],
    [['list', '--older-than', 'long'], /--older-than must be a whole number/],
    [['list', '--state', 'stopped'], /--state must be one of queued, running, cancelling/],
  ])('%j ends with 2 and says what is wrong', async (args, message) => {
    const { code, stdout, stderr } = await calloff(...args);
    expect(stderr).toMatch(message);
    expect(stdout).toBe('');
    expect(code).toBe(2);
    expect(Object.values(sandbox.providers).flatMap(({ journal }) => journal)).toEqual([]);
  });

  // That a process ends with 2, test/cli/configuration.test.ts holds as well.
  inSoak(() => {
    it('is the end of its process, too', async () => {
      const { code, stdout, stderr } = await run('cli/main.ts', ['stop'], environment);
      expect([code, stdout, stderr]).toEqual([2, '', expect.stringMatching(/Unknown command/)]);
    });
  });

  it('ends with 1 and a sentence where it is refused and nothing is wrong with it', async () => {
    const { code, stdout, stderr } = await calloff('confirm', 'abcdefghjk', '--yes');
    expect(stderr).toMatch(
      /^Error: calloff did not accept the confirmation\.\n {2}There is no such confirmation, or its time is over/,
    );
    expect([code, stdout]).toEqual([1, '']);
  });

  it('names every fault of the environment', async () => {
    const broken = {
      ...environment,
      CALLOFF_TOKN: 'x',
      IONQ_BASE_URL: 'http://example.com',
      SUTRO_API_KEY: 'canary key',
    };
    const { code, stderr } = await runInProcess(['list'], { env: broken });
    expect(stderr).toMatch(
      /CALLOFF_TOKN is not a known variable[\s\S]*IONQ_BASE_URL must begin[\s\S]*SUTRO_API_KEY must be/,
    );
    expect(stderr).not.toContain('canary');
    expect(code).toBe(2);
  });
});

describe('calloff list and get', () => {
  it('finds jobs across providers by name, and ends with 1 where one could not be asked', async () => {
    sandbox.providers.ionq.addJob({ state: 'running', name: 'Sweep 1' });
    sandbox.providers.sutro.addJob({ state: 'running', name: 'sweep 2' });
    sandbox.providers.sutro.addJob({ state: 'running', name: 'other' });
    const all = await calloff('list', '--name', 'SWEEP');
    expect(JSON.parse(all.stdout).jobs.map(({ name }: { name: string }) => name)).toEqual([
      'Sweep 1',
      'sweep 2',
    ]);
    expect(all.code).toBe(0);
    sandbox.providers.ionq.setFault({ kind: 'status', status: 503 });
    const some = await calloff('list', '--name', 'SWEEP');
    expect(JSON.parse(some.stdout)).toMatchObject({ partial: true, unavailable: [{ provider: 'ionq' }] });
    expect(some.code).toBe(1);
  });

  it('hides only what is known to be over, says how much that is, and shows it with --all', async () => {
    const { ionq, promptloop } = sandbox.providers;
    const over = [
      ionq.addJob({ state: 'completed', name: 'over' }),
      ionq.addJob({ state: 'failed', name: 'over' }),
      promptloop.addJob({ state: 'completed', name: 'over' }),
    ];
    const live = [
      ionq.addJob({ state: 'queued', name: 'waits' }),
      ionq.addJob({ state: 'running', name: 'runs' }),
      // Its provider's list does not say whether it runs or has failed.
      promptloop.addJob({ state: 'failed', name: 'perhaps' }),
    ];
    const { code, stdout } = await atTerminal('list');
    expect(live.filter((id) => stdout.includes(id))).toEqual(live);
    expect(over.filter((id) => stdout.includes(id))).toEqual([]);
    expect(stdout).toContain('\n3 jobs that are over are hidden: --all shows them.\n');
    expect(stdout.indexOf('runs')).toBeLessThan(stdout.indexOf('waits'));
    expect(code).toBe(0);
    const all = await atTerminal('list', '--all');
    expect([...live, ...over].filter((id) => !all.stdout.includes(id))).toEqual([]);
    expect(all.stdout).not.toContain('hidden');
    const next = await atTerminal('list', '--limit', '1');
    expect(next.stdout).toMatch(
      /\nAt least \d jobs? that (is|are) over[\s\S]*\nThere are more jobs: repeat the command with --cursor\s\S+\n$/,
    );
  });

  it('says that nothing runs, and prints no empty table', async () => {
    sandbox.providers.sutro.addJob({ state: 'completed' });
    expect((await atTerminal('list')).stdout).toBe(
      'No job is running or queued at any provider that has a key and that you may list.\n1 job that is over is hidden: --all shows it.\n',
    );
    const narrowed = [
      ['--state', 'failed'],
      ['--provider', 'sutro', '--name', 'none'],
      ['--older-than', '1d'],
    ];
    for (const filters of narrowed)
      expect([filters, (await atTerminal('list', ...filters)).stdout]).toEqual([
        filters,
        expect.stringMatching(/^No job on this page matches\.\n/),
      ]);
  });

  it('takes ids from standard input for get and cancel, one a line', async () => {
    const ids = sandbox.providers.sutro.addJobs(3, { state: 'running', settlesInMs: 0 });
    const piped = (typed: string, ...args: string[]) => runInProcess(args, { env: environment, typed });
    const got = await piped(`\ufeff${ids.join('\r\n')}\r\n\n`, 'get', 'sutro', '-');
    expect(JSON.parse(got.stdout)).toMatchObject({ jobs: ids.map((job_id) => ({ job_id })), missing: [] });
    const cancelled = await piped(ids.join('\n'), 'cancel', 'sutro', '-');
    expect(JSON.parse(cancelled.stdout).outcomes).toMatchObject(
      ids.map((job_id) => ({ job_id, outcome: 'cancelled' })),
    );
    expect([got.code, cancelled.code]).toEqual([0, 0]);
    const some = await piped(`${ids[0]}\njob-that-is-not`, 'get', 'sutro', '-');
    expect(JSON.parse(some.stdout)).toMatchObject({ jobs: [{}], missing: [{ outcome: 'not_found' }] });
    expect(some.code).toBe(1);
    for (const [text, args] of [
      ['', ['cancel', 'sutro', '-']],
      ['\n \r\n', ['get', 'sutro', '-']],
      ['x', ['cancel', 'sutro', '-', 'job-1']],
    ] as const) {
      const { code, stdout, stderr } = await piped(text, ...args);
      expect([code, stdout, stderr]).toEqual([
        2,
        '',
        expect.stringMatching(/holds no job id|name no other ids/),
      ]);
    }
  });

  it('looks at a job, and ends with 1 where there is none', async () => {
    const id = sandbox.providers.promptloop.addJob({ state: 'running', name: 'Rows' });
    expect(await calloff('get', 'promptloop', id)).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('"running"'),
    });
    const missing = await calloff('get', 'promptloop', 'a427201b-2340-4f06-ad68-2da8e0fdb120');
    expect(missing).toMatchObject({ code: 1, stdout: expect.stringContaining('"not_found"') });
  });
});

describe('calloff doctor', () => {
  it('finds a healthy provider as expected, and reads only', async () => {
    for (const provider of Object.values(sandbox.providers)) provider.addJob({ state: 'running' });
    const { code, stdout } = await calloff('doctor');
    const results = JSON.parse(stdout).connections.flatMap(
      ({ checks }: { checks: { result: string }[] }) => checks,
    );
    expect(results.map(({ result }: { result: string }) => result)).toEqual(
      usualTwins.flatMap(() => Array(4).fill('as_expected')),
    );
    const { ionq, promptloop, ionworks, sutro } = sandbox.providers;
    const exchanges = [ionq, promptloop, ionworks, sutro].flatMap(({ journal }) => [...journal]);
    const operations = exchanges.map(({ operation }) => operation);
    expect(new Set(operations)).toEqual(new Set(['list', 'status']));
    expect(code).toBe(0);
  });

  it('tells a rejected key, an unknown shape and an unknown word, and ends with 1', async () => {
    const { ionq, promptloop, sutro } = sandbox.providers;
    ionq.setKey('another');
    promptloop.setFault({ kind: 'html', status: 200, operations: ['list'] });
    sutro.addJob({ state: 'running' });
    sutro.setFault({ kind: 'unseen_status', word: 'HIBERNATING', operations: ['status'] });
    const { code, stdout } = await calloff('doctor');
    expect(stdout).toContain('The provider did not accept the key (HTTP 401).');
    expect(stdout).toContain('The adapter could not read the list (HTTP 200).');
    expect(stdout).toContain('The job has a status that the adapter does not know.');
    expect(code).toBe(1);
  });

  it('names the variable of each key that is missing, and ends with 0: nothing differs', async () => {
    const { code, stdout } = await runInProcess(['doctor'], { env: bareEnvironment() });
    for (const name of usualTwins) expect(stdout).toContain(variablesOf[name].key);
    expect(code).toBe(0);
  });

  it('names the keys that calloff leaves alone, and asks nothing with them', async () => {
    const env = { ...bareEnvironment(), OPENAI_API_KEY: 'sk-canary', GITHUB_TOKEN: 'ghp_canary' };
    const { code, stdout } = await runInProcess(['doctor'], { env });
    expect(JSON.parse(stdout)).toMatchObject({
      unused_keys: [
        { variable: 'GITHUB_TOKEN', providers: ['github-actions'] },
        { variable: 'OPENAI_API_KEY', providers: ['openai-batch', 'openai-fine-tuning'] },
      ],
    });
    const shown = await runInProcess(['doctor'], { env, isTerminal: true });
    const words = shown.stdout.replaceAll(/\s+/g, ' ');
    expect(words).toContain('GITHUB_TOKEN (github-actions)');
    expect(words).toContain(
      'name its provider in CALLOFF_CONNECTIONS, together with all others that you use',
    );
    expect(`${stdout} ${shown.stdout}`).not.toContain('canary');
    expect([code, shown.code]).toEqual([0, 0]);
  });

  it('ends with 1 where a provider whose key is there could not be asked, and says where and why', async () => {
    const untrusted = await startUntrusted();
    const env = { ...bareEnvironment(), SUTRO_API_KEY: 'key', SUTRO_BASE_URL: untrusted.url };
    const { code, stdout } = await runInProcess(['doctor'], { env });
    await untrusted.close();
    const asked = JSON.parse(stdout).connections.filter(({ base_url }: { base_url?: string }) => base_url);
    expect(asked).toMatchObject([
      {
        provider: 'sutro',
        base_url: untrusted.url,
        checks: [
          { result: 'not_asked', cause: 'certificate', finding: expect.stringMatching(/certificate/) },
        ],
      },
    ]);
    expect(code).toBe(1);
  });

  it('records what it saw without a name, an id or a key', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'calloff-'));
    const id = sandbox.providers.sutro.addJob({ state: 'running', name: 'Secret plan' });
    await calloff('doctor', '--record', join(folder, 'record.json'));
    const record = await readFile(join(folder, 'record.json'), 'utf8');
    await rm(folder, { recursive: true });
    expect(record).toContain('"RUNNING"');
    expect(record).not.toContain('Secret plan');
    expect(record).not.toContain(id);
    expect(record).not.toContain('sandbox-sutro-key');
  });
});

describe('an environment with words of others', () => {
  test.each([
    ['conda', { HOST: 'x86_64-conda-linux-gnu' }],
    ['Docker', { PORT: 'tcp://10.0.0.1:80' }],
    ['a service named calloff', { CALLOFF_PORT: 'tcp://10.0.0.1:80', CALLOFF_SERVICE_HOST: '10.0.0.1' }],
    ['nobody in particular', { HOST: 'a host', PORT: 'none' }],
  ])('such as %s keeps no command from its work that listens on nothing', async (whose, words) => {
    const id = sandbox.providers.sutro.addJob({ state: 'running', settlesInMs: 0 });
    const own = { ...environment, ...words };
    const commands = [['list'], ['cancel', 'sutro', id], ['get', 'sutro', id], ['audit'], ['doctor']];
    for (const args of cases(commands, ([name]) => whose === 'conda' || name === 'cancel')) {
      const { code, stderr } = await runInProcess(args, { env: own });
      expect([args[0], code, stderr]).toEqual([args[0], 0, '']);
    }
  });
});

describe('a key that is no key', () => {
  const faults = [
    ['\u0024{env:SUTRO_API_KEY}', 'SUTRO_API_KEY is a placeholder that was never filled in'],
    ['YOUR_SUTRO_KEY', 'SUTRO_API_KEY is a placeholder that was never filled in'],
    ['"sandbox-sutro-key"', 'SUTRO_API_KEY has quotes around it; remove them'],
    ['Key sandbox-sutro-key', 'SUTRO_API_KEY begins with a word such as Bearer or Key'],
  ] as const;

  test.each(faults)('but %s is not sent, and named by every command; others go on', async (key, fault) => {
    const own = { ...environment, SUTRO_API_KEY: key };
    const id = sandbox.providers.ionworks.addJob({ state: 'running', settlesInMs: 0 });
    const elsewhere = await runInProcess(['cancel', 'ionworks', id], { env: own });
    expect(elsewhere.code).toBe(0);
    const commands = [['list'], ['list', '--provider', 'sutro'], ['cancel', 'sutro', 'job-1'], ['doctor']];
    for (const args of cases(commands, ([name]) => key === faults[0][0] || name === 'cancel')) {
      const { code, stdout } = await runInProcess(args, { env: own });
      expect([args.join(' '), code]).toEqual([args.join(' '), 1]);
      expect(JSON.stringify(JSON.parse(stdout))).toContain(JSON.stringify(fault).slice(1, -1));
      expect(stdout).not.toContain('sandbox-sutro-key');
    }
    expect(sandbox.providers.sutro.journal).toEqual([]);
  });
});
