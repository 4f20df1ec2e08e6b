import { spawn } from 'node:child_process';
import { statSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { startSecretsServer } from '../test/support/secrets-server.ts';

/**
 * Cold start: from the start of a process to its first answer. The functions are asked to cancel a job: they read the
 * token, read the key of the connection, find that there is none and say so, which takes all but the time of a
 * provider. The MCP function is asked for its `initialize` too. Beside them, turn by turn, an empty handler shows what
 * Node itself takes. Fails where the API takes more than five times that.
 */
const most = 5;
const rounds = Math.max(11, Number(process.argv[2] ?? 21));
const token = 'a-token-for-the-bench';
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
}

const subjects: readonly Subject[] = [
  { name: 'empty handler', bundle: 'empty.mjs', event: {}, expected: unconfigured },
  {
    name: 'api, cancel',
    bundle: resolve('dist/functions/api.mjs'),
    event: eventOf('/v1/providers/sutro/jobs/job-1/cancel'),
    expected: unconfigured,
  },
  {
    name: 'mcp, initialize',
    bundle: resolve('dist/functions/mcp.mjs'),
    event: eventOf('/mcp', { jsonrpc: '2.0', id: 1, method: 'initialize', params: client }),
    expected: 'serverInfo',
  },
  {
    name: 'mcp, cancel_job',
    bundle: resolve('dist/functions/mcp.mjs'),
    event: eventOf('/mcp', { jsonrpc: '2.0', id: 1, method: 'tools/call', params: call }),
    expected: unconfigured,
  },
];

/** A POST as an HTTP API hands it over. */
function eventOf(path: string, message?: object): object {
  return {
    version: '2.0',
    routeKey: `POST ${path}`,
    rawPath: path,
    rawQueryString: '',
    headers: {
      authorization: `Bearer ${token}`,
      accept: 'application/json, text/event-stream',
      'content-type': 'application/json',
      host: 'api.example.com',
    },
    requestContext: {
      domainName: 'api.example.com',
      http: { method: 'POST', path },
      requestId: 'JKJaXmPLvHcESHA=',
      stage: '$default',
    },
    ...(message === undefined ? {} : { body: JSON.stringify(message) }),
    isBase64Encoded: false,
  };
}

/** What stands in for Lambda's runtime: loads a handler, calls it once and hands its answer over on standard error. */
const runtime = `
const { handler } = await import(process.argv[2]);
const { body } = await handler(JSON.parse(process.argv[3]), {});
process.stderr.write(body);
`;
const emptyHandler = `export const handler = async () => ({ body: '${unconfigured}' });\n`;

const folder = await mkdtemp(join(tmpdir(), 'calloff-bench-'));
const secrets = await startSecretsServer({ 'calloff/token': token });
try {
  await writeFile(join(folder, 'runtime.mjs'), runtime);
  await writeFile(join(folder, 'empty.mjs'), emptyHandler);
  const times = new Map(subjects.map(({ name }): [string, number[]] => [name, []]));
  for (let round = 0; round < rounds; round += 1) {
    for (const subject of subjects) times.get(subject.name)?.push(await start(subject));
  }
  report(times);
} finally {
  await secrets.close();
  await rm(folder, { recursive: true });
}

/** Milliseconds from the start of a fresh process to the answer of the handler. */
function start({ bundle, event, expected }: Subject): Promise<number> {
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

function report(times: ReadonlyMap<string, readonly number[]>): void {
  const empty = median(times.get('empty handler') ?? []);
  const columns = (cells: readonly string[]) => cells.map((cell) => cell.padStart(10)).join('');
  const head = columns(['median', 'least', 'most', 'ratio', 'bytes']);
  process.stdout.write(`node ${process.version}, ${rounds} starts each\n${''.padEnd(18)}${head}\n`);
  for (const { name, bundle } of subjects) {
    const own = times.get(name) ?? [];
    const milliseconds = [median(own), Math.min(...own), Math.max(...own)].map((ms) => `${ms.toFixed(0)} ms`);
    const size = bundle === 'empty.mjs' ? '' : statSync(bundle).size.toLocaleString('en');
    const cells = columns([...milliseconds, (median(own) / empty).toFixed(2), size]);
    process.stdout.write(`${name.padEnd(18)}${cells}\n`);
  }
  const ratio = median(times.get('api, cancel') ?? []) / empty;
  process.stdout.write(`the API's ratio: ${ratio.toFixed(2)}, at most ${most}\n`);
  if (ratio > most) process.exitCode = 1;
}

function median(times: readonly number[]): number {
  const sorted = times.toSorted((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}
