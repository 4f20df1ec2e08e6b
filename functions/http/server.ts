import { randomUUID } from 'node:crypto';
import { createServer, IncomingMessage, type Server } from 'node:http';
import { getRequestListener } from '@hono/node-server';
import type { Hono } from 'hono';
import type { Settings } from '../../shared/config/settings.ts';
import { isLoopbackHost } from '../../shared/http/url-path.ts';
import { systemClock, within } from '../../shared/lib/clock.ts';
import type { Log } from '../../shared/lib/log.ts';
import type { Local } from '../../shared/local-gateway.ts';
import { readinessProbe } from '../probes/readiness.ts';
import { localSlack } from '../slack/local-slack.ts';
import { createApp } from './app.ts';
import { forwardedReader } from './forwarded.ts';
import type { HonoEnvironment } from './hono-env.ts';
import { lingering } from './lingering-close.ts';
import { listen } from './listen.ts';
import { mcpRoutes } from './mcp-routes.ts';

/**
 * How long the head of a request may take to arrive, and how long all of it. Node looks at its clock before it reads what has arrived
 * meanwhile, so a process that was held up for longer resets connections whose requests are there.
 */
const headersTimeoutMs = 20_000;
const requestTimeoutMs = 30_000;
/** How often Node looks for connections that are too slow. */
const connectionsCheckingInterval = 5_000;
/** How long finished answers may take to leave before idle connections are cut. */
const drainMs = 1_000;
/** Turns of the event loop in which a connection that waits is taken, and its request is read. */
const turnsToRead = 5;
/** How long connections are still taken after the stop, so that a stream of new ones does not hold it up. */
const longestReadMs = 3_000;
/** Supervisors kill a process ten seconds after they stop it. Requests that have not ended by then are abandoned. */
const longestStopMs = 8_800;
const longestCloseMs = 500;
/** How long an event that is under way may take to arrive. One that is cut off is sent again by the next process. */
const longestSendMs = 7_000;

/** A server that listens. */
export interface RunningServer {
  /** Such as `http://127.0.0.1:8787`. */
  readonly url: string;
  /** The address of the page; with a token, one that signs in once for its caller. `undefined`: the page is off. */
  pageUrl(token?: string): string | undefined;
  /** Where the metrics are shown without a token; `undefined`: nowhere. */
  readonly metricsUrl: string | undefined;
  /**
   * Takes no new requests, sends no more cancels, and resolves when every request has its answer, within ten seconds.
   */
  stop(): Promise<void>;
}

type ServerSettings = Pick<
  Settings,
  | 'host'
  | 'port'
  | 'keepAliveMs'
  | 'confirmAbove'
  | 'slack'
  | 'console'
  | 'publicUrl'
  | 'metricsPort'
  | 'trustedProxies'
> & {
  /** Where the files of the page are. Default: beside calloff. */
  readonly pageFolder?: string;
};

/**
 * Starts every HTTP surface in this process, on an open gateway. Stopping also closes the gateway.
 * @throws {ConfigurationError} if it cannot listen on the host and port.
 */
export async function startServer(settings: ServerSettings, local: Local, log: Log): Promise<RunningServer> {
  const stopping = new AbortController();
  const inFlight = new InFlight();
  const common = { log, stopping: stopping.signal };
  const slack = localSlack(settings.slack, local, {
    ...common,
    clock: systemClock,
    publicUrl: settings.publicUrl,
  });
  const { gateway, callers } = local;
  const console = await openConsole(settings, local);
  const { store, configuration } = local;
  const ready = readinessProbe({ store, configuration, clock: systemClock, stopping: stopping.signal });
  const showMetrics = await metricsOf(local);
  const served = { gateway, callers, console: console?.surface, ready, serveMetrics: showMetrics?.serve };
  const { confirmAbove } = settings;
  const app = createApp({ ...common, ...served, confirmAbove, newRequestId: randomUUID });
  const hosts = isLoopbackHost(settings.host) ? [...loopbackNames, settings.host] : 'any';
  const mcpHosts = hosts === 'any' ? hosts : [...hosts, ...publicNames(settings)];
  const mcp = { ...common, gateway, callers, confirmAbove, hosts: mcpHosts, streams: true } as const;
  app.route('/mcp', mcpRoutes({ ...mcp, onCall: (call) => inFlight.track(call) }));
  app.route('/slack', slack.routes);
  const server = serverOf(app, inFlight, settings);
  const metricsServer = await showMetrics?.start(settings, { hosts, log });
  const { port: wanted } = settings;
  const port = await listen(server, { host: settings.host, port: wanted, variable: 'PORT' }).catch(
    (error) => {
      metricsServer?.close();
      throw error;
    },
  );
  local.worker.start();
  local.sender.start();
  slack.start();
  const host = settings.host.includes(':') ? `[${settings.host}]` : settings.host;
  const url = `http://${host}:${port}`;
  const ownPage = `http://${isEveryAddress(settings.host) ? '127.0.0.1' : host}:${port}/`;
  return {
    url,
    pageUrl: (token) => console && `${settings.publicUrl?.href ?? ownPage}${console.fragment(token)}`,
    metricsUrl: metricsServer && `http://${host}:${metricsServer.port}/metrics`,
    async stop() {
      stopping.abort();
      gateway.hasten();
      const worked = Promise.all([
        local.worker.stop(),
        within(systemClock, longestSendMs, Promise.all([local.sender.stop(), slack.stop()])),
      ]);
      await closeServer(server, () => inFlight.ended().then(slack.settled));
      await worked;
      metricsServer?.close();
      await within(systemClock, longestCloseMs, local.close());
    },
  };
}

/** The page and its sessions. Only a server that has the console switched on loads them. */
async function openConsole({ console, publicUrl, pageFolder }: ServerSettings, { callerParts }: Local) {
  if (!console) return undefined;
  const { openLocalConsole } = await import('../console/local-console.ts');
  return openLocalConsole(callerParts, publicUrl, pageFolder);
}

/** How the counts of this process are shown. Only a process that counts loads that. */
async function metricsOf({ metrics, store, callers }: Local) {
  if (metrics === undefined) return undefined;
  const { localMetrics } = await import('../probes/local-metrics.ts');
  return localMetrics({ metrics, store, callers });
}

/** What must end before the server may: requests, and calls whose answer is a stream that has begun. */
class InFlight {
  readonly #work = new Set<Promise<unknown>>();

  track(work: Promise<unknown>): void {
    this.#work.add(work);
    work.finally(() => this.#work.delete(work)).catch(() => undefined);
  }

  /** Resolves when nothing is under way, also nothing that began meanwhile. */
  async ended(): Promise<void> {
    while (this.#work.size > 0) await Promise.allSettled(this.#work);
  }
}

function serverOf(
  app: Hono<HonoEnvironment>,
  inFlight: InFlight,
  { keepAliveMs, trustedProxies }: Pick<ServerSettings, 'keepAliveMs' | 'trustedProxies'>,
): Server {
  const read = trustedProxies && forwardedReader(trustedProxies);
  const listener = getRequestListener(
    async (request, env) => {
      const { incoming } = env;
      const forwarded = incoming instanceof IncomingMessage ? read?.(incoming) : undefined;
      const answer = Promise.resolve(app.fetch(request, forwarded ? { ...env, forwarded } : env));
      inFlight.track(answer);
      return incoming instanceof IncomingMessage ? lingering(await answer, incoming) : answer;
    },
    {
      // A health check over HTTP/1.0 names no host.
      hostname: 'localhost',
      errorHandler: () => app.request('/', {}, { unreadable: true }),
    },
  );
  const times = { headersTimeout: headersTimeoutMs, requestTimeout: requestTimeoutMs };
  return createServer({ ...times, keepAliveTimeout: keepAliveMs, connectionsCheckingInterval }, listener);
}

/**
 * Resolves when this process has taken the connections and read the requests that have arrived, or at the time `until`. The event
 * loop takes one connection a turn, so there are as many turns as connections, and some more.
 */
async function readArrived(server: Server, until: number): Promise<void> {
  let quietTurns = 0;
  const onConnection = () => {
    quietTurns = 0;
  };
  server.on('connection', onConnection);
  for (; quietTurns < turnsToRead && systemClock.now() < until; quietTurns += 1)
    await new Promise<void>((resolve) => setImmediate(resolve));
  server.off('connection', onConnection);
}

/**
 * Takes no new connections, and closes those that are left once everything has its answer, or the time is over. Node closes
 * connections on which it has read no request, so what has arrived is read first: a busy server is seconds behind.
 */
async function closeServer(server: Server, answered: () => Promise<void>): Promise<void> {
  const began = systemClock.now();
  const leftMs = () => Math.max(0, began + longestStopMs - systemClock.now());
  await readArrived(server, began + longestReadMs);
  const closed = new Promise<void>((resolve) => server.close(() => resolve()));
  await within(systemClock, leftMs(), answered());
  const idle = setTimeout(() => server.closeAllConnections(), Math.min(drainMs, leftMs()));
  await closed;
  clearTimeout(idle);
}

const loopbackNames = ['127.0.0.1', 'localhost', '[::1]'];

/** The name under which people reach the server: a proxy in front may pass it on in `Host`. */
function publicNames({ publicUrl }: ServerSettings): string[] {
  return publicUrl === undefined ? [] : [publicUrl.hostname];
}

/** Whether the server listens on every address of the machine, at none of which a browser keeps a session but the loopback. */
function isEveryAddress(host: string): boolean {
  return host === '0.0.0.0' || host === '::';
}
