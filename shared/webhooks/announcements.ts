import type { ConfirmationAsked } from '../access/confirmation/types.ts';
import { loggable } from '../store/errors.ts';
import { joinKey } from '../store/folder.ts';
import type { StoredDelivery } from './delivery.ts';
import { type DeliveryPass, type DueDelivery, type OutboxParts, passOver } from './pass.ts';
import type { Posted } from './post.ts';

/** The folder of the store that holds the messages to Slack. */
export const announcementFolder = 'slack-announcements';

/** Sends the message about a confirmation to Slack. `useless`: it waits no more. */
export type SendAnnouncement = (confirmation: string) => Promise<Posted | 'useless'>;

/**
 * Stores that Slack is to be told of a confirmation. What the message says is decided when it is sent: nothing that others wrote is
 * stored here. Never rejects.
 */
export async function announce(
  { store, clock, log }: OutboxParts,
  { confirmation, expiresAt }: Pick<ConfirmationAsked, 'confirmation' | 'expiresAt'>,
): Promise<void> {
  const due_at = clock.wallTime();
  const delivery: StoredDelivery = {
    ...{ event: 'confirmation.requested', confirmation, attempts: 0, due_at, body: '' },
    useless_at: expiresAt,
  };
  const key = joinKey({ folder: announcementFolder, name: `${expiresAt}-${confirmation}` });
  try {
    await store.put(key, JSON.stringify(delivery), { version: 0, expiresAt });
  } catch (error) {
    log({ level: 'error', event: 'slack_announcement_not_queued', ...loggable(error) });
  }
}

/** Sends the messages to Slack that are due. `undefined`: Slack has no webhook for them. @see passOver */
export function deliverAnnouncements(
  parts: OutboxParts,
  sendNow: () => Promise<SendAnnouncement | 'unreadable' | undefined>,
  signal?: AbortSignal,
): Promise<DeliveryPass> {
  const way = async () => {
    const send = await sendNow();
    if (typeof send !== 'function') return send;
    return {
      folder: announcementFolder,
      send: ({ delivery }: DueDelivery) => send(delivery.confirmation ?? ''),
    };
  };
  return passOver(parts, way, signal);
}
