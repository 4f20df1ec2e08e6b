import { randomUUID } from 'node:crypto';
import { RecentCancels } from '../shared/access/recent-cancels.ts';
import { systemClock } from '../shared/clock.ts';
import { loadConfiguration } from '../shared/config/configuration-source.ts';
import { credentialFromSettings } from '../shared/config/credentials.ts';
import {
  ConfigurationError,
  defaultBudgetMs,
  readSettings,
  type Settings,
} from '../shared/config/settings.ts';
import { createGateway } from '../shared/gateway.ts';
import { logToStderr as log } from '../shared/log.ts';
import type { ServerParts } from './server.ts';

/**
 * What a server in a process of its own is made of, on the configuration file or the keys of the environment. Where
 * these cannot be used, says so on standard error and ends the process with 2.
 */
export function localParts(): ServerParts {
  const settings = settingsOrEnd();
  const { budgetMs = defaultBudgetMs, confirmAbove, connections } = settings;
  return {
    gateway: createGateway({ connections, credentials: credentialFromSettings, budgetMs, log }),
    log,
    confirmAbove,
    recent: new RecentCancels(systemClock),
    newRequestId: randomUUID,
  };
}

function settingsOrEnd(): Settings {
  try {
    const settings = readSettings();
    return { ...settings, ...loadConfiguration(settings, { clock: systemClock, log }).first };
  } catch (error) {
    if (!(error instanceof ConfigurationError)) throw error;
    process.stderr.write(`${error.message}\n`);
    process.exit(2);
  }
}
