import { spawn } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { startSecretsServer } from '../test/support/secrets-server.ts';

/**
 * Cold start: from the start of a process to its first answer. The bundle is asked to cancel a job: it reads the token,
 * reads the key of the connection, finds that there is none and says so, which takes all but the time of a provider.
 * Beside it, turn by turn, an empty handler shows what Node itself takes. Fails above five times that.
 */
const most = 5;
const rounds = Math.max(11, Number(process.argv[2] ?? 21));
const token = 'a-token-for-the-bench';
const path = '/v1/providers/sutro/jobs/job-1/cancel';

const event = {
  version: '2.0',
  rawPath: path,
  rawQueryString: '',
  headers: { authorization: `Bearer ${token}` },
  requestContext: {
    domainName: 'api.example.com',
    http: { method: 'POST', path },
    requestId: 'JKJaXmPLvHcESHA=',
    stage: '$default',
  },
  isBase64Encoded: false,
};

/** What stands in for Lambda's runtime: loads a handler, calls it once and hands its answer over on standard error. */
const runtime = `
const { handler } = await import(process.argv[2]);
const { body } = await handler(${JSON.stringify(event)}, {});
process.stderr.write(body);
`;
const expected = 'provider_not_configured';
const emptyHandler = `export const handler = async () => ({ body: '${expected}' });\n`;

const folder = await mkdtemp(join(tmpdir(), 'calloff-bench-'));
const secrets = await startSecretsServer({ 'calloff/token': token });
try {
  await writeFile(join(folder, 'runtime.mjs'), runtime);
  await writeFile(join(folder, 'empty.mjs'), emptyHandler);
  const empty: number[] = [];
  const bundle: number[] = [];
  for (let round = 0; round < rounds; round += 1) {
    empty.push(await start(join(folder, 'empty.mjs')));
    bundle.push(await start(resolve('dist/functions/api.mjs')));
  }
  report(empty, bundle);
} finally {
  await secrets.close();
  await rm(folder, { recursive: true });
}

/** Milliseconds from the start of a fresh process to the answer of `handler`. */
function start(handler: string): Promise<number> {
  return new Promise((resolve, reject) => {
    const startedAt = performance.now();
    const child = spawn(process.execPath, [join(folder, 'runtime.mjs'), pathToFileURL(handler).href], {
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
      else reject(new Error(`${handler} answered: ${answer}`));
    });
  });
}

function report(empty: readonly number[], bundle: readonly number[]): void {
  const ratio = median(bundle) / median(empty);
  const row = (name: string, times: readonly number[]) =>
    `${name.padEnd(16)}${[median(times), Math.min(...times), Math.max(...times)].map((ms) => `${ms.toFixed(0)} ms`.padStart(9)).join('')}\n`;
  process.stdout.write(`node ${process.version}, ${rounds} starts each\n`);
  process.stdout.write(
    `${''.padEnd(16)}${['median', 'least', 'most'].map((word) => word.padStart(9)).join('')}\n`,
  );
  process.stdout.write(row('empty handler', empty) + row('api.mjs', bundle));
  process.stdout.write(`ratio of the medians: ${ratio.toFixed(2)}, at most ${most}\n`);
  if (ratio > most) process.exitCode = 1;
}

function median(times: readonly number[]): number {
  const sorted = times.toSorted((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}
