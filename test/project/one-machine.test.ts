import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { chmodSync, copyFileSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { delimiter, join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import * as z from 'zod';
import { type Sandbox, startSandbox } from '../../sandbox/sandbox.ts';
import { defaultBudgetMs, readSettings } from '../../shared/config/settings.ts';
import { largestDocument } from '../../shared/lib/json.ts';
import { fences, page, sectionOf } from '../support/documents.ts';
import { freePort } from '../support/network/free-port.ts';
import { paste } from '../support/process/demo.ts';
import { bareEnvironment, type Finished, finish, outputOf, programOf } from '../support/process/run.ts';
import { freshFolder } from '../support/process/temporary.ts';
import { runs } from '../support/thorough.ts';

/** docs/deploy.md, "On one machine", followed to the letter in an empty folder in the place of the root of the machine. */
const deploy = page('docs/deploy.md');
const machine = sectionOf(deploy, 'On one machine');
const [install = '', folders = '', tokens = '', doctor = '', service = '', firstCancel = ''] = fences(
  machine,
  'sh',
);
const [callers = ''] = fences(machine, 'json');
const [unitFile = ''] = fences(machine, 'ini');
const unit = settingsOf(unitFile);

/** Every value of each key of a unit file, in its order. */
function settingsOf(text: string): ReadonlyMap<string, readonly string[]> {
  const lines = text.split('\n').filter((line) => line !== '' && !/^[#;[]/.test(line));
  const pairs = lines.map((line) => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)]);
  return new Map(
    [...Map.groupBy(pairs, ([key]) => key ?? '')].map(([key, same]) => [
      key,
      same.map(([, value = '']) => value),
    ]),
  );
}

const lastSetting = (key: string) => unit.get(key)?.at(-1) ?? '';

/** What needs a machine of one's own, by commands that do their part of it within the folder. */
const standIns = {
  sudo: '[ "$1" = -u ] && shift 2; exec "$@"',
  useradd: 'exit 0',
  install:
    's=; for a; do shift; case $s,$a in skip,*) s=;; ,-o|,-g) s=skip;; *) set -- "$@" "$a";; esac; done; PATH=$TRUE_PATH; exec install "$@"',
  systemctl: 'echo "systemctl $*"',
  'systemd-analyze': 'echo "systemd-analyze $*"',
  npm: `if [ "$1" = install ]; then mkdir -p "$4/bin"; printf '%s' "$CALLOFF" > "$4/bin/calloff"; chmod 755 "$4/bin/calloff"; else echo "npm $*"; fi`,
} as const;

const outside = /\/(?:etc\/(?:calloff|systemd)|var\/lib\/calloff|opt\/calloff|usr\/local\/bin\/calloff)/g;
const root = freshFolder();
const inRoot = (text: string) => text.replaceAll(outside, (path) => `${root}${path}`);
const clone = join(root, 'clone');
let env: Record<string, string>;

/** Runs lines in the clone, as they stand there. */
function follow(lines: string, typed = ''): Promise<Finished> {
  const shell = spawn('sh', ['-ec', inRoot(lines)], { cwd: clone, env });
  shell.stdin.end(typed);
  return finish(shell);
}

function layOutMachine(): void {
  for (const folder of ['clone', 'bin', 'etc/systemd/system', 'var/lib', 'usr/local/bin'])
    mkdirSync(join(root, folder), { recursive: true });
  copyFileSync('package.json', join(clone, 'package.json'));
  for (const [name, script] of Object.entries(standIns)) {
    writeFileSync(join(root, 'bin', name), `#!/bin/sh\n${script}\n`);
    chmodSync(join(root, 'bin', name), 0o755);
  }
  const { PATH = '' } = bareEnvironment();
  const command = `#!/bin/sh\nexec '${process.execPath}' '${resolve(programOf('cli/main.ts'))}' "$@"\n`;
  const paths = {
    TRUE_PATH: PATH,
    PATH: [join(root, 'bin'), join(root, 'usr/local/bin'), PATH].join(delimiter),
  };
  env = { ...bareEnvironment(), ...paths, CALLOFF: command };
}

describe.skipIf(process.platform === 'win32')('docs/deploy.md, "On one machine"', () => {
  let sandbox: Sandbox;
  let made: string[];
  beforeAll(async () => {
    sandbox = await startSandbox({ demo: true, control: false });
    layOutMachine();
  });
  afterAll(() => sandbox.close());

  it('installs a version in a folder of its own, and makes what only some may read', async () => {
    const [packed, put] = [
      await follow(install),
      await follow(folders, `${sandbox.providers.ionq.apiKey}\n`),
    ];
    expect([packed.code, packed.stderr, put.code, put.stderr]).toEqual([0, '', 0, '']);
    const mode = (path: string) => (statSync(join(root, path)).mode & 0o777).toString(8);
    expect(
      ['etc/calloff', 'var/lib/calloff', 'etc/calloff/secrets', 'etc/calloff/secrets/ionq_api_key'].map(mode),
    ).toEqual(['750', '700', '700', '600']);
  });

  it('makes a token for each caller of the configuration that it shows, and finds no fault in it', async () => {
    writeFileSync(join(clone, 'calloff.json'), callers);
    const named = [...tokens.matchAll(/token create (\S+)/g)].map(([, name]) => name);
    expect(named).toEqual(Object.keys(JSON.parse(callers).callers));
    // Each is a process of its own, and alike: `npm test` makes the first.
    const count = runs(named.length, 1);
    const told = await follow(
      tokens
        .split('calloff_admin token')
        .slice(0, count + 1)
        .join('calloff_admin token'),
    );
    made = told.stdout.trim().split('\n');
    const oneToken = expect.stringMatching(/^calloff_\w+$/);
    expect([told.code, made]).toEqual([0, Array.from({ length: count }, () => oneToken)]);
    env = { ...env, IONQ_BASE_URL: sandbox.providers.ionq.baseUrl };
    const checked = await follow(doctor);
    expect([checked.code, JSON.parse(checked.stdout).configuration]).toEqual([
      0,
      { file: 'calloff.json', connections: 4, callers: 3, tokens: count, expiring: [] },
    ]);
  });

  it('starts the service as its unit does, cancels a job, and stops it in the time that the unit allows', async () => {
    const [port, credentials] = [String(await freePort()), join(root, 'credentials')];
    mkdirSync(credentials);
    for (const [name = '', path = ''] of (unit.get('LoadCredential') ?? []).map((each) => each.split(':')))
      copyFileSync(inRoot(path), join(credentials, name));
    const variables = (unit.get('Environment') ?? []).flatMap((line) => line.split(' '));
    const set = Object.fromEntries(
      variables.map((each) => inRoot(each.replace('%d', credentials)).split('=')),
    );
    const [command = '', ...args] = inRoot(lastSetting('ExecStart')).split(' ');
    const server = spawn(command, args, { env: { ...env, ...set, PORT: port, CALLOFF_METRICS_PORT: '0' } });
    const ended = finish(server);
    await outputOf(server, /listens on/);
    await paste(lastSetting('ExecStartPost').replace(':8787', `:${port}`));
    env = { ...env, ADA: made[0] ?? '' };
    const asked = firstCancel.replaceAll('https://calloff.example.org', `http://127.0.0.1:${port}`);
    const { stdout } = await follow(asked.replaceAll('\ncurl', '\nprintf "\\036"; curl'));
    const [list = '', cancel = '', audit = ''] = stdout.split('\u{1e}');
    expect(JSON.parse(list)).toMatchObject({
      jobs: expect.arrayContaining([expect.objectContaining({ provider: 'ionq' })]),
    });
    expect(JSON.parse(cancel)).toMatchObject({ provider: 'ionq', outcome: 'cancelled' });
    expect(audit).toMatch(/"caller":"ada".*"reason":"first cancel".*"outcome":"cancelled"/);
    const stoppedAt = performance.now();
    server.kill('SIGTERM');
    expect((await ended).code).toBe(0);
    expect(performance.now() - stoppedAt).toBeLessThan(Number(lastSetting('TimeoutStopSec')) * 1_000);
  });
});

describe('the unit of systemd', () => {
  it('runs what was installed, gives it time to end, and does not restart what cannot start', () => {
    expect(install).toContain(` ${lastSetting('ExecStart').split(' ')[0]}\n`);
    expect(Number(lastSetting('TimeoutStopSec'))).toBeGreaterThan(10);
    expect([lastSetting('Restart'), lastSetting('RestartPreventExitStatus')]).toEqual(['always', '2']);
    expect(lastSetting('StateDirectory')).toBe('calloff');
    expect(service).toContain('systemctl enable --now calloff\n');
  });

  it('hands over each secret as a credential, and holds none', () => {
    const names = (unit.get('LoadCredential') ?? []).map((each) => each.split(':')[0]);
    expect([...unitFile.matchAll(/(\w+)=%d\/(\w+)/g)].map(([, variable, name]) => [variable, name])).toEqual(
      names.map((name) => [`${name?.toUpperCase()}_FILE`, name]),
    );
  });

  it.skipIf(!hasSystemd())('is one that systemd itself finds no fault in', () => {
    const file = join(freshFolder(), 'calloff.service');
    mkdirSync(join(file, '..'), { recursive: true });
    writeFileSync(file, unitFile.replace(lastSetting('ExecStart'), process.execPath));
    const { status, stderr } = spawnSync('systemd-analyze', ['verify', file], { encoding: 'utf8' });
    expect([status, stderr]).toEqual([0, '']);
  });
});

function hasSystemd(): boolean {
  try {
    return (
      Number(/\d+/.exec(execFileSync('systemd-analyze', ['--version'], { encoding: 'utf8' }))?.[0]) >= 250
    );
  } catch {
    return false;
  }
}

describe('the proxies in front', () => {
  const [nginx = ''] = fences(machine, 'nginx');
  const said = (name: string) => new RegExp(`^\\s*${name} +([^;]+);$`, 'm').exec(nginx)?.[1] ?? '';

  it('nginx lets every body through, waits for every answer, and holds no stream back', () => {
    expect(Number.parseInt(said('client_max_body_size'), 10) * 1_048_576).toBeGreaterThan(largestDocument);
    expect(Number.parseInt(said('proxy_read_timeout'), 10) * 1_000).toBeGreaterThan(defaultBudgetMs + 10_000);
    expect([said('proxy_buffering'), said('proxy_http_version'), said('proxy_pass')]).toEqual([
      ...['off', '1.1'],
      `http://${readSettings({}).host}:${readSettings({}).port}`,
    ]);
    expect(nginx.split('{').length).toBe(nginx.split('}').length);
    const lines = nginx.split('\n').map((line) => line.trim());
    expect(lines.filter((line) => line !== '' && !/^#|[;{}]$/.test(line))).toEqual([]);
  });

  it('let go of idle connections before calloff does, so that no request goes into one that it closes', () => {
    // https://caddyserver.com/docs/caddyfile/directives/reverse_proxy#the-http-transport
    expect(readSettings({}).keepAliveMs).toBeGreaterThan(120_000);
  });

  it('lead to the address of the unit', () => {
    const [caddy = ''] = fences(machine, 'text');
    const name = new URL(/CALLOFF_PUBLIC_URL=(\S+)/.exec(unitFile)?.[1] ?? '').hostname;
    expect(caddy).toBe(`${name} {\n\treverse_proxy 127.0.0.1:8787\n}\n`);
    expect(said('server_name')).toBe(name);
  });
});

const podSchema = z.object({
  terminationGracePeriodSeconds: z.number().min(11),
  securityContext: z.object({ runAsUser: z.literal(65_532), fsGroup: z.literal(65_532) }),
  containers: z.tuple([
    z.object({
      livenessProbe: z.object({ httpGet: z.object({ path: z.literal('/healthz') }) }),
      readinessProbe: z.object({ httpGet: z.object({ path: z.literal('/readyz') }) }),
      securityContext: z.object({ readOnlyRootFilesystem: z.literal(true) }),
      env: z.array(z.object({ name: z.string(), value: z.string() })),
      volumeMounts: z.array(z.object({ name: z.string(), mountPath: z.string() })),
    }),
  ]),
  volumes: z.array(z.object({ name: z.string() })),
});
const setSchema = z.object({
  kind: z.literal('StatefulSet'),
  spec: z.object({
    replicas: z.literal(1),
    template: z.object({ spec: podSchema }),
    volumeClaimTemplates: z.tuple([z.object({ metadata: z.object({ name: z.string() }) })]),
  }),
});

describe('the pod of Kubernetes', () => {
  it('is one, as the user of the image, with the right probes, and mounts what it names', () => {
    const [text = ''] = fences(sectionOf(deploy, 'In Kubernetes'), 'yaml');
    const { spec } = setSchema.parse(parse(text));
    const pod = spec.template.spec;
    const [{ env: variables, volumeMounts }] = pod.containers;
    const volumes = [
      ...spec.volumeClaimTemplates.map(({ metadata }) => metadata.name),
      ...pod.volumes.map(({ name }) => name),
    ];
    expect(volumeMounts.map(({ name }) => name).toSorted()).toEqual(volumes.toSorted());
    const folders = volumeMounts.map(({ mountPath }) => mountPath);
    for (const { value } of variables.filter(({ value }) => value.startsWith('/')))
      expect(folders.some((folder) => value.startsWith(`${folder}/`))).toBe(true);
    expect(folders).toContain(/CALLOFF_DATA_DIR=(\S+)/.exec(readFileSync('Dockerfile', 'utf8'))?.[1]);
  });
});

const composeSchema = z.object({
  services: z.object({ calloff: z.object({ volumes: z.array(z.string()) }) }),
  secrets: z.record(z.string(), z.object({ file: z.string() })).optional(),
});

describe.skipIf(process.platform === 'win32')('the container', () => {
  const section = sectionOf(deploy, 'In a container');
  const compose = composeSchema.parse(parse(readFileSync('compose.yaml', 'utf8')));

  it('gets its secrets by files that its user may read, and other users of the machine may not', async () => {
    const [commands = ''] = fences(section, 'sh');
    mkdirSync(clone, { recursive: true });
    env = bareEnvironment();
    const { code, stderr } = await follow(commands.slice(0, commands.indexOf('docker ')), 'a-key-of-ionq\n');
    expect([code, stderr]).toEqual([0, '']);
    const modeOf = (path: string) => (statSync(join(clone, path)).mode & 0o777).toString(8);
    expect(modeOf('secrets')).toBe('700');
    const files = Object.values(compose.secrets ?? {}).map(({ file }) => file);
    expect(files.map((file) => [file, modeOf(file)])).toEqual(files.map((file) => [file, '644']));
    const settings = readSettings({
      CALLOFF_TOKEN_FILE: join(clone, 'secrets/calloff_token'),
      IONQ_API_KEY_FILE: join(clone, 'secrets/ionq_api_key'),
    });
    expect(settings.token).toMatch(/^\S{44}$/);
    expect(settings.connections.find(({ name }) => name === 'ionq')?.apiKey).toBe('a-key-of-ionq');
  });

  it('keeps its data if a folder with the configuration is mounted', () => {
    const [more = ''] = fences(section, 'yaml');
    const { volumes } = composeSchema.parse(parse(more)).services.calloff;
    expect(volumes).toEqual([...compose.services.calloff.volumes, './config:/etc/calloff:ro']);
    expect(section).toContain('CALLOFF_CONFIG: /etc/calloff/calloff.json');
  });
});
