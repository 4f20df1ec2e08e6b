import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readSandboxArguments, sandboxHelp } from './arguments.ts';
import { twinNames, usualTwins, variablesOf } from './providers/index.ts';
import { startSandbox } from './sandbox.ts';

/**
 * `npm run sandbox`. Prints what to paste where calloff is to run beside it, with a folder of its own for what calloff keeps,
 * so that no other audit is mixed with what was only tried.
 */
const asked = readSandboxArguments(process.argv.slice(2));
if (asked === 'help') {
  process.stdout.write(sandboxHelp);
  process.exit();
}
if ('fault' in asked) {
  process.stderr.write(`${asked.fault} Nothing was started.\n\n${sandboxHelp}`);
  process.exit(2);
}
const { isEmpty, forAll, port } = asked;
const sandbox = await startSandbox({ demo: !isEmpty, port });
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
for (const name of forAll ? twinNames : usualTwins) {
  const { baseUrl, apiKey } = sandbox.providers[name];
  const variables = variablesOf[name];
  const options = Object.entries(variables.options).map(([variable, value]) => ` ${variable}=${value}`);
  process.stdout.write(
    `export ${variables.baseUrl}=${baseUrl} ${variables.key}=${inShell(apiKey)}${options.join('')}\n`,
  );
}
if (forAll) process.stdout.write(`export CALLOFF_CONNECTIONS=${twinNames.join(',')}\n`);
process.stdout.write(`export CALLOFF_DATA_DIR='${folder}' SANDBOX_CONTROL_URL=${sandbox.controlUrl}\n`);
process.stdout.write(`Make them fail, or add jobs: curl -sS ${sandbox.controlUrl}\nStop with Ctrl-C.\n`);
