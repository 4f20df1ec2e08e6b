import { parseArgs } from 'node:util';
import { startSandbox } from './sandbox.ts';

/**
 * `npm run sandbox`, with `-- --port N` on five ports in a row from N, with `-- --empty` without demo jobs. Prints what to
 * paste where calloff is to run beside it.
 */
const { values } = parseArgs({
  options: { port: { type: 'string', default: '0' }, empty: { type: 'boolean', default: false } },
});
const sandbox = await startSandbox({ demo: !values.empty, port: Number(values.port) });

for (const [name, { baseUrl, apiKey }] of Object.entries(sandbox.providers)) {
  const variable = name.toUpperCase();
  process.stdout.write(`export ${variable}_BASE_URL=${baseUrl} ${variable}_API_KEY=${apiKey}\n`);
}
process.stdout.write(`Make them fail, or add jobs: curl -sS ${sandbox.controlUrl}\nStop with Ctrl-C.\n`);

for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => sandbox.close());
