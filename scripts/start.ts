import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { makeToken, orExplain, startServer, stopOnSignals } from '../functions/serve.ts';
import { type Sandbox, startSandbox } from '../sandbox/sandbox.ts';
import type { Configuration } from '../shared/config/configuration.ts';
import { type ConnectionSettings, readSettings } from '../shared/config/settings.ts';
import { openLocal } from '../shared/local-gateway.ts';
import { type Log, logToStderr } from '../shared/log.ts';
import type { ProviderId } from '../shared/providers/provider-adapter.ts';

/** Only what is wrong: a line for each request would hide what is printed for people. */
const log: Log = (entry) => {
  if (entry.level !== 'info') logToStderr(entry);
};

/** `npm start`: the API beside four pretend providers, so that everything can be tried without an account. */
async function start(): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'calloff-demo-'));
  const sandbox = await startSandbox({ demo: true });
  const tidyUp = async () => {
    await sandbox.close();
    await rm(folder, { recursive: true, force: true });
  };
  try {
    await serveBeside(sandbox, folder, tidyUp);
  } catch (error) {
    await tidyUp();
    throw error;
  }
}

async function serveBeside(sandbox: Sandbox, folder: string, tidyUp: () => Promise<void>): Promise<void> {
  // Callers' tokens were made with the pepper of this machine: with a configuration its own folder is used.
  const ownFolder = process.env['CALLOFF_CONFIG'] ? {} : { CALLOFF_DATA_DIR: folder };
  const environment = { ...ownFolder, ...process.env };
  const settings = readSettings(environment);
  const token = settings.configPath === undefined ? (settings.token ?? makeToken()) : undefined;
  const local = openLocal(
    { ...settings, token },
    { log, redirect: (connections) => toSandbox(connections, sandbox) },
  );
  const server = await startServer(settings, local, log);
  stopOnSignals(async () => {
    await server.stop();
    await tidyUp();
  }, log);
  const dataFolder = environment.CALLOFF_DATA_DIR;
  process.stdout.write(
    introduction({ url: server.url, token, dataFolder, sandbox, ...local.configuration.first }),
  );
}

/** The same connections at the pretend provider of each. */
function toSandbox(connections: readonly ConnectionSettings[], sandbox: Sandbox): ConnectionSettings[] {
  return connections.map((connection) => {
    const { baseUrl, apiKey } = sandbox.providers[connection.provider];
    return { ...connection, baseUrl, apiKey };
  });
}

interface Introduced extends Configuration {
  readonly url: string;
  /** Where there is one for all. */
  readonly token: string | undefined;
  /** Where it is not the one that every command looks in anyway. */
  readonly dataFolder: string | undefined;
  readonly sandbox: Sandbox;
}

function introduction({ url, token, dataFolder, sandbox, ...configuration }: Introduced): string {
  const { connections } = configuration;
  const auth =
    token === undefined ? '-H "Authorization: Bearer $TOKEN"' : `-H 'Authorization: Bearer ${token}'`;
  const jobs = connections.map(({ name, provider }) => ({
    provider: name,
    job_id: oldestRunning(sandbox, provider),
  }));
  const one = jobs.at(-1);
  const many = jobs.length > 1 ? jobs.slice(0, -1) : jobs;
  const elsewhere = dataFolder === undefined ? '' : `CALLOFF_DATA_DIR='${dataFolder}' `;
  return `
calloff listens on ${url}
${token === undefined ? aboutTokens(configuration) : `token: ${token}`}

Four pretend providers hold 40 jobs. Cancel one:

curl -sS -X POST ${auth} ${url}/v1/providers/${one?.provider}/jobs/${one?.job_id}/cancel

Cancel many:

curl -sS -X POST ${auth} -d '${JSON.stringify({ jobs: many })}' ${url}/v1/jobs/cancel

Find what is not over:

curl -sS ${auth} '${url}/v1/jobs?state=queued,running,cancelling,unknown'

Read who did what, in another terminal: ${elsewhere}npm run calloff -- audit
Make the providers fail, and see that calloff still tells the truth: curl -sS ${sandbox.controlUrl}
Stop with Ctrl-C.
`;
}

/** With a configuration there is no token to show: each was shown once, when it was made. */
function aboutTokens({ callers, tokens }: Configuration): string {
  const known = tokens === 'one' ? [] : [...tokens.values()];
  const holders = new Set(known.map(({ caller }) => caller.id));
  if (holders.size > 0)
    return `With a token: ${[...holders].join(', ')}. Put one into TOKEN: TOKEN=calloff_…`;
  const [first = 'NAME'] = callers.keys();
  return `Nobody has a token yet. Make one, and put it into TOKEN: npm run calloff -- token create ${first}`;
}

function oldestRunning(sandbox: Sandbox, provider: ProviderId): string {
  const running = sandbox.providers[provider].newestJobs(100).filter(({ state }) => state === 'running');
  return running.at(-1)?.id ?? '';
}

await orExplain(start);
