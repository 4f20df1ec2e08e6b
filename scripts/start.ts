import { makeToken, orExplain, startServer, stopOnSignals } from '../functions/serve.ts';
import { type Sandbox, startSandbox } from '../sandbox/sandbox.ts';
import { readSettings } from '../shared/config/settings.ts';
import { silentLog } from '../shared/log.ts';
import type { ProviderId } from '../shared/providers/provider-adapter.ts';

/** `npm start`: the API beside four pretend providers, so that everything can be tried without an account. */
async function start(): Promise<void> {
  const settings = readSettings();
  const sandbox = await startSandbox({ demo: true });
  const connections = settings.connections.map((connection) => {
    const { baseUrl, apiKey } = sandbox.providers[connection.provider];
    return { ...connection, baseUrl, apiKey };
  });
  const token = settings.token ?? makeToken();
  const server = await startServer({ ...settings, connections, token }, silentLog).catch(
    async (error: unknown) => {
      await sandbox.close();
      throw error;
    },
  );
  stopOnSignals(async () => {
    await server.stop();
    await sandbox.close();
  }, silentLog);
  process.stdout.write(introduction(server.url, token, sandbox));
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
