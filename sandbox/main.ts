import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { twinNames, usualTwins, variablesOf } from './providers/index.ts';
import { startSandbox } from './sandbox.ts';

/**
 * `npm run sandbox`, with `-- --port N` on ports in a row from N, with `-- --empty` without demo jobs, with `-- --all` for all providers and not only the usual ones. Prints what to
 * paste where calloff is to run beside it, with a folder of its own for what calloff keeps, so that no other audit is mixed
 * with what was only tried.
 */
const { values } = parseArgs({
  options: {
    port: { type: 'string', default: '0' },
    empty: { type: 'boolean', default: false },
    all: { type: 'boolean', default: false },
  },
});
const sandbox = await startSandbox({ demo: !values.empty, port: Number(values.port) });
const folder = await mkdtemp(join(tmpdir(), 'calloff-sandbox-'));

/** A key as a shell takes it, also if it is JSON. */
function inShell(key: string): string {
  return /^[\w-]+$/.test(key) ? key : `'${key}'`;
}

async function stop(exitCode: number): Promise<void> {
  await sandbox.close();
  await rm(folder, { recursive: true, force: true });
  process.exitCode = exitCode;
}

for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => stop(0));
process.stdout.on('error', ({ code }: NodeJS.ErrnoException) => {
  process.stderr.write(
    `Standard output cannot be written to (${code}), so the address of the sandbox cannot be shown.\n`,
  );
  void stop(1);
});
for (const name of values.all ? twinNames : usualTwins) {
  const { baseUrl, apiKey } = sandbox.providers[name];
  const variables = variablesOf[name];
  const options = Object.entries(variables.options).map(([variable, value]) => ` ${variable}=${value}`);
  process.stdout.write(
    `export ${variables.baseUrl}=${baseUrl} ${variables.key}=${inShell(apiKey)}${options.join('')}\n`,
  );
}
if (values.all) process.stdout.write(`export CALLOFF_CONNECTIONS=${twinNames.join(',')}\n`);
process.stdout.write(`export CALLOFF_DATA_DIR='${folder}' SANDBOX_CONTROL_URL=${sandbox.controlUrl}\n`);
process.stdout.write(`Make them fail, or add jobs: curl -sS ${sandbox.controlUrl}\nStop with Ctrl-C.\n`);
