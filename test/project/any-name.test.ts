import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import * as z from 'zod';
import { type RunningServer, startServer } from '../../functions/http/server.ts';
import { type Sandbox, startSandbox } from '../../sandbox/sandbox.ts';
import { readSettings } from '../../shared/config/settings.ts';
import { type LogEntry, silentLog } from '../../shared/lib/log.ts';
import { openLocal } from '../../shared/local-gateway.ts';
import { mayAll, newToken, pepper, writeConfiguration } from '../support/configuration.ts';
import { runInProcess } from '../support/process/in-process.ts';
import { bareEnvironment } from '../support/process/run.ts';
import { freshFolder } from '../support/process/temporary.ts';
import { casesAt } from '../support/thorough.ts';

/** Whatever objects, lists, functions, maps and promises inherit: of these, what the schema of the file allows. */
const inherited = [Object, Array, Function, Map, Promise, String].flatMap((type) => [
  ...Object.getOwnPropertyNames(type),
  ...Object.getOwnPropertyNames(type.prototype),
]);
const connectionNames = [...new Set(inherited)].filter((name) => /^[a-z][a-z0-9-]{0,39}$/.test(name));
/** Those of every object, of what is awaited, of lists, functions and maps. */
const tried = ['constructor', 'then', 'length', 'name', 'at', 'get'];
const callerNames = ['constructor', 'hasOwnProperty', 'toString', 'then'];

let sandbox: Sandbox;
let server: RunningServer;
let configuration: string;
const tokens = new Map(callerNames.map((name) => [name, newToken()]));
const log: LogEntry[] = [];

beforeAll(async () => {
  sandbox = await startSandbox({ control: false });
  const { baseUrl, apiKey } = sandbox.providers.sutro;
  const connection = { provider: 'sutro', base_url: baseUrl, api_key: apiKey };
  configuration = writeConfiguration({
    connections: Object.fromEntries(connectionNames.map((name) => [name, connection])),
    callers: Object.fromEntries(
      callerNames.map((name) => [
        name,
        { kind: 'person', tokens: [tokens.get(name)?.entry], may: { ...mayAll, cancels_per_minute: 1_000 } },
      ]),
    ),
    protected_jobs: connectionNames.map((name) => ({ connection: name, id: 'protected-job' })),
  });
  const settings = readSettings({
    ...{ PORT: '0', CALLOFF_CONFIG: configuration, CALLOFF_PEPPER: pepper, CALLOFF_DATA_DIR: freshFolder() },
  });
  const local = await openLocal(settings, { log: silentLog });
  server = await startServer(settings, local, (entry) => log.push(entry));
});

afterAll(async () => {
  await server.stop();
  await sandbox.close();
});

const bodySchema = z.looseObject({
  providers: z.array(z.unknown()).optional(),
  jobs: z.array(z.looseObject({ job_id: z.string() })).optional(),
  outcomes: z.array(z.unknown()).optional(),
  confirmation: z.looseObject({ confirmation_token: z.string() }).optional(),
  entries: z.array(z.looseObject({ job_id: z.string().optional() })).optional(),
});

async function ask(caller: string, method: string, path: string, body?: object) {
  const response = await fetch(`${server.url}${path}`, {
    method,
    headers: { authorization: `${tokens.get(caller)?.authorization}`, 'content-type': 'application/json' },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  return { status: response.status, body: bodySchema.parse(await response.json()) };
}

test('there are such names', () => {
  expect(connectionNames).toEqual(expect.arrayContaining(tried));
});

describe.each(casesAt(tried, 0, 1))('a connection named %s', (provider) => {
  test('is worked with like any other', async () => {
    const running = () => sandbox.providers.sutro.addJob({ state: 'running', name: 'sweep', settlesInMs: 0 });
    const [one, two, three] = [running(), running(), running()];
    const [caller = ''] = callerNames;
    const asked = (method: string, path: string, body?: object) => ask(caller, method, path, body);

    expect((await asked('GET', '/v1/providers')).body.providers).toContainEqual(
      expect.objectContaining({ provider, configured: true }),
    );
    const seen = await asked('GET', `/v1/providers/${provider}/jobs/${one}`);
    expect(seen).toMatchObject({ status: 200, body: { provider, job_id: one, state: 'running' } });
    const listed = await asked('GET', `/v1/jobs?provider=${provider}&state=running`);
    expect(listed.body.jobs?.map(({ job_id }) => job_id)).toContain(one);

    const cancelled = await asked('POST', `/v1/providers/${provider}/jobs/${one}/cancel`);
    expect(cancelled).toMatchObject({ status: 200, body: { provider, outcome: 'cancelled' } });
    const jobs = [
      { provider, job_id: two },
      { provider, job_id: 'protected-job' },
    ];
    const many = await asked('POST', '/v1/jobs/cancel', { jobs });
    expect(many.body.outcomes).toMatchObject([{ outcome: 'cancelled' }, { code: 'protected_job' }]);

    const offered = await asked('POST', '/v1/jobs/cancel', { selector: { provider, name: 'sweep' } });
    const confirmation_token = offered.body.confirmation?.confirmation_token;
    const confirmed = await asked('POST', '/v1/jobs/cancel', { confirmation_token });
    expect(confirmed.body.outcomes).toMatchObject([{ provider, job_id: three, outcome: 'cancelled' }]);

    const audited = await asked('GET', `/v1/audit?connection=${provider}&caller=${caller}`);
    expect(audited.body.entries?.map(({ job_id }) => job_id)).toContain(three);
    expect(log.filter(({ level }) => level === 'error')).toEqual([]);
  });
});

describe.each(casesAt(callerNames, 0, 3))('a caller named %s', (name) => {
  test('comes in, and is given tokens of their own', async () => {
    expect((await ask(name, 'GET', '/v1/providers')).status).toBe(200);
    const path = writeConfiguration({ callers: { [name]: { kind: 'person', may: mayAll } } });
    const env = bareEnvironment({ CALLOFF_CONFIG: path, CALLOFF_PEPPER: pepper });
    const made = await runInProcess(['token', 'create', name], { env });
    expect([made.code, made.stdout]).toEqual([0, expect.stringMatching(/^calloff_/)]);
    expect(JSON.parse(readFileSync(path, 'utf8')).callers[name].tokens).toHaveLength(1);
  });

  test('is unknown if the configuration does not name it', async () => {
    const path = writeConfiguration({ callers: { ada: { kind: 'person', may: mayAll } } });
    const env = bareEnvironment({ CALLOFF_CONFIG: path, CALLOFF_PEPPER: pepper });
    const made = await runInProcess(['token', 'create', name], { env });
    expect(made).toMatchObject({ code: 2, stdout: '' });
    expect(made.stderr).toContain(`There is no caller ${name} in the configuration file; it has ada.`);
  });
});
