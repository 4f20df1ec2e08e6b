import type { Caller } from '../../shared/access/caller.ts';
import { logOverdue } from '../../shared/access/confirmation/overdue.ts';
import { callerInForce } from '../../shared/config/caller-in-force.ts';
import { ConfigurationError } from '../../shared/config/configuration-error.ts';
import { slackWebhookFromSecret } from '../../shared/config/secrets/signing-secrets.ts';
import { webhookFromSecret } from '../../shared/config/secrets/webhook-secret.ts';
import { systemClock as clock } from '../../shared/lib/clock.ts';
import { createWorker } from '../../shared/operation-worker.ts';
import { deliverAnnouncements } from '../../shared/webhooks/announcements.ts';
import { deliverDue } from '../../shared/webhooks/deliver-due.ts';
import { enqueue } from '../../shared/webhooks/enqueue.ts';
import { lambdaParts } from './lambda-gateway.ts';
import type { OperationsParts } from './operations-handler.ts';
import { ringThrough } from './ring.ts';

/**
 * Joins the parts that work off operations on Lambda.
 * @throws {ConfigurationError} if the environment cannot be used.
 */
export function operationsParts(): OperationsParts {
  const parts = lambdaParts({ ringThrough });
  const { settings, gateway, configuration, secrets: cache, ring, store, log, meter, flush } = parts;
  if (store === undefined) {
    throw new ConfigurationError(['CALLOFF_TABLE must name a table: operations are kept in it']);
  }
  if (ring === undefined) {
    throw new ConfigurationError([
      'CALLOFF_OPERATIONS_QUEUE_URL must be the URL of the SQS queue of the operations function',
    ]);
  }
  const current = () => configuration.current();
  const callerNow = async (id: string): Promise<Caller | undefined> => {
    const latest = await current();
    // A caller is gone only if a configuration that could be read says so.
    if (latest === 'unreadable') throw new Error('the configuration cannot be read');
    return callerInForce(id, latest, clock.wallTime());
  };
  const target = webhookFromSecret({ configuration: current, cache, naming: settings, log });
  const { publicUrl } = settings;
  const webhook = { store, clock, log, fetch: globalThis.fetch, target, publicUrl };
  const slackUrl = slackWebhookFromSecret(cache, settings, log);
  const announce = async () => {
    const url = await slackUrl();
    if (url === undefined || url === 'unreadable') return url;
    const { announcer } = await import('../slack/announcement.ts');
    return announcer({ url, store, clock, fetch: globalThis.fetch, publicUrl });
  };
  return {
    ...{ clock, log, ring, flush },
    newWorker: () =>
      createWorker({
        ...{ gateway, store, clock, log, meter, callerInForce: callerNow },
        tell: (event) => enqueue(webhook, event),
      }),
    deliver: () => Promise.all([deliverDue(webhook), deliverAnnouncements(webhook, announce)]),
    watchConfirmations: () => logOverdue(store, clock, log),
  };
}
