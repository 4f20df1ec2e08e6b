import type { OwnProviders } from '../adapter/known-providers.ts';
import type { ProxySettings } from '../http/proxy.ts';
import { ConfigurationError } from './configuration-error.ts';
import {
  type ConnectionSettings,
  defaultConnections,
  deploymentFaults,
  type EnvironmentTerms,
  readConnection,
} from './connection-settings.ts';
import { defaultDataFolder } from './data-folder.ts';
import { type Deployments, readDeployments } from './environment/deployments.ts';
import { type Environment, EnvironmentReader } from './environment-reader.ts';
import { readListening } from './listening.ts';
import { readProxy } from './proxy-settings.ts';
import { fileForm } from './secrets/secret-file.ts';
import { unknownVariables } from './unknown-variables.ts';
import { variables } from './variables.ts';

/** The default time budget of one call outside Lambda, in milliseconds. */
export const defaultBudgetMs = 120_000;

/** Everything that the environment sets. `variables` says what each setting means. Times are in milliseconds. */
export interface Settings {
  readonly connections: readonly ConnectionSettings[];
  /** What keeps these connections from being served. It does not matter if the configuration file names others. */
  readonly connectionFaults: readonly string[];
  readonly deployments: Deployments;
  readonly host: string;
  readonly port: number;
  /** What calloff ignores in `HOST` and `PORT`: sentences for the person who starts a server. */
  readonly passedOver: readonly string[];
  /** What keeps a server from starting. */
  readonly listeningFaults: readonly string[];
  readonly keepAliveMs: number;
  /** Whether the page for people is served. */
  readonly console: boolean;
  /** Where people reach calloff; the path ends with a slash. */
  readonly publicUrl?: URL | undefined;
  /** The server that commands ask instead of the providers, or `none`. */
  readonly serverUrl?: string | undefined;
  /** Of a caller at `serverUrl`; without that, of the one caller that a server here admits. */
  readonly token?: string | undefined;
  /** Whether the environment names a configuration file or data folder of this machine. */
  readonly isForThisMachine: boolean;
  readonly configPath?: string | undefined;
  /** The folder may not exist yet. */
  readonly dataFolder: string;
  readonly pepper?: string | undefined;
  readonly budgetMs?: number | undefined;
  readonly confirmAbove: number;
  readonly table?: string | undefined;
  readonly queueUrl?: string | undefined;
  readonly operationsQueueUrl?: string | undefined;
  readonly secretPrefix: string;
  readonly secretMaxAgeMs: number;
  readonly slack: SlackSecrets;
  readonly proxy?: ProxySettings | undefined;
  /** The providers from the files that the configuration file names. Absent until `withOwnAdapters` has read them. */
  readonly own?: OwnProviders | undefined;
}

/** The settings of the Slack app, if there is one. */
export interface SlackSecrets {
  /** The signing secret and, while it is rotated, the one before. None: there is no Slack app. */
  readonly signingSecrets: readonly string[];
  /** Where to post the requests that wait for a confirmation: a secret. */
  readonly webhookUrl?: string | undefined;
  /** A loopback origin instead of Slack's own, for tests. */
  readonly responseOrigin?: string | undefined;
}

/**
 * Reads the environment. No other file does. An invalid key leaves its connection without one; servers check `HOST` and
 * `PORT`; and who reads the configuration file checks `connectionFaults`, because the file may name other connections.
 * @throws {ConfigurationError} naming every unknown `CALLOFF_*` variable and every malformed value.
 */
export function readSettings(environment: Environment = process.env, terms: EnvironmentTerms = {}): Settings {
  const reader = new EnvironmentReader(environment);
  const { faults: listeningFaults, ...listening } = readListening(environment);
  const [configPath, dataFolder] = [reader.read(variables.configPath), reader.read(variables.dataFolder)];
  const settings: Settings = {
    ...readConnections(environment, terms),
    ...listening,
    ...{ configPath, listeningFaults },
    keepAliveMs: reader.read(variables.keepAliveMs),
    console: reader.read(variables.console),
    publicUrl: reader.read(variables.publicUrl),
    serverUrl: reader.read(variables.serverUrl),
    token: reader.read(variables.token),
    dataFolder: dataFolder ?? defaultDataFolder(environment),
    isForThisMachine: configPath !== undefined || dataFolder !== undefined,
    pepper: reader.read(variables.pepper),
    budgetMs: reader.read(variables.budgetMs),
    confirmAbove: reader.read(variables.confirmAbove),
    table: reader.read(variables.table),
    queueUrl: reader.read(variables.queueUrl),
    operationsQueueUrl: reader.read(variables.operationsQueueUrl),
    secretPrefix: reader.read(variables.secretPrefix),
    secretMaxAgeMs: reader.read(variables.secretMaxAgeMs),
    slack: readSlack(reader),
    proxy: readProxy(environment),
  };
  const { connectionFaults, serverUrl } = settings;
  const faults = [...unknownVariables(environment), ...reader.faults, ...contradictionsIn(settings, reader)];
  if (configPath === undefined && serverUrl === undefined) faults.push(...connectionFaults);
  if (faults.length > 0) throw new ConfigurationError(faults);
  return settings;
}

/** The connections of the environment. */
function readConnections(
  environment: Environment,
  terms: EnvironmentTerms,
): Pick<Settings, 'connections' | 'connectionFaults' | 'deployments'> {
  const reader = new EnvironmentReader(environment);
  const deployments = readDeployments(environment);
  const connections = (reader.read(variables.connections) ?? defaultConnections).map((provider) =>
    readConnection(provider, reader, terms),
  );
  const contradictions = connections.flatMap((each) => deploymentFaults(each, deployments));
  return { connections, connectionFaults: [...new Set([...reader.faults, ...contradictions])], deployments };
}

function readSlack(reader: EnvironmentReader): SlackSecrets {
  const current = reader.read(variables.signingSecret);
  const previous = reader.read(variables.previousSigningSecret);
  const { name } = variables.signingSecret;
  const isThere = [name, fileForm(name)].some((each) => reader.environment[each] !== undefined);
  if (!isThere && previous !== undefined)
    reader.faults.push('SLACK_SIGNING_SECRET_PREVIOUS needs SLACK_SIGNING_SECRET. Set both, or unset it');
  return {
    signingSecrets: [current, previous].filter((secret) => secret !== undefined),
    webhookUrl: reader.read(variables.slackWebhookUrl),
    responseOrigin: reader.read(variables.responseOrigin),
  };
}

function contradictionsIn({ serverUrl, token, configPath }: Settings, reader: EnvironmentReader): string[] {
  if (serverUrl !== undefined || token === undefined || configPath === undefined) return [];
  const written = reader.written(variables.token);
  const name = written.ok ? written.value.variable : variables.token.name;
  return [`${name} cannot be combined with CALLOFF_CONFIG, where each caller has its own token. Unset it.`];
}

/** The AWS region and endpoint, from the variables that Lambda sets and every AWS SDK reads. */
export function awsRegion(environment: Environment = process.env): { region: string; endpoint?: string } {
  const { AWS_REGION: region = 'us-east-1', AWS_ENDPOINT_URL_DYNAMODB: endpoint } = environment;
  return { region, ...(endpoint === undefined ? {} : { endpoint }) };
}
