import { randomBytes } from 'node:crypto';
import { ConfigurationError } from '../shared/config/configuration-error.ts';
import { noServer } from '../shared/config/environment/server-url.ts';
import type { Environment } from '../shared/config/environment-reader.ts';
import { readSettings, type Settings } from '../shared/config/settings.ts';
import { logToStderr } from '../shared/lib/log.ts';
import { openLocal } from '../shared/local-gateway.ts';
import { keyFinding } from '../shared/messages/key.ts';
import { startServer } from './http/server.ts';
import { orExplain, stopIfUnwritable, stopOnSignals } from './lifecycle.ts';

/** A token for an installation without one: 32 random characters. */
function makeToken(): string {
  return randomBytes(24).toString('base64url');
}

/**
 * The settings of a process that listens. Prints on standard error which values of other programs it ignores.
 * @throws {ConfigurationError} if the settings, or the host and port, cannot be used.
 */
export function settingsToListen(environment?: Environment): Settings {
  const settings = readSettings(environment);
  if (settings.listeningFaults.length > 0) throw new ConfigurationError(settings.listeningFaults);
  for (const sentence of settings.passedOver) process.stderr.write(`${sentence}\n`);
  return settings;
}

/**
 * `calloff serve`: the API with real keys. Without `CALLOFF_TOKEN` and configured callers it generates
 * a token and shows it on a terminal; without a terminal it refuses to start, because a log would keep the token.
 */
export async function serve(): Promise<void> {
  const settings = settingsToListen();
  if (settings.serverUrl !== undefined && settings.serverUrl !== noServer)
    throw new ConfigurationError([
      'CALLOFF_URL names another server, and CALLOFF_TOKEN is the token for it. Unset CALLOFF_URL to serve from this machine',
    ]);
  const needsToken = settings.token === undefined && settings.configPath === undefined;
  if (needsToken && !process.stdout.isTTY) {
    throw new ConfigurationError([
      'CALLOFF_TOKEN or CALLOFF_CONFIG must be set. calloff shows a generated token only on a terminal, because a log would keep it',
    ]);
  }
  const made = needsToken ? makeToken() : undefined;
  const local = await openLocal({ ...settings, token: settings.token ?? made }, { log: logToStderr });
  const server = await startServer(settings, local, logToStderr);
  stopOnSignals(server.stop, logToStderr);
  stopIfUnwritable(server.stop);
  const { connections } = local.configuration.initial;
  const keyless = connections.filter(({ apiKey }) => apiKey === undefined).map(({ name }) => name);
  process.stdout.write(`calloff listens on ${server.url}\n`);
  const pageUrl = server.pageUrl(made);
  if (server.metricsUrl !== undefined) process.stdout.write(`metrics: ${server.metricsUrl}\n`);
  if (pageUrl !== undefined) process.stdout.write(`page: ${pageUrl}\n`);
  if (made !== undefined) process.stdout.write(`token: ${made}\n`);
  const connected = await local.gateway.connections();
  const faulty = [...connected.values()].map(keyFinding).filter(({ isFaulty }) => isFaulty);
  for (const { finding } of faulty) process.stderr.write(`${finding}\n`);
  if (keyless.length > 0) process.stdout.write(`without a key: ${keyless.join(', ')}\n`);
}

if (import.meta.main) await orExplain(serve);
