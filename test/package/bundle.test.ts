import { execFile } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { cp, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import * as z from 'zod';
import { tools } from '../../mcp/tools/index.ts';
import { variablesOf } from '../../sandbox/providers/index.ts';
import { type Sandbox, startSandbox } from '../../sandbox/sandbox.ts';
import { defaultConnections } from '../../shared/config/connection-settings.ts';
import { providerIds } from '../../shared/contract/provider-ids.ts';
import { version } from '../../shared/lib/version.ts';
import { providerFacts } from '../../shared/providers/facts.ts';
import { bundles } from '../aws/built.ts';
import { bareEnvironment, sandboxEnvironment } from '../support/process/run.ts';
import { overStdio } from '../support/surfaces/mcp-client.ts';
import { inSoak } from '../support/thorough.ts';

const run = promisify(execFile);
const referee = resolve('test/referees/node_modules/@anthropic-ai/mcpb');
const option = z.looseObject({
  type: z.string(),
  sensitive: z.boolean().optional(),
  required: z.boolean(),
  default: z.string(),
});
const manifest = z
  .looseObject({
    version: z.string(),
    tools: z.array(z.looseObject({ name: z.string() })),
    server: z.looseObject({ mcp_config: z.looseObject({ env: z.record(z.string(), z.string()) }) }),
    user_config: z.record(z.string(), option),
  })
  .parse(JSON.parse(readFileSync('mcpb/manifest.json', 'utf8')));
const toolNames = manifest.tools.map(({ name }) => name);
const open: { close(): Promise<void> }[] = [];
let keyless: Awaited<ReturnType<typeof start>>;
let sandbox: Sandbox;
let folder: string;
let unpacked: string;
let host: Host;

/** The part of the referee that a host uses: from a bundle to its files, and from a manifest and what its user filled in to a command. */
type Host = z.infer<typeof hostSchema>;
const hostSchema = z.object({
  unpackExtension: z.custom<(given: object) => Promise<unknown>>((it) => typeof it === 'function'),
  getMcpConfigForManifest: z.custom<(given: object) => Promise<unknown>>((it) => typeof it === 'function'),
});
const commandSchema = z.object({
  command: z.string(),
  args: z.array(z.string()),
  env: z.record(z.string(), z.string()),
});

beforeAll(async () => {
  expect(existsSync(referee), 'install the referees first: npm run referees').toBe(true);
  const [built, started] = await Promise.all([bundles(), startSandbox({ control: false })]);
  sandbox = started;
  folder = await mkdtemp(join(tmpdir(), 'calloff-mcpb-'));
  await cp(resolve(built.command, '..'), join(folder, 'cli'), { recursive: true });
  await built.remove();
  const { stdout } = await run(process.execPath, ['scripts/mcpb.ts', folder]);
  expect(stdout).toContain('Manifest schema validation passes!');
  unpacked = join(folder, 'unpacked');
  host = hostSchema.parse(await import(join(referee, 'dist/index.js')));
  const mcpbPath = join(folder, 'calloff.mcpb');
  expect(await host.unpackExtension({ mcpbPath, outputDir: unpacked, silent: true })).toBe(true);
  keyless = await start({});
}, 60_000);
afterAll(async () => {
  for (const client of open) await client.close();
  await sandbox.close();
  await rm(folder, { recursive: true });
});

function mcpb(...args: readonly string[]) {
  return run(process.execPath, [join(referee, 'dist/cli/cli.js'), ...args]);
}

/** Starts the unpacked bundle as a host does whose user filled in `userConfig`. */
async function start(userConfig: object, more: Record<string, string> = {}, its: object = manifest) {
  const given = { manifest: its, extensionPath: unpacked, systemDirs: {}, userConfig, pathSeparator: '/' };
  const { env, ...command } = commandSchema.parse(await host.getMcpConfigForManifest(given));
  const connected = await overStdio({
    ...command,
    env: bareEnvironment({ ...env, ...more }),
    cwd: folder,
  });
  open.push(connected.client);
  return { ...connected, env };
}

describe('the MCP bundle', () => {
  it('holds the server, the manifest and the licences, and no more', async () => {
    const files = await readdir(unpacked, { recursive: true });
    const others = files.filter((file) => !/^server\/[\w-]+\.mjs$/.test(file));
    const notices = 'server/THIRD-PARTY-NOTICES.txt';
    expect(others.sort()).toEqual(['LICENSE', 'manifest.json', 'server', notices]);
    expect(files).toContain('server/calloff.mjs');
    expect(JSON.parse(await readFile(join(unpacked, 'manifest.json'), 'utf8'))).toEqual(manifest);
  });

  it('starts from its folder, and answers initialize and tools/list', async () => {
    const { client } = keyless;
    expect(client.getServerVersion()).toMatchObject({ name: 'calloff', version });
    const listed = (await client.listTools()).tools.map(({ name }) => name);
    expect(listed).toEqual(toolNames);
  });

  it('cancels with the key that the user filled in', async () => {
    const { SUTRO_BASE_URL = '' } = sandboxEnvironment(sandbox);
    const { call } = await start({ sutro_api_key: sandbox.providers.sutro.apiKey }, { SUTRO_BASE_URL });
    const job_id = sandbox.providers.sutro.addJob({ state: 'running' });
    const { structured } = await call('cancel_job', { provider: 'sutro', job_id });
    expect(structured).toMatchObject({ outcome: 'cancelled' });
    expect(sandbox.providers.sutro.job(job_id)?.state).toBe('cancelled');
  });

  // In npm test, the key of a usual provider stands for it.
  inSoak(() => {
    it('cancels at any other provider that the file of the user names, at its place', async () => {
      const { apiKey, baseUrl } = sandbox.providers['hugging-face'];
      const { HF_NAMESPACE = '' } = variablesOf['hugging-face'].options;
      await writeFile(join(folder, 'key'), apiKey);
      const jobs = {
        provider: 'hugging-face',
        namespace: HF_NAMESPACE,
        base_url: baseUrl,
        api_key_file: 'key',
      };
      await writeFile(join(folder, 'calloff.json'), JSON.stringify({ connections: { jobs } }));
      const { call } = await start({ configuration_file: join(folder, 'calloff.json') });
      const job_id = sandbox.providers['hugging-face'].addJob({ state: 'running' });
      const { structured } = await call('cancel_job', { provider: 'jobs', job_id });
      expect(structured).toMatchObject({ outcome: 'cancelled' });
    });
  });

  it('hands over an empty key where the user left one empty, which counts as not configured', async () => {
    const { call, env } = keyless;
    expect(new Set(Object.values(env))).toEqual(new Set(['']));
    const { text } = await call('cancel_job', { provider: 'sutro', job_id: 'x' });
    expect(text).toContain('Set SUTRO_API_KEY');
  });

  it('treats the placeholder of a host that does not fill in defaults as no key, and never sends it', async () => {
    const user_config = Object.fromEntries(
      Object.entries(manifest.user_config).map(([name, { default: _, ...rest }]) => [name, rest]),
    );
    const { SUTRO_BASE_URL = '' } = sandboxEnvironment(sandbox);
    const { journal } = sandbox.providers.sutro;
    const before = journal.length;
    const { call, env } = await start({}, { SUTRO_BASE_URL }, { ...manifest, user_config });
    expect(env).toMatchObject({ SUTRO_API_KEY: '$' + '{user_config.sutro_api_key}' });
    const { structured } = await call('cancel_job', { provider: 'sutro', job_id: 'x' });
    expect(structured).toMatchObject({ code: 'provider_not_configured' });
    expect(journal.slice(before)).toEqual([]);
  });
});

describe('the manifest of the bundle', () => {
  it('is of this version, and names every tool', () => {
    expect(manifest.version).toBe(version);
    expect(toolNames).toEqual(tools.map(({ name }) => name));
  });

  it('asks for the key of every usual provider as a secret, and for a file that names others; all may stay empty', () => {
    const secret = { type: 'string', sensitive: true, required: false, default: '' };
    const options = defaultConnections.map((name) => [`${name}_api_key`, expect.objectContaining(secret)]);
    expect(manifest.user_config).toEqual({
      ...Object.fromEntries(options),
      configuration_file: expect.objectContaining({ type: 'file', required: false, default: '' }),
    });
    const keys = defaultConnections.map((name) => providerFacts[name].key.variable);
    expect(Object.keys(manifest.server.mcp_config.env)).toEqual([...keys, 'CALLOFF_CONFIG']);
  });

  it('tells the providers that it has a key for from those that only the file can name', () => {
    const { description, long_description } = z
      .object({ description: z.string(), long_description: z.string() })
      .parse(manifest);
    const [, forFile = ''] = long_description.split('leave the others empty. ');
    for (const id of providerIds) {
      const name = providerFacts[id].displayName;
      const hasField = defaultConnections.includes(id);
      expect([name, description.includes(name), forFile.includes(name)]).toEqual([name, hasField, !hasField]);
    }
  });

  // What the referee can do is for others to test; this only shows that it judges.
  inSoak(() => {
    it('would be refused by its referee if it were wrong', async () => {
      const wrong = join(folder, 'wrong.json');
      await writeFile(wrong, JSON.stringify({ ...manifest, server: { ...manifest.server, type: 'deno' } }));
      await expect(mcpb('validate', wrong)).rejects.toMatchObject({ code: 1 });
    });
  });
});
