import { spawnSync } from 'node:child_process';
import { chmod, mkdtemp, readdir, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { callersByToken } from '../../shared/access/authenticator.ts';
import { skipKeyResolution } from '../../shared/config/file/connection-keys.ts';
import { readConfiguration } from '../../shared/config/file/read.ts';
import { readSettings } from '../../shared/config/settings.ts';
import { systemClock } from '../../shared/lib/clock.ts';
import { mayAll, pepper } from '../support/configuration.ts';
import { runInProcess } from '../support/process/in-process.ts';
import { bareEnvironment, programOf, run } from '../support/process/run.ts';
import { runs } from '../support/thorough.ts';

const tokenForm = /^calloff_[0-9A-Za-z]{8}_[0-9A-Za-z]{38}\n$/;

let folder: string;
let path: string;
let environment: Record<string, string>;

const calloff = (...args: string[]) => runInProcess(args, { env: environment });
const read = () => readFile(path, 'utf8');

/** Who presents this token, by the file as it is now. */
async function whoHas(token: string, secret = pepper): Promise<string> {
  const { tokens } = readConfiguration(await read(), { settings: readSettings({}), key: skipKeyResolution });
  const book = tokens === 'one' ? undefined : tokens;
  const callers = callersByToken({
    tokens: async () => book,
    pepper: async () => secret,
    clock: systemClock,
  });
  const identity = await callers.identify(`Bearer ${token.trim()}`);
  return typeof identity === 'string' ? identity : identity.id;
}

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'calloff-'));
  path = join(folder, 'calloff.json');
  environment = bareEnvironment({ CALLOFF_CONFIG: path, CALLOFF_PEPPER: pepper });
  await writeFile(
    path,
    JSON.stringify({
      protected_jobs: [{ name: 'x' }],
      connections: { ionq: { provider: 'ionq', api_key_env: 'NOT_SET_HERE' } },
      callers: {
        ada: { kind: 'person', may: mayAll },
        bob: { may: mayAll, kind: 'agent', tokens: [] },
      },
    }),
  );
  await chmod(path, 0o640);
});

afterEach(() => rm(folder, { recursive: true }));

describe('calloff token create', () => {
  it('takes a file that begins with a byte order mark, and a name that ends with a carriage return', async () => {
    await writeFile(path, `\ufeff${await read()}`);
    const { code, stdout } = await calloff('token', 'create', 'ada\r');
    expect([code, await whoHas(stdout)]).toEqual([0, 'ada']);
  });

  it('adds a token to the file, shows it once, and changes nothing else there', async () => {
    const before = JSON.parse(await read());
    const { code, stdout, stderr } = await calloff('token', 'create', 'ada');
    expect(stdout).toMatch(tokenForm);
    expect(stderr).toMatch(
      /^The token of ada, \w{8}, never expires, and is not shown again\. A running server accepts it within five seconds\.\n$/,
    );
    expect(code).toBe(0);
    const after = await read();
    expect(after).not.toContain(stdout.trim().slice(17));
    const { callers } = JSON.parse(after);
    expect({ ...JSON.parse(after), callers: { ...callers, ada: before.callers.ada } }).toEqual(before);
    expect(Object.keys(JSON.parse(after))).toEqual(Object.keys(before));
    expect(after).toBe(`${JSON.stringify(JSON.parse(after), null, 2)}\n`);
    expect((await stat(path)).mode & 0o777).toBe(0o640);
    expect(await readdir(folder)).toEqual(['calloff.json']);
    expect(await whoHas(stdout)).toBe('ada');
  });

  it('makes tokens that expire, and several for one caller', async () => {
    const first = await calloff('token', 'create', 'bob', '--expires', '90d');
    const second = await calloff('token', 'create', 'bob', '--expires', '12h');
    expect(first.stderr).toMatch(/expires at \d{4}-\d\d-\d\dT/);
    const expected = Date.now() + 90 * 86_400_000;
    const [{ expires_at }] = JSON.parse(await read()).callers.bob.tokens;
    expect(Math.abs(Date.parse(expires_at) - expected)).toBeLessThan(60_000);
    expect([await whoHas(first.stdout), await whoHas(second.stdout)]).toEqual(['bob', 'bob']);
  });

  it('makes the pepper in the data folder where none is set', async () => {
    const { CALLOFF_PEPPER: _, ...others } = environment;
    environment = { ...others, CALLOFF_DATA_DIR: join(folder, 'state') };
    const { stdout } = await calloff('token', 'create', 'ada');
    const made = (await readFile(join(folder, 'state', 'pepper'), 'utf8')).trim();
    expect(await whoHas(stdout, made)).toBe('ada');
    expect(await whoHas(stdout)).toBe('rejected');
  });

  it('only prints with --print, and needs no file then', async () => {
    const before = await read();
    const printed = await calloff('token', 'create', 'ada', '--print');
    expect(await read()).toBe(before);
    expect(printed.stdout).toMatch(tokenForm);
    expect(printed.stderr).toContain('callers.ada.tokens holds:');
    const entry = JSON.parse(printed.stderr.split('\n').at(-2) ?? '');
    const document = JSON.parse(before);
    document.callers.ada.tokens = [entry];
    await writeFile(path, JSON.stringify(document));
    expect(await whoHas(printed.stdout)).toBe('ada');
    environment = bareEnvironment({ CALLOFF_PEPPER: pepper });
    expect(await calloff('token', 'create', 'anyone', '--print')).toMatchObject({ code: 0 });
  });

  it('changes the file behind a link, and leaves the link', async () => {
    await symlink(path, join(folder, 'link.json'));
    environment = { ...environment, CALLOFF_CONFIG: join(folder, 'link.json') };
    const { stdout } = await calloff('token', 'create', 'ada');
    expect(await whoHas(stdout)).toBe('ada');
    expect((await readdir(folder)).sort()).toEqual(['calloff.json', 'link.json']);
  });

  it('loses none if several are made at once: the later command says so', async () => {
    const all = await Promise.all(
      Array.from({ length: runs(4, 2) }, () => run('cli/main.ts', ['token', 'create', 'ada'], environment)),
    );
    const made = all.filter(({ code }) => code === 0);
    expect(made.length).toBeGreaterThan(0);
    for (const { stdout } of made) expect(await whoHas(stdout)).toBe('ada');
    for (const { code, stdout, stderr } of all.filter(({ code }) => code !== 0)) {
      expect(stderr).toContain('remove');
      expect([code, stdout]).toEqual([2, '']);
    }
    expect(JSON.parse(await read()).callers.ada.tokens).toHaveLength(made.length);
  });

  it.each([
    [['token', 'create', 'eve'], /There is no caller eve in the configuration file; it has ada, bob\./],
    [['token', 'create', 'ada', '--expires', 'soon'], /whole number of minutes, hours or days/],
    [['token', 'create', 'ada', '--expires', '0d'], /longer than nothing/],
    [['token', 'revoke', 'AAAAAAAA'], /There is no token with this id/],
  ])('%j ends with 2, says why, and leaves the file as it is', async (args, message) => {
    const before = await read();
    const { code, stdout, stderr } = await calloff(...args);
    expect(stderr).toMatch(message);
    expect([code, stdout]).toEqual([2, '']);
    expect(await read()).toBe(before);
  });

  it('refuses a file with a fault, and names it', async () => {
    await writeFile(path, '{"callers": {"ada": {"kind": "person"}}}');
    const { code, stderr } = await calloff('token', 'create', 'ada');
    expect(stderr).toContain('callers.ada.may is missing');
    expect(code).toBe(2);
    environment = bareEnvironment();
    expect((await calloff('token', 'create', 'ada')).stderr).toContain('CALLOFF_CONFIG must name');
  });
});

/** Whether this machine lets us mount something, which takes rights that not everybody has. */
const canMount = spawnSync('unshare', ['-m', 'true']).status === 0;

describe.runIf(canMount)('a configuration that is mounted', () => {
  /** Runs commands where the file, or its folder, is mounted. */
  const within = (mount: string, ...args: string[]) => {
    const command = [process.execPath, programOf('cli/main.ts'), ...args]
      .map((word) => `'${word}'`)
      .join(' ');
    return spawnSync('unshare', ['-m', 'sh', '-c', `${mount} && ${command}`], {
      env: environment,
      encoding: 'utf8',
    });
  };

  it('as a single file is still changed, and others see it', async () => {
    const outside = join(folder, 'outside.json');
    await writeFile(outside, await read());
    const mount = `mount --bind '${outside}' '${path}'`;
    const { status, stdout, stderr } = within(mount, 'token', 'create', 'ada');
    expect([status, stderr]).toEqual([0, expect.stringContaining('is not shown again')]);
    await writeFile(path, await readFile(outside));
    expect(await whoHas(stdout)).toBe('ada');
    if (runs(1, 0) > 0) {
      expect(within(mount, 'token', 'revoke', stdout.slice(8, 16)).status).toBe(0);
      expect(await readFile(outside, 'utf8')).not.toContain(stdout.slice(8, 16));
    }
    expect((await readdir(folder)).sort()).toEqual(['calloff.json', 'outside.json']);
  });

  it('in a folder that is read-only is left alone, and what to do is said', async () => {
    const mount = `mount --bind '${folder}' '${folder}' && mount -o remount,bind,ro '${folder}'`;
    const before = await read();
    const { status, stdout, stderr } = within(mount, 'token', 'create', 'ada');
    expect([status, stdout, stderr]).toEqual([
      2,
      '',
      expect.stringMatching(/EROFS.*--print shows the text to paste/),
    ]);
    expect(await read()).toBe(before);
  });
});

describe('calloff token list and revoke', () => {
  it('shows whose tokens there are, and takes one away', async () => {
    const kept = (await calloff('token', 'create', 'ada')).stdout;
    const revoked = (await calloff('token', 'create', 'bob', '--expires', '1d')).stdout;
    const { tokens } = JSON.parse((await calloff('token', 'list')).stdout);
    expect(tokens).toEqual([
      { caller: 'ada', id: kept.slice(8, 16), expires_at: null, expired: false },
      { caller: 'bob', id: revoked.slice(8, 16), expires_at: expect.any(String), expired: false },
    ]);
    const { code, stdout } = await calloff('token', 'revoke', revoked.slice(8, 16));
    expect(stdout).toBe(`The token ${revoked.slice(8, 16)} of bob is revoked.\n`);
    expect(code).toBe(0);
    expect(await whoHas(revoked)).toBe('rejected');
    expect(await whoHas(kept)).toBe('ada');
  });
});
