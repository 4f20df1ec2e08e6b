import { readFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { ageOf, type Clock, momentOf } from '../../lib/clock.ts';
import type { Log } from '../../lib/log.ts';
import { type Configuration, defaultConfiguration, type EnvironmentDefaults } from '../configuration.ts';
import { ConfigurationError } from '../configuration-error.ts';
import type { Environment } from '../environment.ts';
import { accessDenied, type SecretCache, unreadable } from '../secrets/cache.ts';
import type { Settings } from '../settings.ts';
import { keysFromEnvAndFiles, keysInSecrets, skipKeyResolution, systemCode } from './connection-keys.ts';
import { readConfiguration } from './read.ts';

/** The configuration in force. `unreadable`: there is one, but nobody can tell what it says, so nobody may do anything. */
export interface ConfigurationSource {
  current(): Promise<Configuration | 'unreadable'>;
}

/** A configuration that could be read at the start, and is followed from then on. */
export interface ReloadingConfiguration extends ConfigurationSource {
  readonly initial: Configuration;
  current(): Promise<Configuration>;
}

interface Parts {
  readonly clock: Clock;
  readonly log: Log;
  readonly environment?: Environment;
}

/** How old what was read from the file may be. */
const maxAgeMs = 5_000;

/**
 * The configuration of this process: of the file in `CALLOFF_CONFIG`, else what the environment amounts to.
 * @throws {ConfigurationError} naming every fault of the file.
 */
export function loadConfiguration(settings: Settings, parts: Parts): ReloadingConfiguration {
  const { configPath } = settings;
  if (configPath !== undefined) return configurationFromFile(configPath, settings, parts);
  const first = defaultConfiguration(settings);
  return { initial: first, current: async () => first };
}

/**
 * The configuration in a file, at most five seconds old. A new version that is broken is logged, once, and leaves the
 * one before in force. Its connections and their keys are those of the start: a key that is gone by now must not keep a
 * token in force that was revoked.
 * @throws {ConfigurationError} naming every fault of the file as it is now.
 */
export function configurationFromFile(
  path: string,
  settings: EnvironmentDefaults,
  { clock, log, environment = process.env }: Parts,
): ReloadingConfiguration {
  let text = readConfigurationFile(path);
  const first = readConfiguration(text, { settings, key: keysFromEnvAndFiles(dirname(path), environment) });
  let inForce = first;
  let checkedAt = momentOf(clock);
  let brokenText: string | undefined;

  const check = () => {
    const latest = readTextOr(path, '');
    if (latest === text) return;
    try {
      const { connections } = first;
      inForce = { ...readConfiguration(latest, { settings, key: skipKeyResolution }), connections };
      text = latest;
      log({ level: 'info', event: 'configuration_changed' });
    } catch (error) {
      if (latest !== brokenText) logUnreadable(log, error);
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

/** What the configuration in a secret is read with. */
interface SecretParts {
  readonly cache: SecretCache;
  readonly settings: EnvironmentDefaults & Pick<Settings, 'secretPrefix'>;
  readonly log: Log;
  /** Whether a secret that AWS denies is known to be absent, by other signs. Without it: never. */
  isAbsentIfDenied?(): Promise<boolean>;
}

/**
 * The configuration in the secret `<prefix>config`, as old as the cache lets a secret grow. Without the secret it is
 * what the environment amounts to. One that is broken, or cannot be read, is `unreadable`.
 */
export function configurationFromSecret({
  cache,
  settings,
  log,
  isAbsentIfDenied = async () => false,
}: SecretParts): ConfigurationSource {
  const terms = { settings, key: keysInSecrets };
  const absent = defaultConfiguration(settings);
  let known: { text: string; reading: Configuration | 'unreadable' } | undefined;
  return {
    async current() {
      const text = await cache.readOrUnknown(`${settings.secretPrefix}config`);
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

/**
 * The text of the configuration file.
 * @throws {ConfigurationError} where it cannot be read.
 */
export function readConfigurationFile(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    throw new ConfigurationError([`CALLOFF_CONFIG names a file that cannot be read (${systemCode(error)})`]);
  }
}

function readTextOr(path: string, otherwise: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return otherwise;
  }
}

/** Faults are for people, and their paths hold whatever stands in the file: a log says only which command names them. */
function logUnreadable(log: Log, error: unknown): void {
  if (!(error instanceof ConfigurationError)) throw error;
  log({ level: 'error', event: 'configuration_unreadable', error: error.name, see: 'calloff doctor' });
}
