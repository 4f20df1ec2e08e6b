import { chmodSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { loginFile } from '../../shared/config/client/login.ts';
import { mayAll } from '../support/configuration.ts';
import { freshFolder } from '../support/process/temporary.ts';
import { runWith } from '../support/surfaces/beside-a-server.ts';
import { openTestServer, type TestServer } from '../support/surfaces/test-server.ts';

let server: TestServer;
let environment: Record<string, string>;
let file: string;

beforeAll(async () => {
  server = await openTestServer({ ada: { kind: 'person', may: { ...mayAll, confirm_above: 3 } } });
});
beforeEach(() => {
  environment = { XDG_CONFIG_HOME: freshFolder(), HOME: freshFolder(), COLUMNS: '400', NO_COLOR: '1' };
  file = loginFile(environment);
});
afterAll(() => server.close());

const calloff = (line: string, typed?: string, isTerminal = false) =>
  runWith(environment, { args: line.split(' '), typed, isTerminal });

describe('calloff login', () => {
  it('keeps a token that the server accepts, for its user alone, and says what the caller may do', async () => {
    const token = server.tokenOf('ada');
    const { code, stdout, stderr } = await calloff(`login ${server.url}`, `${token}\n`, true);
    expect(code).toBe(0);
    expect(stdout).toContain(
      `Logged in to ${server.url} as ada (person).\nIt may list, cancel, confirm and audit;`,
    );
    expect(stdout).toContain('Beyond 3 jobs in ten minutes a cancel needs a confirmation.');
    expect(stdout + stderr).not.toContain(token);
    expect([statSync(file).mode & 0o777, statSync(dirname(file)).mode & 0o777]).toEqual([0o600, 0o700]);
    expect(JSON.parse(readFileSync(file, 'utf8'))).toEqual({ url: server.url, token });
    expect((await calloff('list')).code).toBe(0);
    expect((await calloff('logout')).stdout).toContain('Logged out.');
    expect((await calloff('logout')).stdout).toBe('There was no login.\n');
  });

  it('takes the token from standard input, and keeps none that the server does not accept', async () => {
    const wrong = await calloff(`login ${server.url} --token-stdin`, 'a-token-that-nobody-has');
    expect([wrong.code, wrong.stderr]).toEqual([1, expect.stringContaining('does not accept the token')]);
    expect(wrong.stderr).not.toContain('a-token-that-nobody-has');
    expect(() => statSync(file)).toThrow('ENOENT');
    expect((await calloff(`login ${server.url} --token-stdin`, server.tokenOf('ada'))).code).toBe(0);
  });

  it.each([
    ['login http://calloff.example.org --token-stdin', 'URL must begin with https://'],
    ['login https://ada:pw@calloff.example.org --token-stdin', 'must not contain a user name or password'],
    ['login https://calloff.example.org', 'There is no terminal to type the token at'],
    ['login https://calloff.example.org --token-stdin', 'The token must be 16 to 512'],
  ])('refuses %s', async (line, why) => {
    expect(await calloff(line, 'short')).toMatchObject({ code: 2, stderr: expect.stringContaining(why) });
  });

  it('is refused when other users can read its file, and when it holds something else', async () => {
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, JSON.stringify({ url: server.url, token: server.tokenOf('ada') }));
    chmodSync(file, 0o644);
    const open = await calloff('list');
    expect([open.code, open.stderr]).toEqual([2, expect.stringContaining('chmod 600')]);
    writeFileSync(file, '{"url": 1}');
    chmodSync(file, 0o600);
    expect((await calloff('list')).stderr).toContain('does not hold a login');
  });

  it('goes behind the environment, and sends its token to no other server', async () => {
    await calloff(`login ${server.url} --token-stdin`, server.tokenOf('ada'));
    environment = { ...environment, CALLOFF_URL: 'https://other.example.org' };
    expect(await calloff('list')).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('no token for it'),
    });
    for (const here of [{ CALLOFF_URL: 'none' }, { CALLOFF_DATA_DIR: join(freshFolder(), 'data') }]) {
      environment = {
        HOME: freshFolder(),
        XDG_CONFIG_HOME: dirname(dirname(file)),
        CALLOFF_DATA_DIR: freshFolder(),
        ...here,
      };
      expect((await calloff('audit --json')).stdout).toBe('');
    }
  });

  it('leaves the commands of this machine where they are: serve refuses, doctor says so', async () => {
    environment = { ...environment, CALLOFF_URL: server.url, CALLOFF_TOKEN: server.tokenOf('ada') };
    expect(await calloff('serve')).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('names another server'),
    });
    expect((await calloff('doctor')).stderr).toContain(`not about the server at ${server.url}`);
  });
});
