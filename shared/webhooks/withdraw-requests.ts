import { joinKey } from '../store/folder.ts';
import type { Store } from '../store/store.ts';
import { announcementFolder } from './announcements.ts';
import { readDelivery, webhookFolder } from './delivery.ts';

const pageSize = 200;

/** A store whose values can be removed by the beginning of their keys. */
interface StoreToClear {
  readonly store: Store;
  take(beginning: string): unknown;
}

/**
 * Removes the messages that ask for a confirmation and were not sent yet, because their confirmations are void. Those about
 * operations stay: they are sent again under the ids that they had. Rejects if the store does.
 */
export async function withdrawRequests({ store, take }: StoreToClear): Promise<void> {
  take(joinKey({ folder: announcementFolder, name: '' }));
  let after: string | undefined;
  do {
    const page = await store.list(webhookFolder, { after, limit: pageSize });
    for (const { name, value, version } of page.entries)
      if (readDelivery(value)?.event === 'confirmation.requested')
        await store.put(joinKey({ folder: webhookFolder, name }), '', { version, expiresAt: 0 });
    after = page.next;
  } while (after !== undefined);
}
