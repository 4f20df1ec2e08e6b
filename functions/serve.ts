import { randomBytes, randomUUID } from 'node:crypto';
import { createServer, IncomingMessage, type Server } from 'node:http';
import { getRequestListener } from '@hono/node-server';
import { ConfigurationError } from '../shared/config/configuration-error.ts';
import type { Environment } from '../shared/config/environment.ts';
import { readSettings, type Settings } from '../shared/config/settings.ts';
import { systemClock, within } from '../shared/lib/clock.ts';
import { type Log, logToStderr } from '../shared/lib/log.ts';
import { type Local, openLocal } from '../shared/local-gateway.ts';
import { unwritableMessage } from '../shared/messages/faults.ts';
import { keyFinding } from '../shared/messages/key.ts';
import { createApp } from './http/app.ts';
import { lingering } from './http/linger.ts';
import { mcpRoutes } from './http/mcp-routes.ts';
import { localSlack } from './slack/local-slack.ts';

const headersTimeoutMs = 10_000;
const requestTimeoutMs = 30_000;
/** How often Node looks for connections that are too slow. */
const connectionsCheckingInterval = 5_000;
/** How long finished answers may take to leave before idle connections are cut. */
const drainMs = 1_000;
/** Supervisors kill a process ten seconds after they stop it. Requests that have not ended by then are abandoned. */
const longestStopMs = 8_800;
const longestCloseMs = 500;

/** A server that listens. */
export interface RunningServer {
  /** Such as `http://127.0.0.1:8787`. */
  readonly url: string;
  /**
   * Takes no new requests, sends no more cancels, and resolves when every request has its answer, within ten seconds.
   */
  stop(): Promise<void>;
}

/**
 * Starts every HTTP surface in this process, on an open gateway. Stopping also closes the gateway.
 * @throws {ConfigurationError} if it cannot listen on the host and port.
 */
export async function startServer(
  settings: Pick<Settings, 'host' | 'port' | 'keepAliveMs' | 'confirmAbove' | 'slack'>,
  local: Local,
  log: Log,
): Promise<RunningServer> {
  const { gateway, callers, close } = local;
  const stopping = new AbortController();
  /** What must end before the server may: requests, and calls whose answer is a stream that has begun. */
  const inFlight = new Set<Promise<unknown>>();
  const track = (work: Promise<unknown>) => {
    inFlight.add(work);
    work.finally(() => inFlight.delete(work)).catch(() => undefined);
  };
  const parts = { gateway, callers, log, stopping: stopping.signal };
  const app = createApp({ ...parts, newRequestId: randomUUID });
  app.route(
    '/mcp',
    mcpRoutes({
      ...parts,
      confirmAbove: settings.confirmAbove,
      hosts: isLoopback(settings.host) ? loopbackNames : 'any',
      streams: true,
      onCall: track,
    }),
  );
  const slack = localSlack(settings.slack, local, { log, stopping: stopping.signal, clock: systemClock });
  app.route('/slack', slack.routes);
  const listener = getRequestListener(
    async (request, env) => {
      const answer = Promise.resolve(app.fetch(request, env));
      track(answer);
      return env.incoming instanceof IncomingMessage ? lingering(await answer, env.incoming) : answer;
    },
    {
      // A health check over HTTP/1.0 names no host.
      hostname: 'localhost',
      errorHandler: () => app.request('/', {}, { unreadable: true }),
    },
  );
  const server = createServer(
    {
      headersTimeout: headersTimeoutMs,
      requestTimeout: requestTimeoutMs,
      keepAliveTimeout: settings.keepAliveMs,
      connectionsCheckingInterval,
    },
    listener,
  );
  const port = await listen(server, settings);
  const host = settings.host.includes(':') ? `[${settings.host}]` : settings.host;
  return {
    url: `http://${host}:${port}`,
    async stop() {
      const began = systemClock.now();
      const leftMs = () => Math.max(0, began + longestStopMs - systemClock.now());
      stopping.abort();
      gateway.hasten();
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      await within(systemClock, leftMs(), Promise.allSettled(inFlight).then(slack.settled));
      const idle = setTimeout(() => server.closeAllConnections(), Math.min(drainMs, leftMs()));
      await closed;
      clearTimeout(idle);
      await within(systemClock, longestCloseMs, close());
    },
  };
}

const loopbackNames = ['127.0.0.1', 'localhost', '[::1]'];

/** Whether only this machine can reach the address. */
function isLoopback(host: string): boolean {
  return host === '::1' || loopbackNames.includes(host);
}

function listen(server: Server, { host, port }: Pick<Settings, 'host' | 'port'>): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      const why =
        error.code === 'EADDRINUSE'
          ? 'is taken; set PORT to another, or to 0'
          : `cannot be used (${error.code})`;
      reject(new ConfigurationError([`${host} port ${port} ${why}`]));
    });
    server.listen(port, host, () => {
      const address = server.address();
      resolve(typeof address === 'object' && address !== null ? address.port : port);
    });
  });
}

/** A token for an installation without one: 32 random characters. */
function makeToken(): string {
  return randomBytes(24).toString('base64url');
}

/** Stops on a signal, including the loss of the terminal, after the requests in flight; a second signal ends the process at once. */
export function stopOnSignals(stop: () => Promise<void>, log: Log): void {
  let stopping = false;
  const onSignal = () => {
    if (stopping) process.exit(1);
    stopping = true;
    log({ level: 'info', event: 'stopping' });
    stop().then(
      () => process.exit(0),
      () => process.exit(1),
    );
  };
  for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) process.on(signal, onSignal);
}

/**
 * Stops and exits with 1 if the lines that say how to reach the server cannot be written. If only the log cannot be
 * written, the server continues without it.
 */
export function stopIfUnwritable(stop: () => Promise<void>): void {
  process.stderr.on('error', () => undefined);
  process.stdout.on('error', ({ code = 'unknown' }: NodeJS.ErrnoException) => {
    process.stderr.write(`${unwritableMessage(code)}\n`);
    const end = () => process.exit(1);
    stop().then(end, end);
  });
}

/** Runs `work`. If the configuration cannot be used, prints the message and exits with 2. */
export async function orExplain(work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (error) {
    if (!(error instanceof ConfigurationError)) throw error;
    process.stderr.write(`${error.message}\n`);
    process.exit(2);
  }
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
 * `calloff serve` and `npm run serve`: the API with real keys. Without `CALLOFF_TOKEN` and configured callers it generates
 * a token and shows it on a terminal; without a terminal it refuses to start, because a log would keep the token.
 */
export async function serve(): Promise<void> {
  const settings = settingsToListen();
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
  if (made !== undefined) process.stdout.write(`token: ${made}\n`);
  const connected = await local.gateway.connections();
  const faulty = [...connected.values()].map(keyFinding).filter(({ isFaulty }) => isFaulty);
  for (const { finding } of faulty) process.stderr.write(`${finding}\n`);
  if (keyless.length > 0) process.stdout.write(`without a key: ${keyless.join(', ')}\n`);
}

if (import.meta.main) await orExplain(serve);
