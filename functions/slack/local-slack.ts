import type { Hono } from 'hono';
import type { SlackSecrets } from '../../shared/config/environment/slack-secrets.ts';
import type { Clock } from '../../shared/lib/clock.ts';
import type { Log } from '../../shared/lib/log.ts';
import type { Local } from '../../shared/local-gateway.ts';
import type { HonoEnvironment } from '../http/hono-env.ts';
import { announcer } from './announcement.ts';
import { slackRoutes } from './routes.ts';
import { InProcessQueue } from './tasks/in-process-queue.ts';
import { processTask } from './tasks/process-task.ts';

/** The Slack surface of one process. */
interface LocalSlack {
  /** The routes to mount at `/slack`. */
  readonly routes: Hono<HonoEnvironment>;
  /** Resolves when every task in the queue has been carried out and answered. */
  settled(): Promise<void>;
  /** Begins to tell the channel of requests that wait, if the app has an incoming webhook. */
  start(): void;
  /** Tells of no other. Resolves when none is under way. */
  stop(): Promise<void>;
}

/** Joins the Slack surface of one process, which carries out its tasks itself. */
export function localSlack(
  { signingSecrets, webhookUrl: url, responseOrigin }: SlackSecrets,
  {
    gateway,
    configuration,
    store,
    announceBy,
  }: Pick<Local, 'gateway' | 'configuration' | 'store' | 'announceBy'>,
  common: {
    readonly log: Log;
    readonly clock: Clock;
    readonly stopping: AbortSignal;
    readonly publicUrl?: URL | undefined;
  },
): LocalSlack {
  const parts = { ...common, gateway, configuration, store, responseOrigin, fetch: globalThis.fetch };
  const queue: InProcessQueue = new InProcessQueue({
    ...common,
    carryOut: (work, attempt) => processTask(work, { ...parts, queue }, attempt),
  });
  const secrets = async () => signingSecrets;
  let sender: ReturnType<typeof announceBy> | undefined;
  return {
    routes: slackRoutes({ ...common, configuration, queue, responseOrigin, secrets }),
    settled: () => queue.settled(),
    start() {
      if (url !== undefined)
        sender = announceBy(announcer({ ...common, url, store, fetch: globalThis.fetch }));
    },
    stop: async () => sender?.stop(),
  };
}
