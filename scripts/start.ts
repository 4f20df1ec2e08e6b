import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startServer } from '../functions/http/server.ts';
import { orExplain, stopIfUnwritable, stopOnSignals } from '../functions/lifecycle.ts';
import { settingsToListen } from '../functions/serve.ts';
import { startPretendSlack } from '../sandbox/pretend-slack.ts';
import type { ConnectionSettings } from '../shared/config/connection-settings.ts';
import type { Settings } from '../shared/config/settings.ts';
import { type Log, logToStderr } from '../shared/lib/log.ts';
import { openLocal } from '../shared/local-gateway.ts';
import { writePage } from './build/page.ts';
import { type Introduced, introduction } from './introduction.ts';
import { type SandboxBeside, sandboxBeside } from './sandbox-beside.ts';
import { whoToTry, withTryPerson } from './slack-try/person.ts';
import { clearSession, writeSession } from './slack-try/session.ts';

/** Only faults: a line for each request would hide what is printed for people. */
const log: Log = (entry) => {
  if (entry.level !== 'info') logToStderr(entry);
};

/** `npm start`: the API beside pretend providers, so that everything can be tried without an account. */
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
    // With a signing secret of a real workspace, calloff answers Slack itself.
    pretend = settings.slack.signingSecrets.length === 0 ? await startPretendSlack() : undefined;
    const variables = {
      CALLOFF_CONFIG: configuration || undefined,
      CALLOFF_DATA_DIR: environment.CALLOFF_DATA_DIR,
    };
    const pageFolder = join(folder, 'page');
    await writePage(pageFolder);
    await serveBeside({ sandbox, settings, variables, origin: pretend?.origin, pageFolder, tidyUp });
  } catch (error) {
    await tidyUp();
    throw error;
  }
}

interface Beside extends Pick<Introduced, 'sandbox' | 'variables'> {
  readonly settings: Settings;
  /** Of the pretend Slack, if there is one. */
  readonly origin: string | undefined;
  /** Of the page, as the package has it. */
  readonly pageFolder: string;
  tidyUp(): Promise<void>;
}

/** A token for this one run, short enough for a command to fit on two lines. */
const makeShortToken = () => randomBytes(12).toString('base64url');

async function serveBeside(beside: Beside): Promise<void> {
  const { sandbox, settings, variables, origin, pageFolder, tidyUp } = beside;
  const token = settings.configPath === undefined ? (settings.token ?? makeShortToken()) : undefined;
  const signingSecret = randomBytes(16).toString('hex');
  const slack = origin ? { signingSecrets: [signingSecret], responseOrigin: origin } : settings.slack;
  let ownPage: URL | undefined;
  const redirect = (connections: readonly ConnectionSettings[]) => toSandbox(connections, sandbox);
  const local = await openLocal({ ...settings, token }, { log, redirect, ownPage: () => ownPage });
  const configuration = origin ? withTryPerson(local.configuration) : local.configuration;
  const served = { ...settings, slack, console: true, pageFolder };
  const server = await startServer(served, { ...local, configuration }, log);
  // A person who tries calloff sits at this machine, where the address at which it listens is that of the page.
  ownPage = new URL(server.pageUrl() ?? server.url);
  const who = origin === undefined ? undefined : whoToTry(configuration.initial);
  if (origin !== undefined && who !== undefined)
    writeSession({ url: server.url, signingSecret, origin, who, buttons: [] });
  const stop = async () => {
    clearSession(server);
    await server.stop();
    await tidyUp();
  };
  stopOnSignals(stop, log);
  stopIfUnwritable(stop);
  process.stdout.write(
    await introduction({
      url: server.url,
      pageUrl: server.pageUrl(token) ?? server.url,
      token,
      variables,
      sandbox,
      slack: who !== undefined,
      configuration: configuration.initial,
    }),
  );
}

/** The connections at the pretend provider of each. One of an own adapter has none, and is left out. */
function toSandbox(connections: readonly ConnectionSettings[], sandbox: SandboxBeside): ConnectionSettings[] {
  return connections
    .filter(({ own }) => own === undefined)
    .map((connection) => {
      return { ...connection, ...sandbox.at(connection.provider) };
    });
}

await orExplain(start);
