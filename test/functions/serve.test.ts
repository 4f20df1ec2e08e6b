import { mkdir, readdir, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Sandbox, startSandbox } from '../../sandbox/sandbox.ts';
import { introduction } from '../../scripts/introduction.ts';
import { whoToTry } from '../../scripts/slack-try/person.ts';
import { skipKeyResolution } from '../../shared/config/file/connection-keys.ts';
import { readConfiguration } from '../../shared/config/file/read.ts';
import { readSettings } from '../../shared/config/settings.ts';
import { paste, startDemo } from '../support/process/demo.ts';
import { runInProcess } from '../support/process/in-process.ts';
import { bareEnvironment, finish, outputOf, run, sandboxEnvironment, start } from '../support/process/run.ts';
import { freshFolder } from '../support/process/temporary.ts';
import { casesAt, inSoak } from '../support/thorough.ts';

const token = 'a-token-for-the-tests';
const authorization = { authorization: `Bearer ${token}` };
let sandbox: Sandbox;

beforeAll(async () => {
  sandbox = await startSandbox({ control: false });
});
afterAll(() => sandbox.close());

const serving = (more: Record<string, string> = {}) =>
  bareEnvironment({ ...sandboxEnvironment(sandbox), PORT: '0', CALLOFF_TOKEN: token, ...more });

async function listening(env: Record<string, string>, until = /listens on (\S+)/) {
  const child = start('cli/main.ts', ['serve'], env);
  const output = await outputOf(child, until);
  return { child, url: /listens on (\S+)/.exec(output)?.[1] ?? '', output };
}

const signIn = (page: string, body: object) =>
  fetch(new URL('v1/session', page), { method: 'POST', body: JSON.stringify(body) });

describe('the address of the page', () => {
  const pageIn = (output: string) => /^page: (\S+)$/m.exec(output)?.[1];

  it('is printed by serve where the console is on, and signs in with a token that serve has made', async () => {
    const NODE_OPTIONS = `--import=${import.meta.resolve('../support/process/terminal.ts')}`;
    const onTerminal = serving({ CALLOFF_CONSOLE: 'on', CALLOFF_TOKEN: '', NODE_OPTIONS });
    const made = await listening(onTerminal, /^token: \S+\n/m);
    const [page = '', code = ''] = pageIn(made.output)?.split('#sign-in=') ?? [];
    expect(page).toBe(`${made.url}/`);
    expect(/^token: (\S+)/m.exec(made.output)?.[1]).not.toContain(code);
    expect((await signIn(page, { code })).status).toBe(200);
    made.child.kill();
  });

  // In npm test, a server with another address stands for it.
  inSoak(() => {
    it('is that of the server where no other is set, and signs in with no token that was given', async () => {
      const { child, output, url } = await listening(serving({ CALLOFF_CONSOLE: 'on' }), /^page: /m);
      expect(pageIn(output)).toBe(`${url}/`);
      expect((await signIn(`${url}/`, { token })).status).toBe(200);
      child.kill();
    });
  });
});

/** Who is in Slack by a configuration, and whether what `npm start` prints for Slack would work for them. */
const inSlack = [
  ['no person in Slack', undefined, false],
  ['a person in Slack who may not cancel', ['list'], false],
  ['a person in Slack who may list and cancel', ['list', 'cancel'], true],
] as const;

function configurationFor(actions: readonly string[] | undefined): string {
  const [team_id, user_id] = ['T012ABCDEF', 'U012ABCDEF'];
  const slack = { team_id, app_id: 'A012ABCDEF', channels: ['C012ABCDEF'] };
  const ada = { kind: 'person', may: { connections: ['*'], actions }, slack: [{ team_id, user_id }] };
  return JSON.stringify(actions === undefined ? { callers: {} } : { callers: { ada }, slack });
}

function configurationRead(actions: readonly string[] | undefined) {
  const parts = { settings: readSettings(sandboxEnvironment(sandbox)), key: skipKeyResolution };
  return readConfiguration(configurationFor(actions), parts);
}

describe('npm start with a configuration', () => {
  it.each(inSlack)('that has %s tries Slack as them where they may: %s, %s', (_who, actions, isTried) => {
    const who = { team: 'T012ABCDEF', app: 'A012ABCDEF', channel: 'C012ABCDEF', user: 'U012ABCDEF' };
    expect(whoToTry(configurationRead(actions))).toEqual(isTried ? who : undefined);
  });

  it.each(inSlack)(
    'that has %s says how to make a token, read the audit and try Slack',
    async (_who, actions, isTried) => {
      const configuration = configurationRead(actions);
      const { controlUrl, close } = await startSandbox({ demo: true });
      const printed = await introduction({
        configuration,
        ...{ url: 'http://127.0.0.1:8787', pageUrl: 'http://127.0.0.1:8787/', token: undefined },
        variables: { CALLOFF_CONFIG: '/etc/own calloff.json', CALLOFF_DATA_DIR: '/var/lib/calloff' },
        sandbox: { controlUrl, at: () => ({}), close },
        slack: whoToTry(configuration) !== undefined,
      });
      await close();
      const prefix = "CALLOFF_CONFIG='/etc/own calloff.json' CALLOFF_DATA_DIR=/var/lib/calloff";
      const lines = printed.split('\n').filter((line) => /^(TOKEN|CALLOFF_|npm)/.test(line));
      expect(lines).toEqual([
        ...(actions === undefined ? [] : [`TOKEN=$(${prefix} npm run -s calloff -- token create ada)`]),
        `${prefix} npm run -s calloff -- audit`,
        ...(isTried ? ['npm run -s slack:try -- "list running"'] : []),
      ]);
      expect(printed.includes('No caller has a token yet. Make one for ada')).toBe(actions !== undefined);
      expect(printed).not.toContain('This link works once');
      expect(printed.match(/^curl -X POST -H "Authorization: Bearer \$TOKEN" /gm)).toHaveLength(2);
    },
  );

  // In npm test, what it would print stands for it; test/project/two-callers.test.ts starts it with a configuration.
  inSoak(() => {
    it.each(inSlack)(
      'that has %s prints lines for Slack where they work only',
      async (_who, actions, isShown) => {
        const folder = freshFolder();
        await mkdir(folder, { recursive: true });
        const path = join(folder, 'calloff.json');
        await writeFile(path, configurationFor(actions));
        const demo = await startDemo({ CALLOFF_CONFIG: path });
        expect(demo.commands('npm')).toHaveLength(isShown ? 1 : 0);
        const tries = isShown ? [['list running'], ['--press', 'stop:1']] : [];
        for (const args of tries) {
          const { code, stdout } = await run('scripts/slack-try.ts', args, demo.terminal);
          expect([code, stdout]).toEqual([0, expect.stringMatching(/\(stop\)|\*Cancelled\*/)]);
        }
        const [makeToken] = demo.commands('TOKEN=');
        if (makeToken !== undefined)
          expect(await paste(`${makeToken}; echo $TOKEN`)).toMatch(/^calloff_\w+\n$/);
        expect(makeToken === undefined).toBe(actions === undefined);
        const [audit = ''] = demo.commands('CALLOFF_CONFIG=');
        const command = /^CALLOFF_CONFIG=(\S+) CALLOFF_DATA_DIR=(\S+) npm run -s calloff -- audit$/;
        const [, CALLOFF_CONFIG = '', CALLOFF_DATA_DIR = ''] = command.exec(audit) ?? [];
        expect(CALLOFF_CONFIG).toBe(path);
        const { stdout } = await runInProcess(['audit'], { env: { CALLOFF_CONFIG, CALLOFF_DATA_DIR } });
        expect(/"outcome":"cancelled"/.test(stdout)).toBe(tries.length > 1);
        await demo.stop();
      },
    );
  });
});

describe('npm start that cannot start', () => {
  it('leaves nothing behind', async () => {
    const folder = freshFolder();
    await mkdir(folder, { recursive: true });
    const environment = bareEnvironment({ TMPDIR: folder, PORT: 'none' });
    const { code, stderr } = await run('scripts/start.ts', [], environment);
    expect([code, stderr]).toEqual([2, expect.stringContaining('PORT must be')]);
    expect(await readdir(folder)).toEqual([]);
  });
});

describe('npm run slack:try', () => {
  it('says what to do first where nothing runs, and what it takes', async () => {
    const { code, stderr } = await run(
      'scripts/slack-try.ts',
      [],
      bareEnvironment({ SLACK_TRY_SESSION: freshFolder() }),
    );
    expect(code).toBe(2);
    expect(stderr).toContain('npm start');
    expect(stderr).toContain('npm run slack:try -- "list running"');
  });
});

describe('npm run serve', () => {
  let server: Awaited<ReturnType<typeof listening>>;
  beforeAll(async () => {
    const CALLOFF_PUBLIC_URL = 'https://jobs.example.org/calloff';
    server = await listening(serving({ CALLOFF_CONSOLE: 'on', CALLOFF_PUBLIC_URL }), /^page: /m);
  });

  it('prints the address of the page that people have where it is set', async () => {
    expect(server.output).toContain('\npage: https://jobs.example.org/calloff/\n');
    expect((await signIn(`${server.url}/`, { token })).status).toBe(200);
  });

  it('refuses to start without a token where no person sees one made up', async () => {
    const env = serving({ CALLOFF_TOKEN: '' });
    const { code, stdout, stderr } = await runInProcess(['serve'], { env });
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toContain('CALLOFF_TOKEN or CALLOFF_CONFIG must be set');
  });

  it('refuses a port that is taken, and says what to do', async () => {
    const { port } = new URL(server.url);
    const { code, stderr } = await runInProcess(['serve'], { env: serving({ PORT: port }) });
    expect(code).toBe(2);
    expect(stderr).toContain('is taken; set PORT to another, or to 0');
  });

  it('admits requests with the token, and no others', async () => {
    const status = async (headers: Record<string, string>) =>
      (await fetch(`${server.url}/v1/providers`, { headers })).status;
    expect(await status(authorization)).toBe(200);
    expect(await status({})).toBe(401);
    expect(await status({ authorization: `Bearer ${token}x` })).toBe(401);
    expect(await status({ authorization: `Basic ${token}` })).toBe(401);
    expect((await fetch(`${server.url}/healthz`)).status).toBe(200);
  });

  it('prints no token that it was given', () => {
    expect(server.output).not.toContain(token);
  });

  it.each(casesAt(['x?y', 'x#y', 'x?dry_run=true'], 2))(
    'does not take %s for a job id in a look, and asks no provider',
    async (id) => {
      const socket = connect(Number(new URL(server.url).port), '127.0.0.1');
      const answer = new Promise<string>((resolve) =>
        socket.once('data', (chunk: Buffer) => resolve(chunk.toString())),
      );
      const head = `GET /v1/providers/sutro/jobs/${id} HTTP/1.1`;
      socket.write(`${head}\r\nHost: localhost\r\nAuthorization: Bearer ${token}\r\n\r\n`);
      expect(await answer).toMatch(/^HTTP\/1.1 400 /);
      expect(sandbox.providers.sutro.journal).toEqual([]);
      socket.destroy();
    },
  );

  it('sends nothing more when the caller goes away', async () => {
    const { sutro } = sandbox.providers;
    const ids = sutro.addJobs(200, { state: 'running' });
    sutro.setLimits({ cancel: { perSecond: 20, retryAfter: 'seconds' } });
    const leaving = new AbortController();
    const body = JSON.stringify({ jobs: ids.map((job_id) => ({ provider: 'sutro', job_id })) });
    const answer = fetch(`${server.url}/v1/jobs/cancel`, {
      method: 'POST',
      headers: authorization,
      body,
      signal: leaving.signal,
    });
    while (!sutro.journal.some(({ operation }) => operation === 'cancel'))
      await new Promise((r) => setTimeout(r, 20));
    leaving.abort();
    await expect(answer).rejects.toThrow();
    await new Promise((r) => setTimeout(r, 2_500));
    expect(sutro.journal.filter(({ operation }) => operation === 'cancel').length).toBeLessThan(80);
    sutro.reset();
  });

  it('on SIGTERM sends nothing more, answers what is in flight, and ends with 0, whatever connection says nothing', async () => {
    const { sutro } = sandbox.providers;
    // What another test has cancelled would be taken for the first cancel of this one.
    sutro.reset();
    const ids = sutro.addJobs(200, { state: 'running' });
    sutro.setLimits({ cancel: { perSecond: 20, retryAfter: 'seconds' } });
    const { child, url } = server;
    const idle = connect(Number(new URL(url).port), '127.0.0.1');
    await new Promise((resolve) => idle.once('connect', resolve));
    idle.on('error', () => undefined);
    idle.write('GET /healthz HTTP/1.1\r\nHost: x\r\nX: ');
    const finished = finish(child);
    const body = JSON.stringify({ jobs: ids.map((job_id) => ({ provider: 'sutro', job_id })) });
    const answer = fetch(`${url}/v1/jobs/cancel`, { method: 'POST', headers: authorization, body });
    while (!sutro.journal.some(({ operation }) => operation === 'cancel'))
      await new Promise((r) => setTimeout(r, 20));
    const startedAt = Date.now();
    child.kill('SIGTERM');
    const response = await answer;
    const { counts, outcomes } = JSON.parse(await response.text());
    // A cancel that was asked to wait was sent, and did nothing.
    const codes = outcomes.flatMap(({ code }: { code?: string }) => code ?? []);
    expect(new Set(codes)).toEqual(new Set(counts.failed > 0 ? ['rate_limited'] : []));
    expect(counts.cancelled + counts.cancelling + counts.not_attempted + counts.failed).toBe(200);
    expect(counts.not_attempted).toBeGreaterThan(100);
    expect(await finished).toMatchObject({ code: 0 });
    expect(Date.now() - startedAt).toBeLessThan(5_000);
    sutro.reset();
  });
});

describe('a server in an environment with words of others', () => {
  it.each(
    casesAt(
      [
        ['HOST', 'x86_64-conda-linux-gnu'],
        ['HOST', hostname()],
        ['HOST', 'tcp://10.0.0.1:80'],
      ],
      0,
    ),
  )('passes over %s=%s: listens on loopback, and says so in one line', async (name, value) => {
    const child = start('functions/serve.ts', [], serving({ [name]: value }));
    let said = '';
    child.stderr.on('data', (chunk: Buffer) => {
      said += chunk.toString();
    });
    const output = await outputOf(child, /listens on \S+\n/);
    const [, url = ''] = /listens on (http:\/\/127\.0\.0\.1:\d+)\n/.exec(output) ?? [];
    // Without the console there is no page.
    expect([output.includes('page:'), (await fetch(url)).status]).toEqual([false, 404]);
    // Whatever it said at start came before the line of the log for this request.
    await expect.poll(() => said, { timeout: 10_000 }).toContain('"event":"request"');
    child.kill();
    const [atStart] = said.split(/^\{.*"event":"request"/m);
    expect(atStart).toMatch(
      /^HOST is set to the value of another program, .* calloff listens on 127\.0\.0\.1\..*\n$/,
    );
  });

  it.each(
    casesAt(
      [
        ['a host', '0', 'HOST must be an address or a host name'],
        ['127.0.0.1', 'http', 'PORT must be a whole number from 0 to 65535'],
      ],
      0,
    ),
  )('does not start with HOST=%s PORT=%s, which no other program sets', async (HOST, PORT, fault) => {
    const { code, stderr } = await runInProcess(['serve'], { env: serving({ HOST, PORT }) });
    expect([code, stderr]).toEqual([2, expect.stringContaining(fault)]);
  });
});
