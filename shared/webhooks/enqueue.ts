import type { KeyObject } from 'node:crypto';
import type { WebhookEvent } from '../contract/answers/webhook-event.ts';
import { type PageView, pageLink } from '../contract/page-link.ts';
import type { Clock } from '../lib/clock.ts';
import type { Log } from '../lib/log.ts';
import { loggable } from '../store/errors.ts';
import { joinKey } from '../store/folder.ts';
import type { Store } from '../store/store.ts';
import { forgottenAt, messageId, newDelivery, webhookFolder } from './delivery.ts';

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
  /** Where the page for people is, if it is known. */
  readonly publicUrl?: URL | undefined;
}

/** What it takes to store an event: whether there is a webhook, but not its keys. */
export interface EnqueueParts extends Omit<WebhookParts, 'fetch' | 'target'> {
  target(): Promise<unknown>;
}

/** An event as its operation knows it. `round` counts the starts and resumes of the operation, and is not sent. */
export type NewWebhookEvent = { readonly round: number } & (
  | {
      readonly type: 'operation.finished';
      readonly data: Omit<
        Extract<WebhookEvent, { type: 'operation.finished' }>['data'],
        'link' | 'page' | 'state'
      >;
    }
  | {
      readonly type: 'job.came_back';
      readonly data: Omit<Extract<WebhookEvent, { type: 'job.came_back' }>['data'], 'link' | 'page'>;
    }
);

/** A confirmation that someone other than its caller must give. */
export interface NewConfirmationEvent {
  readonly type: 'confirmation.requested';
  readonly data: Omit<Extract<WebhookEvent, { type: 'confirmation.requested' }>['data'], 'link' | 'page'>;
}

/**
 * Stores an event, to be sent by `deliverDue`. The same event of the same round is the same message, so a worker
 * that died may tell it again. `false`: the store did not take it, and the caller may try again. Never rejects. Without a
 * webhook it does nothing.
 */
export async function enqueue(
  parts: EnqueueParts,
  event: NewWebhookEvent | NewConfirmationEvent,
): Promise<boolean> {
  const { store, clock, log } = parts;
  try {
    if ((await parts.target()) === undefined) return true;
    const now = clock.wallTime();
    const whole = wholeEvent(event, parts.publicUrl);
    const delivery = newDelivery(whole, now);
    const round = 'round' in event ? event.round : 0;
    const key = joinKey({ folder: webhookFolder, name: messageId(whole, round) });
    // A put that loses has found the same event, which waits already.
    await store.put(key, JSON.stringify(delivery), { version: 0, expiresAt: forgottenAt(delivery, now) });
    return true;
  } catch (error) {
    log({ level: 'error', event: 'webhook_not_queued', ...loggable(error) });
    return false;
  }
}

function wholeEvent(event: NewWebhookEvent | NewConfirmationEvent, publicUrl: URL | undefined): WebhookEvent {
  if (event.type === 'confirmation.requested') {
    const { type, data } = event;
    const link = `/v1/confirmations/${data.confirmation}`;
    const page = pageOf(publicUrl, { view: 'waiting', confirmation: data.confirmation });
    return { type, timestamp: data.requested_at, data: { ...data, link, ...page } };
  }
  const page = pageOf(publicUrl, { view: 'operations', op: event.data.operation });
  const link = `/v1/operations/${event.data.operation}`;
  if (event.type === 'job.came_back')
    return { type: event.type, timestamp: event.data.observed_at, data: { ...event.data, link, ...page } };
  const { operation, ...rest } = event.data;
  return {
    type: event.type,
    timestamp: event.data.finished_at,
    data: { operation, state: 'finished', ...rest, link, ...page },
  };
}

function pageOf(publicUrl: URL | undefined, view: PageView): { readonly page?: string } {
  return publicUrl === undefined ? {} : { page: pageLink(publicUrl, view) };
}
