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
import { readSlack, type SlackSecrets } from './environment/slack-secrets.ts';
import type { ProxyAddress } from './environment/trusted-proxies.ts';
import { type Environment, EnvironmentReader } from './environment-reader.ts';
import { readListening } from './listening.ts';
import { readProxy } from './proxy-settings.ts';

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
  /** The proxies whose `X-Forwarded-*` headers count. Absent: no one's do. */
  readonly trustedProxies?: readonly ProxyAddress[] | undefined;
  /** Whether calloff counts what it does, and shows it. */
  readonly metrics: boolean;
  /** The port that shows it without a token. */
  readonly metricsPort?: number | undefined;
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
  readonly secretArns?: ReadonlyMap<string, string> | undefined;
  readonly secretMaxAgeMs: number;
  readonly slack: SlackSecrets;
  readonly proxy?: ProxySettings | undefined;
  /** The providers from the files that the configuration file names. Absent until `withOwnAdapters` has read them. */
  readonly own?: OwnProviders | undefined;
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
    trustedProxies: reader.read(variables.trustedProxies),
    metrics: reader.read(variables.metrics),
    metricsPort: reader.read(variables.metricsPort),
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
    secretArns: reader.read(variables.secretArns),
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

function contradictionsIn(
  { serverUrl, token, configPath, metrics, metricsPort }: Settings,
  reader: EnvironmentReader,
): string[] {
  const faults =
    metrics || metricsPort === undefined ? [] : ['CALLOFF_METRICS_PORT needs CALLOFF_METRICS=on'];
  if (serverUrl !== undefined || token === undefined || configPath === undefined) return faults;
  const written = reader.written(variables.token);
  const name = written.ok ? written.value.variable : variables.token.name;
  return [
    ...faults,
    `${name} cannot be combined with CALLOFF_CONFIG, where each caller has its own token. Unset it.`,
  ];
}
