import { copyFile, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { Server } from 'node:http';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import * as z from 'zod';
import { startServer } from '../../functions/http/server.ts';
import { settingsToListen } from '../../functions/serve.ts';
import * as exported from '../../shared/adapter-exports.ts';
import { silentLog } from '../../shared/lib/log.ts';
import { openLocal } from '../../shared/local-gateway.ts';
import { mayAll, newToken, pepper, writeConfiguration } from '../support/configuration.ts';
import { page, sectionOf } from '../support/documents.ts';
import { runInProcess } from '../support/process/in-process.ts';
import { overHttp } from '../support/surfaces/mcp-client.ts';
import { casesAt, inSoak } from '../support/thorough.ts';

const example = resolve('examples/own-adapter');

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'calloff-'));
  await copyFile(`${example}/nimbus.fixtures.mjs`, join(folder, 'nimbus.fixtures.mjs'));
});
afterAll(() => rm(folder, { recursive: true }));

/** Tries the adapter of the example with one part of its text replaced by another. */
async function tryWith(from: string, to: string, file: string) {
  const text = await readFile(`${example}/nimbus.mjs`, 'utf8');
  expect(text).toContain(from);
  await writeFile(join(folder, file), text.replaceAll(from, to));
  const args = ['test-adapter', join(folder, file), '--fixtures', join(folder, 'nimbus.fixtures.mjs')];
  const env = { COLUMNS: '80', NO_COLOR: '1' };
  return runInProcess(args, { env, isTerminal: true });
}

describe('calloff test-adapter', () => {
  it('says of the example that it keeps every law', async () => {
    const { code, stdout, stderr } = await runInProcess(['test-adapter', `${example}/nimbus.mjs`], {
      env: {},
    });
    expect([code, stderr]).toEqual([0, '']);
    const { laws } = z
      .object({ provider: z.literal('nimbus'), laws: z.array(z.object({ holds: z.boolean() })) })
      .parse(JSON.parse(stdout));
    expect(laws.filter(({ holds }) => !holds)).toEqual([]);
    expect(laws.length).toBeGreaterThan(30);
  });

  it.each(
    casesAt(
      [
        [
          'guesses at a word',
          '...readStateWord(stateOf, data.status)',
          "...readStateWord(stateOf, data.status), state: stateOf.get(data.status) ?? 'running'",
          'reads a status word it has never seen as unknown',
        ],
        [
          'believes any 404',
          'status === 404 && missingSchema.safeParse(body).success',
          'status === 404 && body !== 1',
          'never takes a 404 of anyone else for "no such job"',
        ],
        [
          'throws',
          'jobSchema.safeParse(value)',
          '{ data: jobSchema.parse(value) }',
          'has a reading for any status and any JSON, and never throws',
        ],
      ],
      1,
    ),
  )('says where an adapter that %s breaks which law, and what to do', async (how, from, to, law) => {
    const { code, stdout } = await tryWith(from, to, `${how.replaceAll(' ', '-')}.mjs`);
    expect(code).toBe(1);
    const text = stdout.replaceAll(/\s+/g, ' ');
    expect(text).toContain(`Does not hold: it ${law}.`);
    expect(text).toContain('What to do: ');
    expect(text).toMatch(/The adapter nimbus keeps \d+ of \d+ laws\./);
    expect(stdout.split('\n').filter((line) => line.length > 80)).toEqual([]);
  });

  // In npm test, the adapter that breaks a law stands for these.
  inSoak(() => {
    it('says how a path is made, if one is only a text', async () => {
      const asText = await tryWith('path: path`/jobs`', "path: '/jobs'", 'text.mjs');
      expect(asText.stdout.replaceAll(/\s+/g, ' ')).toContain(
        'it threw TypeError: the path of a request must be made by the template path of calloff/adapter: it is no text',
      );
    });

    it('says that a reading is missing', async () => {
      const unread = await tryWith('read: readStatus', 'read: () => undefined', 'unread.mjs');
      expect(unread.stdout.replaceAll(/\s+/g, ' ')).toContain(
        'already_cancelled: status read as nothing, not',
      );
    });
  });

  it('names all that a file lacks, one line each', async () => {
    const { code, stderr } = await tryWith("displayName: 'Nimbus',", '', 'nameless.mjs');
    expect([code, stderr.replaceAll(/\s+/g, ' ')]).toEqual([
      2,
      expect.stringContaining('nameless.mjs: displayName is missing: it must be a text.'),
    ]);
    await writeFile(
      join(folder, 'empty.mjs'),
      'export const fixtures = { reopen: 1, scenarios: { accepted: [{ curser: "2" }], acepted: [] } };',
    );
    const args = ['test-adapter', `${example}/nimbus.mjs`, '--fixtures', join(folder, 'empty.mjs')];
    const empty = await runInProcess(args, { env: {} });
    const lines = empty.stderr.split('\n').map((line) => line.replace(/^.*empty\.mjs: /, ''));
    expect(empty.code).toBe(2);
    expect(lines).toContain('jobId is missing: it must be a text.');
    expect(lines).toContain('scenarios.accepted[0].reading is missing: it must have a kind.');
    const unknown = ['reopen', 'scenarios.acepted', 'scenarios.accepted[0].curser'];
    for (const member of unknown)
      expect(lines).toContain(`${member} is unknown to this calloff: correct the name, or take it out.`);
    expect(lines).toContain(
      'scenarios.list_page is missing: it must be a list of exchanges, or { notApplicable: why }.',
    );
  });
});

/** A server of calloff on a configuration with one caller, ended after the work. */
async function served<Value>(config: object, work: (at: { url: string; token: string }) => Promise<Value>) {
  const { token, entry } = newToken();
  const callers = { ada: { kind: 'person', tokens: [entry], may: mayAll } };
  const settings = settingsToListen({
    CALLOFF_CONFIG: writeConfiguration({ ...config, callers }),
    ...{ CALLOFF_DATA_DIR: join(folder, 'served'), CALLOFF_PEPPER: pepper, PORT: '0' },
  });
  const server = await startServer(settings, await openLocal(settings, { log: silentLog }), silentLog);
  return work({ url: server.url, token }).finally(() => server.stop());
}

describe('an adapter with places', () => {
  const placed = (values: string) =>
    `import { path } from 'calloff/adapter'; import { nimbus } from '${example}/nimbus.mjs';
export const stratus = { place: ['team'], adapterAt: ({ team }) => ({ ...nimbus, id: 'stratus',
  options: [{ name: 'team', variable: 'TEAM', meaning: 'the team', values: ${values}, fault: 'must be a team' }],
  status: { ...nimbus.status, request: (id) => ({ method: 'GET', path: path\`/teams/\${team}/\${id}\` }) } }) };`;
  const tryPlaced = async (values: string, options: string) => {
    const name = `placed-${values.length}-${options.length}`;
    await writeFile(join(folder, `${name}.mjs`), placed(values));
    await writeFile(
      join(folder, `${name}.fixtures.mjs`),
      `import { fixtures } from '${example}/nimbus.fixtures.mjs'; export const own = { ...fixtures, options: ${options} };`,
    );
    return runInProcess(['test-adapter', join(folder, `${name}.mjs`)], { env: {} });
  };

  it('is tried at the place of its fixtures, which must have one', async () => {
    const { code, stderr } = await tryPlaced('/^[a-z]+$/', '{}');
    expect([code, stderr]).toEqual([
      2,
      expect.stringContaining(
        'fixtures.mjs: options must have team: the place of the jobs in the exchanges.',
      ),
    ]);
  });

  const values = [
    ['/^[a-z]{1,20}$/', true],
    ['/./', false],
  ] as const;
  it.each(casesAt(values, 1))('whose values are %s keeps within its place: %s', async (values, holds) => {
    const { stdout } = await tryPlaced(values, "{ team: 'ml' }");
    const { laws } = z
      .object({ laws: z.array(z.object({ law: z.string(), holds: z.boolean() })) })
      .parse(JSON.parse(stdout));
    expect(laws.find(({ law }) => law === 'never leads elsewhere by a place')?.holds).toBe(holds);
  });
});

describe('docs/your-own-adapter.md', () => {
  const document = page('docs/your-own-adapter.md');
  const namesIn = (text: string) => [...text.matchAll(/`(\w+)`/g)].map(([, name = '']) => name);
  const firstCells = (text: string) => text.split('\n').map((line) => line.split(' | ', 1).join(''));

  it('says what each scenario is, and of no other', () => {
    const rows = firstCells(sectionOf(document, 'Scenarios')).filter((cell) => cell.startsWith('| `'));
    expect(namesIn(rows.join()).toSorted()).toEqual(exported.scenarios.toSorted());
  });

  it('names only what there is to import, and all that the example imports', async () => {
    const rows = firstCells(sectionOf(document, 'What an adapter is')).filter((cell) =>
      cell.startsWith('| `'),
    );
    const named = rows.slice(1).flatMap(namesIn);
    expect(named.filter((name) => !(name in exported))).toEqual([]);
    const [, imported = ''] =
      /import \{([^}]+)\}/.exec(await readFile(`${example}/nimbus.mjs`, 'utf8')) ?? [];
    expect(named).toEqual(expect.arrayContaining([...imported.matchAll(/\w+/g)].map(([name]) => name)));
  });
});

describe('the example', () => {
  const file = `${example}/server.mjs`;
  let server: Server;
  let config: string;
  beforeAll(async () => {
    const exported: unknown = await import(file);
    ({ server } = z.object({ server: z.instanceof(Server) }).parse(exported));
    await new Promise<void>((listening) => {
      server.listen(0, '127.0.0.1', listening);
    });
    const { port } = z.object({ port: z.number() }).parse(server.address());
    const text = await readFile(`${example}/calloff.json`, 'utf8');
    config = join(folder, 'calloff.json');
    await writeFile(
      config,
      text.replace('./nimbus.mjs', `${example}/nimbus.mjs`).replace('8790', String(port)),
    );
  });
  afterAll(() => {
    server.close();
  });

  /** What a command prints, as JSON. */
  async function calloff(...args: string[]): Promise<unknown> {
    const env = {
      CALLOFF_CONFIG: config,
      NIMBUS_API_KEY: 'nimbus-key',
      CALLOFF_DATA_DIR: join(folder, 'data'),
    };
    const { code, stdout, stderr } = await runInProcess(args, { env });
    expect([code, stderr]).toEqual([0, '']);
    return args[0] === 'completion' ? stdout : JSON.parse(stdout);
  }

  it('is served over HTTP and MCP as any provider', async () => {
    const { connections, adapters } = z
      .object({
        connections: z.object({ nimbus: z.object({ base_url: z.string() }) }),
        adapters: z.unknown(),
      })
      .parse(JSON.parse(await readFile(config, 'utf8')));
    const nimbus = { ...connections.nimbus, provider: 'nimbus', api_key: 'nimbus-key' };
    await served({ adapters, connections: { nimbus } }, async ({ url, token }) => {
      const get = async (path: string, method = 'GET') => {
        const headers = { authorization: `Bearer ${token}` };
        return (await fetch(`${url}/v1/${path}`, { method, headers })).json();
      };
      expect(await get('jobs?provider=nimbus')).toMatchObject({ partial: false, unavailable: [] });
      expect(await get('providers/nimbus/jobs/job-3')).toMatchObject({ state: 'completed' });
      const path = 'providers/nimbus/jobs/job-2/cancel';
      expect(await get(path, 'POST')).toMatchObject({ outcome: 'cancelled', provider: 'nimbus' });
      expect(await get('audit?connection=nimbus')).toMatchObject({ entries: [{ job_id: 'job-2' }] });
      const client = await overHttp({ url, token });
      const told = await client.call('cancel_job', { provider: 'nimbus', job_id: 'job-3' });
      expect(told.structured).toMatchObject({ outcome: 'already_finished', provider: 'nimbus' });
      const listed = await client.call('list_jobs', { provider: 'nimbus' });
      expect(listed.text).toContain('nimbus');
      await client.close();
    });
  });

  it('lists, checks and cancels jobs of a provider that calloff does not know, and the shell completes its name', async () => {
    expect(await calloff('list')).toMatchObject({ jobs: [{ job_id: 'job-1' }] });
    expect(await calloff('get', 'nimbus', 'job-2')).toMatchObject({ state: 'cancelled', owner: 'ada' });
    expect(await calloff('cancel', 'nimbus', 'job-1')).toMatchObject({
      outcomes: [{ outcome: 'cancelled', evidence: { provider_status: 'STOPPED' } }],
    });
    expect(await calloff('completion', 'bash')).toContain('nimbus');
  });
});
