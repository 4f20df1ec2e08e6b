import { execFile, spawn } from 'node:child_process';
import { globSync, readFileSync, statSync } from 'node:fs';
import { copyFile, mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, sep } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import * as z from 'zod';
import { listTools } from '../../mcp/tools/list-tools.ts';
import { usualTwins, variablesOf } from '../../sandbox/providers/index.ts';
import { type Sandbox, startSandbox } from '../../sandbox/sandbox.ts';
import { version } from '../../shared/lib/version.ts';
import { bytesAtStart, textAtStart } from '../aws/built.ts';
import { type Packed, packAside } from '../support/process/packed.ts';
import { finish, outputOf, sandboxEnvironment } from '../support/process/run.ts';
import { type McpClient, overStdio, type StdioTerms } from '../support/surfaces/mcp-client.ts';
import { runs } from '../support/thorough.ts';
import { bulkLies, expectedOf, type NamedJob, singleLies, stageJobs } from './told.ts';

const isWindows = process.platform === 'win32';
let packed: Packed;
let sandbox: Sandbox;
/** A host without a key, and one with the keys of the sandbox. */
let keyless: McpClient;
let host: McpClient;
const questions: string[] = [];

beforeAll(async () => {
  [packed, sandbox] = await Promise.all([packAside(), startSandbox({ control: false })]);
  // One after the other: the first installs what the second runs, by itself or, in a soak, by npx again.
  keyless = await start(npx(), {});
  const again = runs(1, 0) === 1 ? npx() : { command: 'node', args: [installedCommand(), 'mcp'] };
  host = await start(again, sandboxEnvironment(sandbox), (question) => {
    questions.push(question);
    return { action: 'accept', content: { confirm: true } };
  });
}, 60_000);
afterAll(async () => {
  for (const client of [keyless, host]) await client.close();
  await sandbox.close();
  await packed.remove();
});

/** `npx` of the tarball. */
const npx = () => ({ command: 'npx', args: ['-y', `--package=${packed.tarball}`, 'calloff', 'mcp'] });

/** The manifest that npx has installed. */
function installed(): string {
  const [found = ''] = globSync('_npx/*/node_modules/calloff/package.json', { cwd: packed.cache });
  return join(packed.cache, found);
}

const installedCommand = () => join(dirname(installed()), 'dist/cli/calloff.mjs');

/** As a host starts it, in an empty folder. */
async function start(
  command: Pick<StdioTerms, 'command' | 'args'>,
  env: Record<string, string>,
  answer?: StdioTerms['answer'],
) {
  const started = Date.now();
  const client = await overStdio({
    ...command,
    env: packed.environment(env),
    cwd: packed.empty,
    answer,
  });
  console.info(`${command.command} … mcp answered initialize after ${Date.now() - started} ms`);
  return client;
}

describe('npx … mcp of the packed tarball', () => {
  it('runs under the Node that is to be tested', async () => {
    const { PACKED_NODE: wanted = process.version } = process.env;
    const { stdout } = await promisify(execFile)('node', ['--version'], { env: packed.environment() });
    expect(stdout.trim()).toBe(wanted);
  });

  it('answers initialize and tools/list, and leaves the folder empty', async () => {
    const { client } = keyless;
    expect(client.getServerVersion()).toMatchObject({ name: 'calloff', version });
    const { tools } = await client.listTools();
    expect(tools.map(({ name }) => name)).toEqual(listTools().map(({ name }) => name));
    expect(await readdir(packed.empty)).toEqual([]);
  });

  it('without a key names the variable to set', async () => {
    const { call } = keyless;
    for (const provider of usualTwins) {
      const { structured, text, isError } = await call('cancel_job', { provider, job_id: missingId });
      expect({ structured, isError }).toMatchObject({
        structured: { outcome: 'failed', code: 'provider_not_configured' },
        isError: true,
      });
      expect(text).toContain(variablesOf[provider].key);
    }
  });

  it('tells of one job what the sandbox shows', async () => {
    const { call } = host;
    const { sutro } = sandbox.providers;
    for (const state of ['running', 'completed', 'cancelled'] as const) {
      const job = { provider: 'sutro', job_id: sutro.addJob({ state }) } as const;
      const told = await call('cancel_job', { ...job });
      expect(singleLies(told, expectedOf(job, sandbox))).toEqual([]);
    }
  });

  it('tells of fifty jobs at each provider what the sandbox shows, after asking the person once', async () => {
    const { call } = host;
    const jobs: readonly NamedJob[] = stageJobs(sandbox);
    const told = await call('cancel_jobs', { jobs, wait_seconds: 3 });
    const expected = jobs.map((job) => expectedOf(job, sandbox));
    expect(jobs).toHaveLength(50 * usualTwins.length);
    expect(new Set(expected.map(({ outcome }) => outcome))).toEqual(new Set(everyOutcome));
    expect(bulkLies(told, expected)).toEqual([]);
    // 42 of the 50 at each provider, and those of the two failed batches, which PromptLoop's list does not tell from running
    // ones, whose status was not among the ten that a cancel may check.
    expect(questions).toHaveLength(1);
    const [, count] = /wants to cancel (\d+) jobs/.exec(questions.join()) ?? [];
    expect([0, 1, 2]).toContain(Number(count) - 42 * usualTwins.length);
  }, 40_000);
});

const missingId = '00000000-0000-4000-8000-000000000000';
const everyOutcome = [
  ...['cancelled', 'cancelling', 'already_cancelled', 'already_finished'],
  ...['not_found', 'refused', 'failed', 'unknown'],
];

describe('what npx installs', () => {
  const manifest = z.object({
    dependencies: z.record(z.string(), z.string()).optional(),
    scripts: z.record(z.string(), z.string()),
    bin: z.record(z.string(), z.string()),
  });

  /** The file of a part of the command line. */
  function partOf(name: string): string {
    const folder = join(dirname(installed()), 'dist/cli');
    const [found = ''] = globSync(`${name}-*.mjs`, { cwd: folder });
    return join(folder, found);
  }

  it('reads below 380 KB at the start of a command, and neither a server nor a gateway', async () => {
    expect(await bytesAtStart(partOf('program'))).toBeLessThan(380_000);
    const text = await textAtStart(partOf('program'));
    expect(text).toContain('cancel jobs, and report the status');
    expect(text).not.toMatch(/x-request-id|modelcontextprotocol|DatabaseSync|reports the job as cancelled/);
  });

  it('is the bundle with its papers, small, and nothing beside it', async () => {
    const folder = dirname(installed());
    const files = globSync('**/*', { cwd: folder })
      .filter((file) => statSync(join(folder, file)).isFile())
      .map((file) => file.split(sep).join('/'));
    const isCode = /^dist\/(cli\/[\w-]+\.mjs|adapter\/[\w/-]+\.d\.ts|cli\/console\/\w+\.(html|css|js|svg))$/;
    const papers = files.filter((file) => !isCode.test(file));
    const notices = 'dist/cli/THIRD-PARTY-NOTICES.txt';
    expect(papers.sort()).toEqual(['CHANGELOG.md', 'LICENSE', 'README.md', notices, 'package.json']);
    expect(files).toContain('dist/cli/calloff.mjs');
    expect(files).toContain('dist/adapter/adapter-exports.d.ts');
    const beside = (await readdir(dirname(folder))).filter((name) => !name.startsWith('.'));
    expect(beside).toEqual(['calloff']);
    const { size } = statSync(packed.tarball);
    console.info(`the tarball has ${size.toLocaleString('en')} bytes`);
    // A third of it are ten more providers, the laws and what they try them with, and the types of calloff/adapter; 38 KB the page.
    expect(size).toBeLessThan(490_000);
  });

  it('serves the page, which no other command loads', async () => {
    const command = installedCommand();
    const env = packed.environment({
      PORT: '0',
      CALLOFF_TOKEN: 'a-token-for-the-tests',
      CALLOFF_CONSOLE: 'on',
    });
    const child = spawn('node', [command, 'serve'], { env });
    const output = await outputOf(child, /^page: \S+\n/m);
    const [, page = ''] = /^page: (\S+)/m.exec(output) ?? [];
    const html = await (await fetch(page)).text();
    const paths = [...html.matchAll(/(?:href|src)="([^"]+)"/g)].map(([, path = '']) => path);
    expect(paths).toHaveLength(3);
    for (const path of paths) expect([path, (await fetch(new URL(path, page))).status]).toEqual([path, 200]);
    const body = JSON.stringify({ token: 'a-token-for-the-tests' });
    const signedIn = await fetch(new URL('v1/session', page), { method: 'POST', body });
    expect([signedIn.status, signedIn.headers.get('set-cookie')]).toEqual([
      200,
      expect.stringContaining('HttpOnly'),
    ]);
    const finished = finish(child);
    child.kill();
    expect(await finished).toMatchObject({ code: isWindows ? null : 0 });
    const atStart = await textAtStart(partOf('serve'));
    expect(atStart).toContain('calloff listens on');
    expect(atStart).not.toMatch(/__Host-|sign-in=/);
  });

  it('gives an adapter that stands elsewhere what it imports, and tries it', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'calloff-'));
    for (const file of ['nimbus.mjs', 'nimbus.fixtures.mjs'])
      await copyFile(`examples/own-adapter/${file}`, join(folder, file));
    const args = [installedCommand(), 'test-adapter', join(folder, 'nimbus.mjs')];
    const { stdout } = await promisify(execFile)('node', args, { env: packed.environment() });
    const { laws } = z.object({ laws: z.array(z.object({ holds: z.boolean() })) }).parse(JSON.parse(stdout));
    expect(laws.length).toBeGreaterThan(30);
    expect(laws.filter(({ holds }) => !holds)).toEqual([]);
    await rm(folder, { recursive: true });
  });

  it('runs no script and asks for no dependency', () => {
    const { dependencies = {}, scripts } = manifest.parse(JSON.parse(readFileSync(installed(), 'utf8')));
    expect(dependencies).toEqual({});
    // What `npm pack` runs, and the soak too: npm test packs what it has built.
    expect(scripts).toMatchObject({
      prepack: 'npm run build',
      build: expect.stringMatching(/ scripts\/build\.ts$/),
    });
    const atInstall = ['preinstall', 'install', 'postinstall', 'prepare'];
    expect(Object.keys(scripts).filter((name) => atInstall.includes(name))).toEqual([]);
  });
});
