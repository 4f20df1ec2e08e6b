import { spawn } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, relative, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { createToken, hmacOf } from '../shared/access/api-token.ts';
import { bytesAtStart } from '../test/aws/built.ts';
import { startDynamoDbServer } from '../test/support/aws/dynamodb-server.ts';
import { startSecretsServer } from '../test/support/aws/secrets-server.ts';
import { httpEvent, slackEvent } from './cold-start/events.ts';
import { startQueueServer } from './queue-server.ts';

/**
 * Cold start: from the start of a process to its first answer. The functions are asked to cancel a job: they read the
 * token, read the key of the connection, find that there is none and say so, which takes all but the time of a
 * provider. With a table they write that down, too; with callers they read who asks from a configuration, and count
 * it. The MCP function is asked for its `initialize` too. The Slack function is asked for a list by a signed command: it
 * reads the signing secret and the configuration, and hands the work on to the queue. The operations function looks what is
 * due, as each minute. Beside them, turn by turn, an empty handler shows what Node itself takes. Fails where the API without a table takes more than five times that.
 *
 * `npm run bench:cold-start -- 21 another/dist` starts the functions of another build in the same turns, marked with an asterisk.
 */
const most = 5;
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
const path = '/v1/providers/sutro/jobs/job-1/cancel';
const message = { jsonrpc: '2.0', id: 1, method: 'tools/call', params: call };

const subjects: readonly Subject[] = [
  { name: 'empty handler', bundle: 'empty.mjs', event: {}, expected: unconfigured },
  { name: 'api, no table', bundle: api, event: httpEvent(path, token), expected: unconfigured },
  {
    name: 'api, table',
    bundle: api,
    event: httpEvent(path, token),
    expected: unconfigured,
    environment: withTable,
  },
  {
    name: 'api, callers',
    bundle: api,
    event: httpEvent(path, own.token),
    expected: unconfigured,
    environment: withCallers,
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

/** What stands in for Lambda's runtime: loads a handler, calls it once and hands its answer over on standard error. */
const runtime = `
const { handler } = await import(process.argv[2]);
const { body } = (await handler(JSON.parse(process.argv[3]), {})) ?? { body: 'ended' };
process.stderr.write(body);
`;
const emptyHandler = `export const handler = async () => ({ body: '${unconfigured}' });\n`;

/** The same of another build, if one is given. */
const ofOtherBuild = (build: string) =>
  subjects.slice(1).map(({ name, bundle, ...rest }) => ({
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
  const times = new Map(started.map(({ name }): [string, number[]] => [name, []]));
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

/** Milliseconds from the start of a fresh process to the answer of the handler. */
function start({ bundle, event, expected, environment }: Subject): Promise<number> {
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
      if (answer.includes(expected)) resolve(answered);
      else reject(new Error(`${bundle} answered: ${answer}`));
    });
  });
}

async function report(times: ReadonlyMap<string, readonly number[]>): Promise<void> {
  const empty = median(times.get('empty handler') ?? []);
  const columns = (cells: readonly string[]) => cells.map((cell) => cell.padStart(10)).join('');
  const head = columns(['median', 'least', 'most', 'ratio', 'bytes']);
  process.stdout.write(`node ${process.version}, ${rounds} starts each\n${''.padEnd(22)}${head}\n`);
  for (const { name, bundle } of started) {
    const own = times.get(name) ?? [];
    const milliseconds = [median(own), Math.min(...own), Math.max(...own)].map((ms) => `${ms.toFixed(0)} ms`);
    const size = bundle === 'empty.mjs' ? '' : (await bytesAtStart(bundle)).toLocaleString('en');
    const cells = columns([...milliseconds, (median(own) / empty).toFixed(2), size]);
    process.stdout.write(`${name.padEnd(22)}${cells}\n`);
  }
  const ratio = median(times.get('api, no table') ?? []) / empty;
  process.stdout.write(`the API's ratio without a table: ${ratio.toFixed(2)}, at most ${most}\n`);
  if (ratio > most) process.exitCode = 1;
}

function median(times: readonly number[]): number {
  const sorted = times.toSorted((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}
