import { createSecretKey, type KeyObject } from 'node:crypto';
import { invalid, ok, type Result } from '../../contract/result.ts';
import type { Log } from '../../lib/log.ts';
import type { Configuration, WebhookSettings } from '../configuration.ts';
import { foreignSecretFault } from '../placeholder.ts';
import { onceFor, type SecretCache, unreadable } from './cache.ts';
import { type SecretNaming, secretName } from './secret-name.ts';

/** What the reading of the webhook on Lambda needs. */
interface WebhookSecretParts {
  configuration(): Promise<Configuration | 'unreadable'>;
  readonly cache: SecretCache;
  readonly naming: SecretNaming;
  readonly log: Log;
}

const prefix = 'whsec_';
const leastBytes = 24;
const mostBytes = 64;
const form = `must be ${prefix} and ${leastBytes} to ${mostBytes} bytes in base64, such as ${prefix}$(openssl rand -base64 32) makes, or two of these with a space between`;

/**
 * The keys in the text of a webhook secret, as Standard Webhooks writes them: one, or two while the secret is rotated. A
 * `KeyObject` does not show its bytes when it is printed.
 */
export function parseWebhookSecret(text: string): Result<readonly KeyObject[]> {
  const secrets = text.trim().split(/\s+/);
  const foreign = secrets.map(foreignSecretFault).find((fault) => fault !== undefined);
  if (foreign !== undefined) return invalid('', foreign);
  const keys = secrets.map(keyOf).filter((key) => key !== undefined);
  return keys.length === secrets.length && keys.length <= 2 ? ok(keys) : invalid('', form);
}

/**
 * The webhook of the configuration, with the keys in the secret `webhook`. It has none if there is no such secret, or
 * if it is unusable, which is logged once. `unreadable` if the configuration or the secret cannot be read now.
 */
export function webhookFromSecret({
  configuration,
  cache,
  naming,
  log,
}: WebhookSecretParts): () => Promise<WebhookSettings | 'unreadable' | undefined> {
  const keys = keysFromSecret(cache, naming, log);
  return async () => {
    const latest = await configuration();
    if (latest === 'unreadable') return latest;
    if (latest.webhook === undefined) return undefined;
    const read = await keys();
    return read === 'unreadable' ? read : { url: latest.webhook.url, keys: read };
  };
}

function keysFromSecret(
  cache: SecretCache,
  naming: SecretNaming,
  log: Log,
): () => Promise<readonly KeyObject[] | 'unreadable'> {
  const unusable = onceFor(() => log({ level: 'error', event: 'webhook_secret_unusable' }));
  return async () => {
    const text = await cache.readOrUnknown(secretName(naming, 'webhook'));
    if (text === unreadable) return 'unreadable';
    const keys = parseWebhookSecret(typeof text === 'string' ? text : '');
    if (keys.ok) return keys.value;
    unusable(typeof text === 'string' ? text : '');
    return [];
  };
}

function keyOf(secret: string): KeyObject | undefined {
  if (!secret.startsWith(prefix)) return undefined;
  const written = secret.slice(prefix.length);
  const bytes = Buffer.from(written, 'base64');
  const isWhole = bytes.toString('base64').replace(/=+$/, '') === written.replace(/=+$/, '');
  return isWhole && bytes.length >= leastBytes && bytes.length <= mostBytes
    ? createSecretKey(bytes)
    : undefined;
}
