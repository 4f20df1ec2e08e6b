import { parseArgs } from 'node:util';
import { startSandbox } from './sandbox.ts';

/** `node sandbox/main.ts [--port N] [--empty]`: five ports in a row from N, with demo jobs unless empty. */
const { values } = parseArgs({
  options: { port: { type: 'string', default: '0' }, empty: { type: 'boolean', default: false } },
});
const sandbox = await startSandbox({ demo: !values.empty, port: Number(values.port) });

for (const [name, { baseUrl, apiKey }] of Object.entries(sandbox.providers)) {
  const variable = name.toUpperCase();
  process.stdout.write(`${variable}_BASE_URL=${baseUrl} ${variable}_API_KEY=${apiKey}\n`);
}
process.stdout.write(`What can be changed while it runs: curl ${sandbox.controlUrl}\n`);

for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => sandbox.close());
