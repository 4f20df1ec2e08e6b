import { randomUUID } from 'node:crypto';
import { createServer } from 'node:http';
import { getRequestListener } from '@hono/node-server';
import type { Log } from '../../shared/lib/log.ts';
import { listen } from '../http/listen.ts';
import type { Hosts } from '../http/origin.ts';
import { metricsApp } from './metrics-routes.ts';

/** Where the port of metrics is, and what it shows. */
interface MetricsPort {
  readonly host: string;
  /** 0 picks a free one. */
  readonly port: number;
  readonly hosts: Hosts;
  readonly log: Log;
  text(): Promise<string>;
}

/** A port of its own for `/metrics`, which needs no token. */
export interface MetricsServer {
  readonly port: number;
  close(): void;
}

/** A scrape is short. One that is slower is cut off. */
const times = { headersTimeout: 5_000, requestTimeout: 5_000, keepAliveTimeout: 65_000 };

/**
 * Starts the port.
 * @throws {ConfigurationError} if the host and port cannot be used.
 */
export async function startMetricsServer(parts: MetricsPort): Promise<MetricsServer> {
  const { host, port, hosts, log, text } = parts;
  const app = metricsApp({ log, newRequestId: randomUUID }, text, hosts);
  const listener = getRequestListener(app.fetch, {
    hostname: 'localhost',
    errorHandler: () => app.request('/', {}, { unreadable: true }),
  });
  const server = createServer(times, listener);
  const listens = await listen(server, { host, port, variable: 'CALLOFF_METRICS_PORT' });
  return {
    port: listens,
    close() {
      server.close();
      server.closeAllConnections();
    },
  };
}
