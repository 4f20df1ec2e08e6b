import type { Hono } from 'hono';
import type { Authenticator } from '../../shared/access/authenticator.ts';
import type { Settings } from '../../shared/config/settings.ts';
import { systemClock } from '../../shared/lib/clock.ts';
import type { Log } from '../../shared/lib/log.ts';
import type { MetricRegistry } from '../../shared/lib/telemetry/registry.ts';
import type { Store } from '../../shared/store/store.ts';
import type { HonoEnvironment } from '../http/hono-env.ts';
import type { Hosts } from '../http/origin.ts';
import { serveMetrics } from './metrics-routes.ts';
import { type MetricsServer, startMetricsServer } from './metrics-server.ts';
import { metricsText } from './metrics-source.ts';

/** How a process that counts shows it. */
interface LocalMetrics {
  /** Serves `/metrics` beside the API, for callers with the right `audit`. */
  serve(app: Hono<HonoEnvironment>): void;
  /**
   * Starts the port of its own, if there is to be one.
   * @throws {ConfigurationError} if the host and port cannot be used.
   */
  start(
    settings: Pick<Settings, 'host' | 'metricsPort'>,
    parts: { readonly hosts: Hosts; readonly log: Log },
  ): Promise<MetricsServer | undefined>;
}

/** The metrics of a process that listens: its own counts, and what the store says. */
export function localMetrics(parts: {
  readonly metrics: MetricRegistry;
  readonly store: Store;
  readonly callers: Authenticator;
}): LocalMetrics {
  const text = metricsText({ ...parts, clock: systemClock });
  return {
    serve: (app) => serveMetrics(app, text, parts.callers),
    start: async ({ host, metricsPort: port }, { hosts, log }) =>
      port === undefined ? undefined : startMetricsServer({ host, port, hosts, log, text }),
  };
}
