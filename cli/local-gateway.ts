import { randomUUID } from 'node:crypto';
import type { CallContext } from '../shared/cancellation/cancel-jobs.ts';
import { credentialFromSettings } from '../shared/config/credentials.ts';
import { defaultBudgetMs, readSettings } from '../shared/config/settings.ts';
import { createGateway, type Gateway } from '../shared/gateway.ts';
import { logToStderr } from '../shared/log.ts';

/**
 * A gateway in this process, on the keys of the environment.
 * @throws {ConfigurationError} when the environment cannot be used.
 */
export function localGateway(): Gateway {
  const { connections, budgetMs = defaultBudgetMs } = readSettings();
  return createGateway({ connections, credentials: credentialFromSettings, budgetMs, log: logToStderr });
}

/** A call that Ctrl-C ends: what is not sent then is not sent, and what is has its outcome reported. */
export function interruptibleCall(): CallContext {
  const interrupted = new AbortController();
  process.once('SIGINT', () => interrupted.abort());
  return { requestId: randomUUID(), signal: interrupted.signal };
}
