import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { twinNames, variablesOf } from './providers/index.ts';
import { startSandbox } from './sandbox.ts';

/**
 * `npm run sandbox`, with `-- --port N` on ports in a row from N, one for each provider and one for control, with `-- --empty` without demo jobs. Prints what to
 * paste where calloff is to run beside it, with a folder of its own for what calloff keeps, so that no other audit is mixed
 * with what was only tried.
 */
const { values } = parseArgs({
  options: { port: { type: 'string', default: '0' }, empty: { type: 'boolean', default: false } },
});
const sandbox = await startSandbox({ demo: !values.empty, port: Number(values.port) });
const folder = await mkdtemp(join(tmpdir(), 'calloff-sandbox-'));

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
for (const name of twinNames) {
  const { baseUrl, apiKey } = sandbox.providers[name];
  const variables = variablesOf[name];
  process.stdout.write(`export ${variables.baseUrl}=${baseUrl} ${variables.key}=${apiKey}\n`);
}
process.stdout.write(`export CALLOFF_DATA_DIR='${folder}' SANDBOX_CONTROL_URL=${sandbox.controlUrl}\n`);
process.stdout.write(`Make them fail, or add jobs: curl -sS ${sandbox.controlUrl}\nStop with Ctrl-C.\n`);
