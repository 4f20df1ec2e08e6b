import { webhookFolder } from './delivery.ts';
import type { WebhookParts, WebhookTarget } from './enqueue.ts';
import { type DeliveryPass, type DeliveryWay, passOver } from './pass.ts';
import { post } from './post.ts';
import { signedHeaders } from './signature.ts';

/** Sends the events of the webhook that are due. @see passOver */
export function deliverDue(parts: WebhookParts, signal?: AbortSignal): Promise<DeliveryPass> {
  const way = async () => {
    const target = await parts.target();
    if (target === undefined) return undefined;
    return target !== 'unreadable' && target.keys.length > 0 ? wayTo(target, parts) : 'unreadable';
  };
  return passOver(parts, way, signal);
}

function wayTo({ url, keys }: WebhookTarget, { fetch, clock }: WebhookParts): DeliveryWay {
  return {
    folder: webhookFolder,
    send({ id, delivery: { body } }) {
      const timestamp = Math.floor(clock.wallTime() / 1_000);
      const headers = signedHeaders(keys, { id, timestamp, body });
      return post(url, body, { fetch, clock, headers });
    },
  };
}
