import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type Sandbox, startSandbox } from '../../sandbox/sandbox.ts';
import { mayAll, newToken } from '../support/configuration.ts';
import { runInProcess } from '../support/process/in-process.ts';
import { bareEnvironment, run } from '../support/process/run.ts';
import { freshFolder } from '../support/process/temporary.ts';
import { inSoak } from '../support/thorough.ts';

let sandbox: Sandbox;
let folder: string;
let path: string;
const secret = `whsec_${Buffer.alloc(32, 7).toString('base64')}`;
let soon: ReturnType<typeof newToken>;

const environment = () =>
  bareEnvironment({ CALLOFF_CONFIG: path, RESEARCH_KEY: sandbox.providers.sutro.apiKey, HOOK: secret });
const calloff = (...args: string[]) => runInProcess(args, { env: environment() });

beforeAll(async () => {
  sandbox = await startSandbox({ control: false });
  folder = await mkdtemp(join(tmpdir(), 'calloff-'));
  path = join(folder, 'calloff.json');
});

afterAll(async () => {
  await sandbox.close();
  await rm(folder, { recursive: true });
});

beforeEach(async () => {
  const { baseUrl } = sandbox.providers.sutro;
  soon = newToken(new Date(Date.now() + 86_400_000).toISOString());
  const late = newToken(new Date(Date.now() + 30 * 86_400_000).toISOString());
  const document = {
    connections: { research: { provider: 'sutro', base_url: baseUrl, api_key_env: 'RESEARCH_KEY' } },
    callers: { ada: { kind: 'person', tokens: [soon.entry, late.entry, newToken().entry], may: mayAll } },
    webhook: { url: 'https://hooks.example/path?sig=canary', secret_env: 'HOOK' },
  };
  await writeFile(path, JSON.stringify(document));
});

describe('a command with a configuration file', () => {
  it('knows the connections of the file, and no others', async () => {
    const id = sandbox.providers.sutro.addJob({ state: 'running' });
    const { code, stdout } = await calloff('cancel', 'research', id);
    expect(JSON.parse(stdout).outcomes[0]).toMatchObject({ provider: 'research', outcome: 'cancelled' });
    expect(code).toBe(0);
    expect((await calloff('cancel', 'ionq', id)).stderr).toContain('must be one of research');
  });

  it('is checked by the doctor, who counts what is in it', async () => {
    const { code, stdout } = await calloff('doctor');
    const { configuration, connections } = JSON.parse(stdout);
    expect(configuration).toEqual({
      file: 'calloff.json',
      connections: 1,
      callers: 1,
      tokens: 3,
      expiring: [soon.id],
      webhook: { origin: 'https://hooks.example', keys: 1 },
    });
    expect(connections.map(({ provider }: { provider: string }) => provider)).toEqual(['research']);
    expect(code).toBe(0);
  });

  it('ends with 2 where the file has faults, and names them all', async () => {
    await writeFile(
      path,
      '{"connections": {"a": {"provider": "ionq", "api_key_env": "UNSET"}}, "cli": {"may": {"connections": ["b"], "actions": ["list"]}}}',
    );
    for (const command of ['doctor', 'list', 'mcp']) {
      const { code, stdout, stderr } = await (command === 'mcp'
        ? run('cli/main.ts', ['mcp'], environment())
        : calloff(command));
      // A host of `calloff mcp` keeps what it says in its log.
      const [first, lead, last] =
        command === 'mcp'
          ? ['calloff cannot start:', '  - ', '']
          : [
              'Error: calloff cannot start.',
              '  ',
              'Next step: Correct these settings, then run the command again. docs/settings.md describes them.\n',
            ];
      expect(stderr).toBe(
        [
          first,
          `${lead}connections.a.api_key_env names a variable that is empty or not set`,
          `${lead}cli.may.connections[0] does not match any connection`,
          last,
        ].join('\n'),
      );
      expect([code, stdout]).toEqual([2, '']);
    }
  });

  // In npm test, `calloff mcp` stands for what runs on.
  inSoak(() => {
    it('ends a server with 2, too, where the file has faults', async () => {
      await writeFile(path, '{"connections": {"a": {"provider": "ionq", "api_key_env": "UNSET"}}}');
      const { code, stderr } = await run('functions/serve.ts', [], environment());
      expect([code, stderr]).toEqual([
        2,
        expect.stringContaining('connections.a.api_key_env names a variable'),
      ]);
    });
  });
});

describe('a store that cannot be used', () => {
  it.each<[string, (database: DatabaseSync, store: string) => unknown, RegExp]>([
    [
      'is of a newer calloff',
      (database) => database.exec('PRAGMA user_version = 99'),
      /was written by a newer version of calloff .*\. Next step: Update calloff, or run "calloff restore" with a copy of the store from before/,
    ],
    [
      'is no database',
      (_, store) => writeFile(store, 'x'.repeat(9_000)),
      /the file is not a database\. Next step: Stop every calloff on this machine, then run "calloff restore" with a copy/,
    ],
  ])(
    'because it %s, is told with what to do about it, and not as a fault of the settings',
    async (_why, spoil, said) => {
      const data = freshFolder();
      await mkdir(data, { recursive: true });
      const store = join(data, 'calloff.sqlite');
      const database = new DatabaseSync(store);
      await spoil(database, store);
      database.close();
      const env = { ...bareEnvironment(), CALLOFF_DATA_DIR: data };
      const { code, stderr } = await runInProcess(['operations'], { env });
      expect(stderr.replaceAll(/\s+/g, ' ')).toMatch(said);
      expect(stderr).not.toContain('settings');
      expect(code).toBe(2);
    },
  );
});
