import { randomUUID } from 'node:crypto';
import type { CallContext } from '../shared/cancellation/cancel-jobs.ts';
import { systemClock } from '../shared/clock.ts';
import { loadConfiguration } from '../shared/config/configuration-source.ts';
import { credentialFromSettings } from '../shared/config/credentials.ts';
import { defaultBudgetMs, readSettings } from '../shared/config/settings.ts';
import { createGateway, type Gateway } from '../shared/gateway.ts';
import { logToStderr } from '../shared/log.ts';

/**
 * A gateway in this process, on the connections of the configuration file or of the environment.
 * @throws {ConfigurationError} when they cannot be used.
 */
export function localGateway(): Gateway {
  const settings = readSettings();
  const { connections } = loadConfiguration(settings, { clock: systemClock, log: logToStderr }).first;
  const { budgetMs = defaultBudgetMs } = settings;
  return createGateway({ connections, credentials: credentialFromSettings, budgetMs, log: logToStderr });
}

/** A call that Ctrl-C ends: what is not sent then is not sent, and what is has its outcome reported. */
export function interruptibleCall(): CallContext {
  const interrupted = new AbortController();
  process.once('SIGINT', () => interrupted.abort());
  return { requestId: randomUUID(), signal: interrupted.signal };
}
