import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import * as z from 'zod';
import { type Sandbox, startSandbox } from '../../sandbox/sandbox.ts';
import { fileForm } from '../../shared/config/secrets/secret-file.ts';
import { readSettings } from '../../shared/config/settings.ts';
import { freshCommand } from '../aws/built.ts';
import {
  assembleImage,
  buildInFolder,
  contextFiles,
  contextRules,
  takeBuilt,
} from '../support/image/assemble.ts';
import { lastOf, parseDockerfile, type Stage, variablesOf } from '../support/image/dockerfile.ts';
import { freePort } from '../support/network/free-port.ts';
import { bareEnvironment, finish, outputOf } from '../support/process/run.ts';
import { freshFolder } from '../support/process/temporary.ts';
import { inSoak } from '../support/thorough.ts';

const stages = parseDockerfile(readFileSync('Dockerfile', 'utf8'));
const [build, image] = twoOf(stages);
const entry = lastOf(image, 'ENTRYPOINT')?.words ?? [];
/** The words of the health check, which follow its own `CMD`. */
const check: readonly string[] = JSON.parse(lastOf(image, 'HEALTHCHECK')?.text.replace(/^CMD /, '') ?? '[]');
const dataFolder = '/data';

const composeSchema = z.strictObject({
  services: z.strictObject({
    calloff: z.strictObject({
      build: z.literal('.'),
      image: z.literal('calloff'),
      restart: z.literal('unless-stopped'),
      ports: z.tuple([z.literal('127.0.0.1:8787:8787')]),
      volumes: z.tuple([z.literal(`data:${dataFolder}`)]),
      secrets: z.array(z.string()),
      environment: z.record(z.string(), z.string()),
      read_only: z.literal(true),
      tmpfs: z.tuple([z.literal('/tmp')]),
      cap_drop: z.tuple([z.literal('ALL')]),
      security_opt: z.tuple([z.literal('no-new-privileges:true')]),
      mem_limit: z.string(),
      pids_limit: z.number(),
      stop_grace_period: z.literal('15s'),
      logging: z.strictObject({
        driver: z.literal('json-file'),
        options: z.strictObject({ 'max-size': z.string(), 'max-file': z.string() }),
      }),
    }),
  }),
  volumes: z.strictObject({ data: z.null() }),
  secrets: z.record(z.string(), z.strictObject({ file: z.string() })),
});
const compose = composeSchema.parse(parse(readFileSync('compose.yaml', 'utf8')));
const service = compose.services.calloff;

function twoOf([first, second]: readonly Stage[]): readonly [Stage, Stage] {
  if (first === undefined || second === undefined) throw new Error('the Dockerfile does not have two stages');
  return [first, second];
}

describe('the Dockerfile', () => {
  it('builds on the processor of the builder, and runs no command for the other', () => {
    expect(stages).toHaveLength(2);
    expect(build.from.flags.get('platform')).toBe('$BUILDPLATFORM');
    expect(image.from.flags.size).toBe(0);
    // Nothing that runs, fetches or takes a value from outside, and of each but `COPY` only one.
    const once = image.instructions.map(({ name }) => name).filter((name) => name !== 'COPY');
    expect(once.toSorted()).toEqual([
      ...['CMD', 'ENTRYPOINT', 'ENV', 'EXPOSE', 'HEALTHCHECK', 'LABEL', 'STOPSIGNAL', 'USER', 'VOLUME'],
    ]);
    expect(stages.map(({ from }) => from.words[0])).toEqual(['node:24-slim', 'node:24-slim']);
  });

  it('builds without a secret, and without the install scripts of packages', () => {
    const other = build.instructions.filter(({ name }) => !['WORKDIR', 'COPY'].includes(name));
    expect(other.map(({ name, flags, text }) => [name, flags.size, text])).toEqual([
      ['RUN', 0, 'npm ci --ignore-scripts --no-audit --no-fund'],
      ['RUN', 0, 'npm run build'],
    ]);
  });

  it('takes into the image only what was built, none of it writable but the data', () => {
    const copies = image.instructions.filter(({ name }) => name === 'COPY');
    expect(copies.map(({ words }) => words)).toEqual([
      ['/build/dist/cli', '/app'],
      ['/build/LICENSE', '/app/'],
      ['/empty', dataFolder],
    ]);
    expect(copies.map(({ flags }) => Object.fromEntries(flags))).toEqual([
      { from: 'build' },
      { from: 'build' },
      { from: 'build', chown: '65532:65532' },
    ]);
  });

  it('runs as a user without a name, with one volume and one port, and needs no shell', () => {
    const held = ['USER', 'VOLUME', 'EXPOSE', 'STOPSIGNAL'].map((name) => lastOf(image, name)?.words);
    expect(held).toEqual([['65532:65532'], [dataFolder], ['8787'], ['SIGTERM']]);
    expect([lastOf(image, 'ENTRYPOINT'), lastOf(image, 'CMD')].map((each) => each?.isExec)).toEqual([
      true,
      true,
    ]);
  });

  it('is checked by the command itself, which has more time than it takes', () => {
    expect(check).toEqual([...entry, 'health']);
    const { text = '', flags } = lastOf(image, 'HEALTHCHECK') ?? {};
    expect(text).toMatch(/^CMD \[/);
    expect(Object.fromEntries(flags ?? [])).toEqual({
      ...{ interval: '30s', timeout: '5s' },
      ...{ 'start-period': '10s', retries: '3' },
    });
  });

  it('sets what a server in a container needs, and no more', () => {
    expect(Object.fromEntries(variablesOf(image))).toEqual({
      HOST: '0.0.0.0',
      PORT: '8787',
      CALLOFF_DATA_DIR: dataFolder,
    });
    const settings = readSettings(Object.fromEntries(variablesOf(image)));
    expect(settings).toMatchObject({ host: '0.0.0.0', port: 8787, dataFolder, listeningFaults: [] });
  });
});

describe('what is handed over to the build', () => {
  it('holds no key and no configuration, wherever a person keeps them', () => {
    const wanted = [
      ...['.npmrc', 'LICENSE', 'cli', 'console', 'functions', 'mcp', 'package-lock.json', 'package.json'],
      ...['scripts', 'shared', 'tsconfig.adapter.json', 'tsconfig.json'],
    ];
    // The rules too: what git ignores, such as keys, is in none of its lists, but would be handed over.
    expect(contextRules().toSorted()).toEqual(wanted);
    expect([...new Set(contextFiles().map((file) => file.split('/')[0]))].toSorted()).toEqual(wanted);
  });
});

describe('compose.yaml', () => {
  it('gives each secret a file of its own, by the form with _FILE of a variable that calloff knows', () => {
    const named = Object.entries(service.environment).map(([name, path]) => [
      name,
      path.replace('/run/secrets/', ''),
    ]);
    expect(named.map(([, secret]) => secret)).toEqual(service.secrets);
    expect(Object.entries(compose.secrets)).toEqual(
      service.secrets.map((secret) => [secret, { file: `./secrets/${secret}` }]),
    );
    expect(named.map(([name]) => name)).toEqual(['CALLOFF_TOKEN', 'IONQ_API_KEY'].map(fileForm));
    expect(readFileSync('.gitignore', 'utf8').split('\n')).toContain('/secrets/');
  });

  it('waits longer for the end than calloff takes, and publishes the port of the image', () => {
    expect(service.ports[0].split(':').at(-1)).toBe(lastOf(image, 'EXPOSE')?.text);
    expect(lastOf(image, 'VOLUME')?.text).toBe(service.volumes[0].split(':')[1]);
  });
});

/** What the commands of the Dockerfile do in an empty folder. */
function runsInFolder(root: () => string) {
  let sandbox: Sandbox;
  let port: string;
  let env: Record<string, string>;
  beforeAll(async () => {
    [sandbox, port] = [await startSandbox({ control: false }), String(await freePort())];
    const secrets = freshFolder();
    mkdirSync(secrets, { recursive: true });
    writeFileSync(join(secrets, 'calloff_token'), 'a-token-for-the-tests\n');
    writeFileSync(join(secrets, 'ionq_api_key'), `${sandbox.providers.ionq.apiKey}\n`);
    const asMounted = ([name, path]: [string, string]) => [name, path.replace('/run/secrets', secrets)];
    env = bareEnvironment({
      ...Object.fromEntries(variablesOf(image)),
      ...Object.fromEntries(Object.entries(service.environment).map(asMounted)),
      ...{ HOST: '127.0.0.1', PORT: port, CALLOFF_DATA_DIR: join(root(), dataFolder) },
      IONQ_BASE_URL: sandbox.providers.ionq.baseUrl,
    });
  });
  afterAll(() => sandbox.close());

  const start = (words: readonly string[] = []): ChildProcessWithoutNullStreams => {
    const [command = '', ...args] = words.map((word) => (word.startsWith('/') ? join(root(), word) : word));
    return spawn(command, args, { cwd: root(), env });
  };

  it('serves, is healthy, cancels, and ends in time at the signal of the image', async () => {
    const before = filesOutsideData(root());
    const server = start([...entry, ...(lastOf(image, 'CMD')?.words ?? [])]);
    const ended = finish(server);
    await outputOf(server, /listens on/);
    expect(await finish(start(check))).toMatchObject({ code: 0, stderr: '' });
    const id = sandbox.providers.ionq.addJob({ state: 'running', settlesInMs: 0 });
    const answer = await fetch(`http://127.0.0.1:${port}/v1/providers/ionq/jobs/${id}/cancel`, {
      method: 'POST',
      headers: { authorization: 'Bearer a-token-for-the-tests' },
    });
    expect(await answer.json()).toMatchObject({ outcome: 'cancelled' });
    const asked = Date.now();
    server.kill('SIGTERM');
    expect(await ended).toMatchObject({ code: 0 });
    expect(Date.now() - asked).toBeLessThan(10_000);
    expect((await finish(start(check))).code).toBe(1);
    expect(filesOutsideData(root())).toEqual(before);
    expect(readdirSync(join(root(), dataFolder))).toContain('calloff.sqlite');
  });
}

function filesOutsideData(root: string): string[] {
  const files = readdirSync(root, { recursive: true, encoding: 'utf8' });
  return files.filter((file) => !`/${file}`.startsWith(`${dataFolder}/`)).toSorted();
}

// A run that has just built takes the bundle of that; a soak builds as the Dockerfile does.
describe.skipIf(freshCommand() === undefined)('the image, put together from the bundle', () => {
  let root: string;
  beforeAll(() => {
    root = assembleImage(stages, freshFolder(), takeBuilt);
  });
  runsInFolder(() => root);
});

inSoak(() =>
  describe('the image, built by the commands of the Dockerfile', () => {
    let root: string;
    beforeAll(() => {
      root = assembleImage(stages, freshFolder(), buildInFolder);
    });
    runsInFolder(() => root);
  }),
);
