import { spawn } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, relative, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { build } from 'esbuild';
import * as z from 'zod';
import { everyBundle, lambda } from '../scripts/build/options.ts';
import { createToken, hmacOf } from '../shared/access/api-token.ts';
import { bytesAtStart } from '../test/aws/built.ts';
import { startDynamoDbServer } from '../test/support/aws/dynamodb-server.ts';
import { startSecretsServer } from '../test/support/aws/secrets-server.ts';
import { httpEvent, slackEvent } from './cold-start/events.ts';
import { emptyHandler, runtime } from './cold-start/runtime.ts';
import { medianOf } from './figures.ts';
import { inPlace, markdown, measuredOn } from './page.ts';
import { startQueueServer } from './queue-server.ts';

/**
 * Cold start: from the start of a process to its first answer. The functions are asked to cancel a job: they read the
 * token, read the key of the connection, find that there is none and say so, which takes all but the time of a
 * provider. With a table they write that down, too; with callers they read who asks from a configuration, and count
 * it. The MCP function is asked for its `initialize` too. The Slack function is asked for a list by a signed command: it
 * reads the signing secret and the configuration, and hands the work on to the queue. The operations function looks what is
 * due, as each minute. Beside them, turn by turn, an empty handler shows what Node itself takes, and the barest handler with Hono,
 * Zod and one secret, bundled in the same way, what its libraries take. Writes its table into docs/benchmarks.md. Fails if one of these
 * takes more of the processor than its bound over the barest handler.
 *
 * `npm run bench:cold-start -- 21 another/dist` starts the functions of another build in the same turns, marked with an asterisk.
 */
const rounds = Math.max(11, Number(process.argv[2] ?? 21));
const otherBuild = process.argv[3];
const token = 'a-token-for-the-bench';
const own = createToken();
const pepper = 'a-pepper-of-more-than-32-characters';
const may = { connections: ['*'], actions: ['list', 'cancel'], cancels_per_minute: 100, confirm_above: 100 };
const tokens = [{ id: own.id, hmac: hmacOf(own.token, pepper) }];
const configuration = JSON.stringify({ callers: { bench: { kind: 'program', tokens, may } } });
const table = 'calloff-bench';
const unconfigured = 'provider_not_configured';
const client = {
  protocolVersion: '2025-11-25',
  capabilities: {},
  clientInfo: { name: 'bench', version: '0' },
};
const call = { name: 'cancel_job', arguments: { provider: 'sutro', job_id: 'job-1' } };

/** What is started and asked, and what its answer holds. */
interface Subject {
  readonly name: string;
  readonly bundle: string;
  readonly event: object;
  readonly expected: string;
  readonly environment?: Readonly<Record<string, string>>;
}

const withTable = { CALLOFF_TABLE: table };
const withCallers = { ...withTable, CALLOFF_SECRET_PREFIX: 'callers/' };
const signingSecret = '8f742231b10e8888abcd99yyyzzz85a5';
const slackConfiguration = JSON.stringify({
  callers: { maya: { kind: 'person', slack: [{ team_id: 'T111', user_id: 'W111' }], may } },
  slack: { team_id: 'T111', app_id: 'A111', channels: ['C111'] },
});
const queue = await startQueueServer();
const withQueue = { CALLOFF_QUEUE_URL: `${queue.url}/0/calloff` };
const slack = resolve('dist/functions/slack.mjs');
const operations = resolve('dist/functions/operations.mjs');
const api = resolve('dist/functions/api.mjs');
const mcp = resolve('dist/functions/mcp.mjs');
const emptyName = 'empty handler';
const bareName = 'the barest handler';
/** How many times the processor time of the barest handler these may take: once is the aim. */
const most = new Map([
  ['api, no table', 1.55],
  ['mcp, no table', 1.8],
  ['operations, minute', 1.45],
  ['slack, members', 1.4],
]);
const page = 'docs/benchmarks.md';
const began = performance.now();
const path = '/v1/providers/sutro/jobs/job-1/cancel';
const message = { jsonrpc: '2.0', id: 1, method: 'tools/call', params: call };

const subjects: readonly Subject[] = [
  { name: emptyName, bundle: 'empty.mjs', event: {}, expected: unconfigured },
  { name: bareName, bundle: 'bare.mjs', event: httpEvent(path, token), expected: unconfigured },
  {
    ...{ name: `${bareName}, three secrets`, bundle: 'bare.mjs', event: httpEvent(path, token) },
    ...{ expected: unconfigured, environment: { BENCH_MORE_SECRETS: 'calloff/sutro calloff/config' } },
  },
  { name: 'api, no table', bundle: api, event: httpEvent(path, token), expected: unconfigured },
  {
    ...{ name: 'api, table', bundle: api, event: httpEvent(path, token) },
    ...{ expected: unconfigured, environment: withTable },
  },
  {
    ...{ name: 'api, callers', bundle: api, event: httpEvent(path, own.token) },
    ...{ expected: unconfigured, environment: withCallers },
  },
  {
    name: 'mcp, initialize',
    bundle: mcp,
    event: httpEvent('/mcp', token, { jsonrpc: '2.0', id: 1, method: 'initialize', params: client }),
    expected: 'serverInfo',
  },
  { name: 'mcp, no table', bundle: mcp, event: httpEvent('/mcp', token, message), expected: unconfigured },
  {
    name: 'mcp, table',
    bundle: mcp,
    event: httpEvent('/mcp', token, message),
    expected: unconfigured,
    environment: withTable,
  },
  {
    name: 'mcp, callers',
    bundle: mcp,
    event: httpEvent('/mcp', own.token, message),
    expected: unconfigured,
    environment: withCallers,
  },
  {
    ...{ name: 'operations, minute', bundle: operations, event: { ring: 'due' }, expected: 'ended' },
    environment: { ...withTable, CALLOFF_OPERATIONS_QUEUE_URL: `${queue.url}/0/operations` },
  },
  {
    name: 'slack, members',
    bundle: slack,
    event: slackEvent(signingSecret),
    expected: 'Listing jobs',
    environment: withQueue,
  },
  {
    name: 'slack, callers',
    bundle: slack,
    event: slackEvent(signingSecret),
    expected: 'Listing jobs',
    environment: { ...withQueue, CALLOFF_SECRET_PREFIX: 'slack/' },
  },
];

/** The time from the start of a process to its answer, and what it takes of the processor, in milliseconds. */
interface Start {
  readonly ms: number;
  readonly cpuMs: number;
}
const answerSchema = z.object({ body: z.string(), micros: z.number() });

/** The same of another build, if one is given. */
const ofOtherBuild = (build: string) =>
  subjects.slice(3).map(({ name, bundle, ...rest }) => ({
    ...{ name: `${name} *`, bundle: resolve(build, relative('dist', bundle)) },
    ...rest,
  }));
const started = [...subjects, ...(otherBuild === undefined ? [] : ofOtherBuild(otherBuild))];

const folder = await mkdtemp(join(tmpdir(), 'calloff-bench-'));
const secrets = await startSecretsServer({
  'calloff/token': token,
  'callers/config': configuration,
  'callers/pepper': pepper,
  'calloff/slack': signingSecret,
  'slack/slack': signingSecret,
  'slack/config': slackConfiguration,
});
const dynamoDb = await startDynamoDbServer();
try {
  await dynamoDb.createTable(table);
  await writeFile(join(folder, 'runtime.mjs'), runtime);
  await writeFile(join(folder, 'empty.mjs'), emptyHandler);
  await build({
    ...lambda('bare'),
    ...everyBundle,
    entryPoints: { bare: 'bench/cold-start/bare.ts' },
    outdir: folder,
    outExtension: { '.js': '.mjs' },
  });
  const times = new Map(started.map(({ name }): [string, Start[]] => [name, []]));
  for (let round = 0; round < rounds; round += 1) {
    for (const subject of started) times.get(subject.name)?.push(await start(subject));
  }
  await report(times);
} finally {
  await secrets.close();
  await dynamoDb.close();
  await queue.close();
  await rm(folder, { recursive: true });
}

/** Starts a fresh process, up to the answer of the handler. */
function start({ bundle, event, expected, environment }: Subject): Promise<Start> {
  const handler = pathToFileURL(resolve(folder, bundle)).href;
  return new Promise((resolve, reject) => {
    const startedAt = performance.now();
    const args = [join(folder, 'runtime.mjs'), handler, JSON.stringify(event)];
    const child = spawn(process.execPath, args, {
      env: {
        AWS_REGION: 'eu-central-1',
        AWS_ACCESS_KEY_ID: 'none',
        AWS_SECRET_ACCESS_KEY: 'none',
        AWS_ENDPOINT_URL_SECRETS_MANAGER: secrets.url,
        AWS_ENDPOINT_URL_DYNAMODB: dynamoDb.url,
        CALLOFF_TABLE: 'none',
        ...environment,
      },
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    let answered = 0;
    let answer = '';
    child.stderr.on('data', (chunk: Buffer) => {
      if (answer === '') answered = performance.now() - startedAt;
      answer += chunk.toString();
    });
    child.on('close', () => {
      const { success, data } = answerSchema.safeParse(answer === '' ? {} : JSON.parse(answer));
      if (success && data.body.includes(expected)) resolve({ ms: answered, cpuMs: data.micros / 1_000 });
      else reject(new Error(`${bundle} answered: ${answer}`));
    });
  });
}

async function report(starts: ReadonlyMap<string, readonly Start[]>): Promise<void> {
  const of = (name: string, figure: keyof Start) =>
    medianOf((starts.get(name) ?? []).map((each) => each[figure]));
  const times = (name: string, other: string, figure: keyof Start) =>
    (of(name, figure) / of(other, figure)).toFixed(2);
  const rows = await Promise.all(
    started.map(async ({ name, bundle }) => [
      name,
      `${of(name, 'cpuMs').toFixed(0)} ms`,
      times(name, emptyName, 'cpuMs'),
      `**${times(name, bareName, 'cpuMs')}**`,
      `${of(name, 'ms').toFixed(0)} ms`,
      times(name, bareName, 'ms'),
      (await bytesAtStart(resolve(folder, bundle))).toLocaleString('en'),
    ]),
  );
  const header = ['function', 'processor', '× empty', '× barest', 'wall', '× barest', 'bytes read'];
  const text = `${measuredOn(began)}: medians of ${rounds} starts each, turn by turn.\n\n${markdown(header, rows)}`;
  process.stdout.write(`${text}\n`);
  if (otherBuild === undefined && rounds >= 21)
    await writeFile(page, inPlace(await readFile(page, 'utf8'), 'cold start', text));
  const missed = [...most].filter(([name, bound]) => of(name, 'cpuMs') > bound * of(bareName, 'cpuMs'));
  for (const [name, bound] of missed)
    process.stdout.write(`FAILS: ${name} takes more than ${bound} times ${bareName}\n`);
  process.exitCode = missed.length === 0 ? 0 : 1;
}
