import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  makeToken,
  orExplain,
  settingsToListen,
  startServer,
  stopIfUnwritable,
  stopOnSignals,
} from '../functions/serve.ts';
import type { SlackIdentity } from '../functions/slack/inbound/identity.ts';
import { startPretendSlack } from '../sandbox/pretend-slack.ts';
import { unrestrictedRights } from '../shared/access/caller.ts';
import { can } from '../shared/access/policy.ts';
import type { Configuration, SlackSettings } from '../shared/config/configuration.ts';
import type { ReloadingConfiguration } from '../shared/config/file/reload.ts';
import type { ConnectionSettings, Settings } from '../shared/config/settings.ts';
import { type Log, logToStderr } from '../shared/lib/log.ts';
import { openLocal } from '../shared/local-gateway.ts';
import { oldestRunning, type SandboxBeside, sandboxBeside } from './sandbox-beside.ts';
import { clearDesk, writeDesk } from './slack-try/session.ts';

/** Only what is wrong: a line for each request would hide what is printed for people. */
const log: Log = (entry) => {
  if (entry.level !== 'info') logToStderr(entry);
};

/** `npm start`: the API beside four pretend providers, so that everything can be tried without an account. */
async function start(): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'calloff-demo-'));
  let sandbox: SandboxBeside | undefined;
  let pretend: Awaited<ReturnType<typeof startPretendSlack>> | undefined;
  const tidyUp = async () => {
    await sandbox?.close();
    await pretend?.close();
    await rm(folder, { recursive: true, force: true });
  };
  try {
    // Callers' tokens were made with the pepper of this machine: with a configuration its own folder is used.
    const { CALLOFF_CONFIG: configuration, SANDBOX_CONTROL_URL: controlUrl } = process.env;
    const ownFolder = configuration ? {} : { CALLOFF_DATA_DIR: folder };
    const environment = { ...ownFolder, ...process.env };
    const settings = settingsToListen(environment);
    sandbox = await sandboxBeside(settings, controlUrl);
    // Whoever has a workspace of their own keeps it: then Slack itself is answered.
    pretend = settings.slack.signingSecrets.length === 0 ? await startPretendSlack() : undefined;
    await serveBeside({
      sandbox,
      settings,
      dataFolder: environment.CALLOFF_DATA_DIR,
      origin: pretend?.origin,
      tidyUp,
    });
  } catch (error) {
    await tidyUp();
    throw error;
  }
}

interface Beside {
  readonly sandbox: SandboxBeside;
  readonly settings: Settings;
  readonly dataFolder: string | undefined;
  /** Of the pretend Slack, where there is one. */
  readonly origin: string | undefined;
  tidyUp(): Promise<void>;
}

async function serveBeside({ sandbox, settings, dataFolder, origin, tidyUp }: Beside): Promise<void> {
  const token = settings.configPath === undefined ? (settings.token ?? makeToken()) : undefined;
  const signingSecret = randomBytes(16).toString('hex');
  const slack = origin ? { signingSecrets: [signingSecret], responseOrigin: origin } : settings.slack;
  const local = await openLocal(
    { ...settings, token },
    { log, redirect: (connections) => toSandbox(connections, sandbox) },
  );
  const configuration = origin ? withTryPerson(local.configuration) : local.configuration;
  const server = await startServer({ ...settings, slack }, { ...local, configuration }, log);
  const who = origin === undefined ? undefined : whoToTry(configuration.initial);
  if (origin !== undefined && who !== undefined)
    writeDesk({ url: server.url, signingSecret, origin, who, buttons: [] });
  const stop = async () => {
    clearDesk(server);
    await server.stop();
    await tidyUp();
  };
  stopOnSignals(stop, log);
  stopIfUnwritable(stop);
  process.stdout.write(
    await introduction({
      url: server.url,
      token,
      dataFolder,
      sandbox,
      slack: who !== undefined,
      configuration: configuration.initial,
    }),
  );
}

/** Somebody to be in a workspace that does not exist. */
const tryPerson = {
  team: 'T0TRY',
  user: 'U0TRY',
  channel: 'C0TRY',
  app: 'A0TRY',
} as const satisfies SlackIdentity;

/** Without a configuration that says who is who in Slack, the one who tries it out may do everything. */
function withTryPerson(configuration: ReloadingConfiguration): ReloadingConfiguration {
  const { team: teamId, user: userId, channel, app: appId } = tryPerson;
  const caller = { id: 'you', kind: 'person' as const, rights: unrestrictedRights };
  const slack: SlackSettings = {
    ...{ teamId, appId, channels: [channel], announce: false },
    people: [{ teamId, userId, caller }],
  };
  const open = (read: Configuration) => (read.slack === 'members' ? { ...read, slack } : read);
  return { initial: open(configuration.initial), current: async () => open(await configuration.current()) };
}

/** The first person of the configuration who can do there what is printed, in its first channel. */
function whoToTry({ slack }: Configuration): SlackIdentity | undefined {
  if (typeof slack !== 'object') return undefined;
  const { teamId: team, appId: app, people, channels } = slack;
  const person = people.find(({ caller }) => can(caller, 'list') && can(caller, 'cancel'));
  const [channel] = channels;
  return person && channel !== undefined ? { team, app, channel, user: person.userId } : undefined;
}

/** The same connections at the pretend provider of each. */
function toSandbox(connections: readonly ConnectionSettings[], sandbox: SandboxBeside): ConnectionSettings[] {
  return connections.map((connection) => {
    return { ...connection, ...sandbox.at(connection.provider) };
  });
}

interface Introduced {
  readonly configuration: Configuration;
  /** Whether there is a pretend Slack, and somebody in it. */
  readonly slack: boolean;
  readonly url: string;
  /** Where there is one for all. */
  readonly token: string | undefined;
  /** Where it is not the one that every command looks in anyway. */
  readonly dataFolder: string | undefined;
  readonly sandbox: SandboxBeside;
}

async function introduction({
  url,
  token,
  dataFolder,
  sandbox,
  slack,
  configuration,
}: Introduced): Promise<string> {
  const { connections } = configuration;
  const auth =
    token === undefined ? '-H "Authorization: Bearer $TOKEN"' : `-H 'Authorization: Bearer ${token}'`;
  const jobs = await Promise.all(
    connections.map(async ({ name, provider }) => ({
      provider: name,
      job_id: await oldestRunning(sandbox.controlUrl, provider),
    })),
  );
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
${slack ? slackLines : ''}Stop with Ctrl-C.
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
const slackLines = `
Slack without a workspace, in another terminal:

npm run slack:try -- "list running"
npm run slack:try -- --press stop:1

`;

await orExplain(start);
