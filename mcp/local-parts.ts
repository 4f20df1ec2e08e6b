import { randomUUID } from 'node:crypto';
import { RecentCancels } from '../shared/access/recent-cancels.ts';
import { systemClock } from '../shared/clock.ts';
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
 * What a server in a process of its own is made of, on the keys of the environment. Where the environment cannot be used,
 * says so on standard error and ends the process with 2.
 */
export function localParts(): ServerParts {
  const { connections, budgetMs = defaultBudgetMs, confirmAbove } = settingsOrEnd();
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
    return readSettings();
  } catch (error) {
    if (!(error instanceof ConfigurationError)) throw error;
    process.stderr.write(`${error.message}\n`);
    process.exit(2);
  }
}
