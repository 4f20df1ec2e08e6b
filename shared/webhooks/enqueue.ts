import type { KeyObject } from 'node:crypto';
import type { WebhookEvent } from '../contract/webhook-events.ts';
import type { Clock } from '../lib/clock.ts';
import type { Log } from '../lib/log.ts';
import { loggable } from '../store/errors.ts';
import { joinKey } from '../store/folder.ts';
import type { Store } from '../store/store.ts';
import { keptMs, messageId, newDelivery, webhookFolder } from './delivery.ts';

/** Where events go, and the keys that sign them. */
export interface WebhookTarget {
  readonly url: string;
  /** None: calloff cannot sign, so it sends nothing. */
  readonly keys: readonly KeyObject[];
}

/** What the webhook needs. `target` is `undefined` if none is configured, and `unreadable` if that is not known now. */
export interface WebhookParts {
  readonly store: Store;
  readonly clock: Clock;
  readonly log: Log;
  readonly fetch: typeof fetch;
  target(): Promise<WebhookTarget | 'unreadable' | undefined>;
}

/** An event as its operation knows it. `round` counts the starts and resumes of the operation, and is not sent. */
export type NewWebhookEvent = { readonly round: number } & (
  | {
      readonly type: 'operation.finished';
      readonly data: Omit<Extract<WebhookEvent, { type: 'operation.finished' }>['data'], 'link' | 'state'>;
    }
  | {
      readonly type: 'job.came_back';
      readonly data: Omit<Extract<WebhookEvent, { type: 'job.came_back' }>['data'], 'link'>;
    }
);

/**
 * Stores an event, to be sent by `deliverDue`. The same event of the same round is the same message, so a worker
 * that died may tell it again. `false`: the store did not take it, and the caller may try again. Never rejects. Without a
 * webhook it does nothing.
 */
export async function enqueue(parts: WebhookParts, event: NewWebhookEvent): Promise<boolean> {
  const { store, clock, log } = parts;
  try {
    if ((await parts.target()) === undefined) return true;
    const now = clock.wallTime();
    const whole = wholeEvent(event);
    const delivery = newDelivery(whole, now);
    const key = joinKey({ folder: webhookFolder, name: messageId(whole, event.round) });
    // A put that loses has found the same event, which waits already.
    await store.put(key, JSON.stringify(delivery), { version: 0, expiresAt: now + keptMs });
    return true;
  } catch (error) {
    log({ level: 'error', event: 'webhook_not_queued', ...loggable(error) });
    return false;
  }
}

function wholeEvent(event: NewWebhookEvent): WebhookEvent {
  const link = `/v1/operations/${event.data.operation}`;
  if (event.type === 'job.came_back')
    return { type: event.type, timestamp: event.data.observed_at, data: { ...event.data, link } };
  const { operation, ...rest } = event.data;
  return {
    type: event.type,
    timestamp: event.data.finished_at,
    data: { operation, state: 'finished', ...rest, link },
  };
}
