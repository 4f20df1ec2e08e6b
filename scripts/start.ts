import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { makeToken, orExplain, startServer, stopOnSignals } from '../functions/serve.ts';
import { type Sandbox, startSandbox } from '../sandbox/sandbox.ts';
import { type ConnectionSettings, readSettings } from '../shared/config/settings.ts';
import { openLocal } from '../shared/local-gateway.ts';
import { silentLog } from '../shared/log.ts';
import type { ProviderId } from '../shared/providers/provider-adapter.ts';

/** `npm start`: the API beside four pretend providers, so that everything can be tried without an account. */
async function start(): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'calloff-demo-'));
  // Callers' tokens were made with the pepper of this machine: with a configuration its own folder is used.
  const ownFolder = process.env['CALLOFF_CONFIG'] ? {} : { CALLOFF_DATA_DIR: folder };
  const settings = readSettings({ ...ownFolder, ...process.env });
  const sandbox = await startSandbox({ demo: true });
  const token = settings.token ?? makeToken();
  const tidyUp = async () => {
    await sandbox.close();
    await rm(folder, { recursive: true, force: true });
  };
  const log = silentLog;
  const local = openLocal(
    { ...settings, token: settings.configPath === undefined ? token : undefined },
    { log, redirect: (connections) => toSandbox(connections, sandbox) },
  );
  const server = await startServer(settings, local, log).catch(async (error: unknown) => {
    await tidyUp();
    throw error;
  });
  stopOnSignals(async () => {
    await server.stop();
    await tidyUp();
  }, log);
  process.stdout.write(introduction(server.url, token, sandbox));
}

/** The same connections at the pretend provider of each. */
function toSandbox(connections: readonly ConnectionSettings[], sandbox: Sandbox): ConnectionSettings[] {
  return connections.map((connection) => {
    const { baseUrl, apiKey } = sandbox.providers[connection.provider];
    return { ...connection, baseUrl, apiKey };
  });
}

function introduction(url: string, token: string, sandbox: Sandbox): string {
  const auth = `-H 'Authorization: Bearer ${token}'`;
  const many = (['ionq', 'promptloop', 'ionworks'] as const).map((provider) => ({
    provider,
    job_id: oldestRunning(sandbox, provider),
  }));
  return `
calloff listens on ${url}
token: ${token}

Four pretend providers hold 40 jobs. Cancel one:

curl -sS -X POST ${auth} ${url}/v1/providers/sutro/jobs/${oldestRunning(sandbox, 'sutro')}/cancel

Cancel many:

curl -sS -X POST ${auth} -d '${JSON.stringify({ jobs: many })}' ${url}/v1/jobs/cancel

Find what is not over:

curl -sS ${auth} '${url}/v1/jobs?state=queued,running,cancelling,unknown'

Make the providers fail, and see that calloff still tells the truth: curl -sS ${sandbox.controlUrl}
Stop with Ctrl-C.
`;
}

function oldestRunning(sandbox: Sandbox, provider: ProviderId): string {
  const running = sandbox.providers[provider].newestJobs(100).filter(({ state }) => state === 'running');
  return running.at(-1)?.id ?? '';
}

await orExplain(start);
