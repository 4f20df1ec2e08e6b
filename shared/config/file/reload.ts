import { dirname } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { ageOf, type Clock, momentOf } from '../../lib/clock.ts';
import type { Log } from '../../lib/log.ts';
import { type Configuration, defaultConfiguration, type EnvironmentDefaults } from '../configuration.ts';
import { ConfigurationError } from '../configuration-error.ts';
import type { Environment } from '../environment-reader.ts';
import { accessDenied, type SecretCache, unreadable } from '../secrets/cache.ts';
import { type SecretNaming, secretName } from '../secrets/secret-name.ts';
import type { Settings } from '../settings.ts';
import { adaptersIn, noAdaptersInLambda } from './adapters-schema.ts';
import { readConfigurationFile, readTextOr } from './configuration-text.ts';
import { keysFromEnvAndFiles, keysInSecrets, skipKeyResolution } from './connection-keys.ts';
import { readConfiguration } from './read.ts';
import { webhookSecretBeside, webhookSecretInSecrets } from './webhook-keys.ts';

/** The configuration in force. `unreadable`: there is one, but it cannot be read, so no caller is admitted. */
export interface ConfigurationSource {
  current(): Promise<Configuration | 'unreadable'>;
}

/** A configuration that was valid at the start and is reread from then on. */
export interface ReloadingConfiguration extends ConfigurationSource {
  readonly initial: Configuration;
  current(): Promise<Configuration>;
}

interface Parts {
  readonly clock: Clock;
  readonly log: Log;
  readonly environment?: Environment;
}

/** The longest time before the file is read again, in milliseconds. */
const maxAgeMs = 5_000;

/**
 * The configuration of this process: from the file in `CALLOFF_CONFIG`, otherwise from the environment.
 * @throws {ConfigurationError} naming every fault of the file.
 */
export function loadConfiguration(settings: Settings, parts: Parts): ReloadingConfiguration {
  if (settings.configPath !== undefined) return configurationFromFile(settings.configPath, settings, parts);
  const first = defaultConfiguration(settings);
  return { initial: first, current: async () => first };
}

/**
 * The configuration in a file, at most five seconds old. A broken new version is logged once, and the previous one stays
 * in force. Adapters, connections, keys and the webhook are those of the start: a key that has since disappeared must not keep
 * a revoked token in force.
 * @throws {ConfigurationError} naming every fault of the file as it is now.
 */
export function configurationFromFile(
  path: string,
  settings: EnvironmentDefaults,
  { clock, log, environment = process.env }: Parts,
): ReloadingConfiguration {
  let text = readConfigurationFile(path);
  const adapters = adaptersIn(text);
  const namesOthers = (latest: string) => !isDeepStrictEqual(adaptersIn(latest), adapters);
  const first = readConfiguration(text, {
    settings,
    key: keysFromEnvAndFiles(dirname(path), environment),
    webhookSecret: webhookSecretBeside(path, environment),
  });
  let inForce = first;
  let checkedAt = momentOf(clock);
  let brokenText: string | undefined;

  const check = () => {
    const latest = readTextOr(path, '');
    if (latest === text) return;
    try {
      const { connections, webhook } = first;
      inForce = { ...readConfiguration(latest, { settings, key: skipKeyResolution }), connections, webhook };
      text = latest;
      log({ level: 'info', event: 'configuration_changed' });
      if (namesOthers(latest)) log(otherAdapters);
    } catch (error) {
      if (latest !== brokenText) namesOthers(latest) ? log(otherAdapters) : logUnreadable(log, error);
      brokenText = latest;
    }
  };
  return {
    initial: first,
    async current() {
      if (ageOf(checkedAt, clock) < maxAgeMs) return inForce;
      checkedAt = momentOf(clock);
      check();
      return inForce;
    },
  };
}

/** What the reading of the configuration in a secret needs. */
interface SecretParts {
  readonly cache: SecretCache;
  readonly settings: EnvironmentDefaults & SecretNaming;
  readonly log: Log;
  /** Whether a secret that AWS denies is known to be absent, by other signs. Default: never. */
  isAbsentIfDenied?(): Promise<boolean>;
}

/**
 * The configuration in the secret `config`, as old as the cache allows. Without the secret it comes from the
 * environment. If it is broken or cannot be read, the result is `unreadable`.
 */
export function configurationFromSecret({
  cache,
  settings,
  log,
  isAbsentIfDenied = async () => false,
}: SecretParts): ConfigurationSource {
  const terms = {
    settings,
    ...{ key: keysInSecrets, inLambda: true },
    webhookSecret: webhookSecretInSecrets,
    adapters: () => noAdaptersInLambda,
  };
  const absent = defaultConfiguration(settings);
  let known: { text: string; reading: Configuration | 'unreadable' } | undefined;
  return {
    async current() {
      const text = await cache.readOrUnknown(secretName(settings, 'config'));
      if (text === unreadable) return 'unreadable';
      if (text === accessDenied) return (await isAbsentIfDenied()) ? absent : 'unreadable';
      if (text === undefined) return absent;
      if (known?.text !== text) known = { text, reading: readOrLog(text) };
      return known.reading;
    },
  };

  function readOrLog(text: string): Configuration | 'unreadable' {
    try {
      return readConfiguration(text, terms);
    } catch (error) {
      logUnreadable(log, error);
      return 'unreadable';
    }
  }
}

/** Adapters are read at the start, so that a change of the list waits for the next. */
const otherAdapters = { level: 'warn', event: 'adapters_changed', see: 'restart calloff' } as const;

/** Logs the command that lists the faults, not the faults: their paths hold text from the file. */
function logUnreadable(log: Log, error: unknown): void {
  if (!(error instanceof ConfigurationError)) throw error;
  log({ level: 'error', event: 'configuration_unreadable', error: error.name, see: 'calloff doctor' });
}
