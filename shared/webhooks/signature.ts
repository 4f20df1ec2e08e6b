import { createHmac, type KeyObject } from 'node:crypto';

/** What is signed: a message, and when this attempt was made, in seconds since the epoch. */
export interface SignedContent {
  readonly id: string;
  readonly timestamp: number;
  readonly body: string;
}

/**
 * The headers of Standard Webhooks (https://www.standardwebhooks.com), with one signature for each key: while a secret is
 * rotated, a receiver finds one that it can check.
 */
export function signedHeaders(keys: readonly KeyObject[], content: SignedContent): Record<string, string> {
  return {
    'webhook-id': content.id,
    'webhook-timestamp': String(content.timestamp),
    'webhook-signature': keys.map((key) => `v1,${signatureOf(key, content)}`).join(' '),
  };
}

function signatureOf(key: KeyObject, { id, timestamp, body }: SignedContent): string {
  return createHmac('sha256', key).update(`${id}.${timestamp}.${body}`).digest('base64');
}
