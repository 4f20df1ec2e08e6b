import { resolve } from 'node:path';
import type { ProxySettings } from '../http/proxy.ts';
import {
  type AdapterDeployment,
  type AdapterOption,
  type ConnectionOptions,
  type ProviderId,
  providerIds,
} from '../providers/adapter.ts';
import { adapters } from '../providers/registry.ts';
import { defaultDataFolder } from './data-folder.ts';
import { foreignFault, foreignSecretFault, leftOpen } from './foreign-value.ts';
import { readListening } from './listening.ts';
import { readProxy } from './proxy-settings.ts';
import { baseUrlVariable, unknownVariables } from './variables.ts';

/** A connection as it is configured. `apiKey` is absent where the key comes from elsewhere, or not at all. */
export interface ConnectionSettings {
  readonly name: string;
  readonly provider: ProviderId;
  readonly baseUrl: string;
  /** Where the environment says that the provider's keys are good, if it does. */
  readonly deploymentUrl?: string | undefined;
  readonly apiKey?: string | undefined;
  /** Why what stands in the place of its key is none, as the end of a sentence that begins with the place. */
  readonly keyFault?: string | undefined;
  /** Set where the configuration file names it. */
  readonly fromFile?: true;
  readonly options: ConnectionOptions;
}

/** The time budget of one call in a process of one's own, where none is set. */
export const defaultBudgetMs = 120_000;

/** Everything that can be set from outside. */
export interface Settings {
  readonly connections: readonly ConnectionSettings[];
  readonly host: string;
  readonly port: number;
  /** Sentences about `HOST` and `PORT` for whoever starts a server, and what keeps a server from starting. */
  readonly passedOver: readonly string[];
  readonly listeningFaults: readonly string[];
  /** How long a connection of the server may be idle before it is closed. */
  readonly keepAliveMs: number;
  readonly token?: string | undefined;
  /** Where the configuration file is. */
  readonly configPath?: string | undefined;
  /** The folder of what must survive the process. It may not be there yet. */
  readonly dataFolder: string;
  /** What the HMACs of tokens are made with, where it is set. */
  readonly pepper?: string | undefined;
  readonly budgetMs?: number | undefined;
  /** From which number of cancels in ten minutes on an assistant needs a person's consent. */
  readonly confirmAbove: number;
  /** In Lambda: the DynamoDB table, or `none`. */
  readonly table?: string | undefined;
  /** In Lambda: the queue that work goes through once Slack has its first answer. */
  readonly queueUrl?: string | undefined;
  readonly secretPrefix: string;
  readonly secretMaxAgeMs: number;
  readonly slack: SlackSecrets;
  readonly proxy?: ProxySettings | undefined;
}

/** What the Slack surface rests on, where there is a Slack app. */
export interface SlackSecrets {
  /** The signing secret and, while it is rotated, the one before. None: there is no Slack app. */
  readonly signingSecrets: readonly string[];
  /** A loopback origin in the place of Slack's own, for trying and for tests. */
  readonly responseOrigin?: string | undefined;
}

/** Thrown when the configuration cannot be used. Its message names every fault, and never a value that may be secret. */
export class ConfigurationError extends Error {
  readonly faults: readonly string[];

  constructor(faults: readonly string[]) {
    super(`calloff cannot start:\n${faults.map((fault) => `  - ${fault}`).join('\n')}`);
    this.name = 'ConfigurationError';
    this.faults = faults;
  }
}

/** The variables of a process. */
export type Environment = Readonly<Record<string, string | undefined>>;

/**
 * Reads the environment, the only place that does. A variable that is set but empty counts as not set, and so does one
 * that holds the placeholder of an option which a host of MCP bundles left open. A key that is no key leaves its connection
 * without one. `HOST` and `PORT` are for servers to judge.
 * @throws {ConfigurationError} naming every unknown `CALLOFF_*` variable and every malformed value.
 */
export function readSettings(environment: Environment = process.env): Settings {
  const faults: string[] = unknownVariables(environment);
  const read = <T>(name: string, parse: (text: string) => T | InvalidValue): T | undefined => {
    const text = environment[name]?.trim();
    if (text === undefined || text === '' || leftOpen.test(text)) return undefined;
    const foreign = foreignFault(text);
    const value = foreign === undefined ? parse(text) : new InvalidValue(foreign);
    if (!(value instanceof InvalidValue)) return value;
    faults.push(`${name} ${value.message}`);
    return undefined;
  };
  const { faults: listeningFaults, ...listening } = readListening(environment);
  const settings: Settings = {
    connections: providerIds.map((provider) => readConnection(provider, environment, read)),
    ...{ ...listening, listeningFaults },
    keepAliveMs:
      milliseconds(read('CALLOFF_KEEP_ALIVE_SECONDS', (text) => readNumber(text, 1, 3_600))) ?? 65_000,
    token: read('CALLOFF_TOKEN', readToken),
    configPath: read('CALLOFF_CONFIG', readPath),
    dataFolder: read('CALLOFF_DATA_DIR', readPath) ?? defaultDataFolder(environment),
    pepper: read('CALLOFF_PEPPER', readPepper),
    budgetMs: milliseconds(read('CALLOFF_BUDGET_SECONDS', (text) => readNumber(text, 5, 900))),
    confirmAbove: read('CALLOFF_CONFIRM_ABOVE', (text) => readNumber(text, 0, 10_000)) ?? 10,
    table: read('CALLOFF_TABLE', readTable),
    queueUrl: read('CALLOFF_QUEUE_URL', readBaseUrl),
    secretPrefix: read('CALLOFF_SECRET_PREFIX', readPrefix) ?? 'calloff/',
    secretMaxAgeMs:
      milliseconds(read('CALLOFF_SECRET_MAX_AGE_SECONDS', (text) => readNumber(text, 1, 86_400))) ?? 300_000,
    slack: readSlack(environment, read, faults),
    proxy: readProxy(environment),
  };
  faults.push(...settings.connections.flatMap(otherHost));
  if (settings.token !== undefined && settings.configPath !== undefined)
    faults.push(
      'CALLOFF_TOKEN has no place beside CALLOFF_CONFIG: callers have tokens of their own; remove it',
    );
  if (faults.length > 0) throw new ConfigurationError(faults);
  return settings;
}

/** A key belongs to one deployment: two variables that name two would send it to one where it does not belong. */
function otherHost({ provider, baseUrl, deploymentUrl }: ConnectionSettings): string[] {
  const isElsewhere = deploymentUrl !== undefined && new URL(deploymentUrl).host !== new URL(baseUrl).host;
  const { deployment } = adapters[provider];
  return isElsewhere
    ? [
        `${baseUrlVariable(provider)} and ${deployment?.variable} name two hosts: unset the one that the key is not for`,
      ]
    : [];
}

type Read = <T>(name: string, parse: (text: string) => T | InvalidValue) => T | undefined;

function readConnection(provider: ProviderId, environment: Environment, read: Read): ConnectionSettings {
  const { key, deployment, options = [], defaultBaseUrl } = adapters[provider];
  const { [key.variable]: written = '' } = environment;
  const foreign = leftOpen.test(written.trim()) ? undefined : foreignSecretFault(written);
  const deploymentUrl =
    deployment && read(deployment.variable, (text) => readDeploymentUrl(text, deployment));
  const chosen = options.flatMap((option) => {
    const value = read(option.variable, (text) => readOption(text, option));
    return value === undefined ? [] : [[option.name, value] as const];
  });
  return {
    name: provider,
    provider,
    baseUrl: read(baseUrlVariable(provider), readBaseUrl) ?? deploymentUrl ?? defaultBaseUrl,
    ...(deploymentUrl === undefined ? {} : { deploymentUrl }),
    ...(foreign === undefined ? { apiKey: read(key.variable, readKey) } : { keyFault: foreign }),
    options: Object.fromEntries(chosen),
  };
}

/** A signing secret that is set but empty would let anybody sign: unlike other variables it does not count as not set. */
function readSlack(environment: Environment, read: Read, faults: string[]): SlackSecrets {
  const signingSecrets: string[] = [];
  for (const name of ['SLACK_SIGNING_SECRET', 'SLACK_SIGNING_SECRET_PREVIOUS'] as const) {
    const secret = environment[name] === undefined ? undefined : readSigningSecret(environment[name]);
    if (secret instanceof InvalidValue) faults.push(`${name} ${secret.message}`);
    else if (secret !== undefined) signingSecrets.push(secret);
  }
  const { SLACK_SIGNING_SECRET: current } = environment;
  if (current === undefined && signingSecrets.length > 0)
    faults.push('SLACK_SIGNING_SECRET_PREVIOUS has no place without SLACK_SIGNING_SECRET');
  return { signingSecrets, responseOrigin: read('CALLOFF_SLACK_RESPONSE_ORIGIN', readLoopbackOrigin) };
}

/** What is wrong with a value, as the end of a sentence that begins with its name. */
export class InvalidValue {
  readonly message: string;

  constructor(message: string) {
    this.message = message;
  }
}

/** A key, trimmed. One with a line break or another invisible character would make `fetch` print it in an error. */
export function readKey(text: string): string | InvalidValue {
  const key = text.trim();
  const foreign = foreignSecretFault(key);
  if (foreign !== undefined) return new InvalidValue(foreign);
  return /^[\x21-\x7e]+$/.test(key)
    ? key
    : new InvalidValue('must be visible ASCII characters without spaces or line breaks');
}

/** A base URL: `https`, or `http` on loopback; without user info, query or fragment. */
export function readBaseUrl(text: string): string | InvalidValue {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined) return new InvalidValue('must be a URL, such as https://api.example.com/v1');
  if (url.protocol !== 'https:' && !(url.protocol === 'http:' && isLoopback(url))) {
    return new InvalidValue('must begin with https:// (http:// only on 127.0.0.1, localhost or [::1])');
  }
  if (url.username !== '' || url.password !== '')
    return new InvalidValue('must not hold a user name or password');
  if (/[?#]/.test(text)) return new InvalidValue('must not hold a query or a fragment');
  return url.href.replace(/\/+$/, '');
}

function readDeploymentUrl(text: string, { baseUrl }: AdapterDeployment): string | InvalidValue {
  const url = readBaseUrl(text);
  return url instanceof InvalidValue ? url : baseUrl(url);
}

function readOption(text: string, { schema }: AdapterOption): string | InvalidValue {
  const { data, error } = schema.safeParse(text);
  return data ?? new InvalidValue(error?.issues[0]?.message ?? 'is not a value of this option');
}

/** A token for callers of the HTTP API: long enough not to be guessed, and one that a request can present. */
export function readToken(text: string): string | InvalidValue {
  const foreign = foreignSecretFault(text);
  if (foreign !== undefined) return new InvalidValue(foreign);
  const valid = /^[\x21-\x7e]{16,512}$/.test(text);
  return valid ? text : new InvalidValue('must be 16 to 512 visible ASCII characters without spaces');
}

/** A pepper: long enough not to be guessed. */
export function readPepper(text: string): string | InvalidValue {
  const foreign = foreignSecretFault(text);
  if (foreign !== undefined) return new InvalidValue(foreign);
  const valid = /^[\x21-\x7e]{32,}$/.test(text);
  return valid ? text : new InvalidValue('must be at least 32 visible ASCII characters without spaces');
}

function readPath(text: string): string | InvalidValue {
  if (text.includes('\0')) return new InvalidValue('must be a path');
  return isUnexpanded(text)
    ? new InvalidValue('holds what only a shell replaces, such as ~ or $HOME: write the whole path')
    : resolve(text);
}

/** A host that hands variables over as they are written leaves `~` and names of variables in a path. */
function isUnexpanded(path: string): boolean {
  return /^~(\/|$)|\$\{[^{}]*\}|^\$\w+(\/|$)|^%\w+%([\\/]|$)/.test(path);
}

/** A signing secret shorter than this many characters is no secret: with an empty one, anybody can sign. */
export const shortestSigningSecret = 16;

/** Slack's signing secret, trimmed: 32 lower-case hexadecimal digits as Slack issues them, or whatever it issues next. */
export function readSigningSecret(text: string): string | InvalidValue {
  const secret = text.trim();
  const foreign = foreignSecretFault(secret);
  if (foreign !== undefined) return new InvalidValue(foreign);
  return secret.length >= shortestSigningSecret && /^[\x21-\x7e]+$/.test(secret)
    ? secret
    : new InvalidValue(
        `must be the signing secret of the Slack app: at least ${shortestSigningSecret} visible ASCII characters`,
      );
}

/** An origin on this machine that stands in for Slack's, for trying and for tests: `http://127.0.0.1:8080`. */
export function readLoopbackOrigin(text: string): string | InvalidValue {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  const valid = url !== undefined && isLoopback(url) && /^https?:$/.test(url.protocol) && url.origin === text;
  return valid ? text : new InvalidValue('must be an origin on this machine, such as http://127.0.0.1:8080');
}

function isLoopback({ hostname }: URL): boolean {
  return /^(localhost|127(\.\d{1,3}){3}|\[::1\])$/.test(hostname);
}

function readTable(text: string): string | InvalidValue {
  const valid = /^[A-Za-z0-9_.-]{3,255}$/.test(text);
  return valid ? text : new InvalidValue('must be the name of a DynamoDB table');
}

function readPrefix(text: string): string | InvalidValue {
  const valid = /^[A-Za-z0-9/_+=.@-]{1,200}$/.test(text);
  return valid ? text : new InvalidValue('must be letters, digits or any of / _ + = . @ -');
}

function readNumber(text: string, least: number, most: number): number | InvalidValue {
  const value = /^\d{1,6}$/.test(text) ? Number(text) : Number.NaN;
  return value >= least && value <= most
    ? value
    : new InvalidValue(`must be a whole number from ${least} to ${most}`);
}

function milliseconds(seconds: number | undefined): number | undefined {
  return seconds === undefined ? undefined : seconds * 1_000;
}

/** Where AWS is, by the variables that Lambda sets and every AWS SDK reads. */
export function awsRegion(environment: Environment = process.env): { region: string; endpoint?: string } {
  const { AWS_REGION: region = 'us-east-1', AWS_ENDPOINT_URL_DYNAMODB: endpoint } = environment;
  return { region, ...(endpoint === undefined ? {} : { endpoint }) };
}
