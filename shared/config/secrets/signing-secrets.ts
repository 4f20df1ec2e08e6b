import * as z from 'zod';
import { parseJson } from '../../lib/json.ts';
import type { Log } from '../../lib/log.ts';
import { parseSigningSecret, parseSlackWebhookUrl } from '../values.ts';
import { onceFor, type SecretCache, unreadable } from './cache.ts';
import { type SecretNaming, secretName } from './secret-name.ts';

const secretSchema = z.strictObject({
  signing_secret: z.string(),
  previous_signing_secret: z.string().optional(),
  webhook_url: z.string().optional(),
});

/**
 * The signing secrets of the Slack app, in the secret `slack`: the signing secret itself, or JSON
 * `{"signing_secret", "previous_signing_secret"?, "webhook_url"?}`. Empty if there is no such secret, or if one is too
 * short to be safe, which is logged once. `unreadable` if it cannot be read now.
 */
export function signingSecretsFromSecret(
  cache: SecretCache,
  naming: SecretNaming,
  log: Log,
): () => Promise<readonly string[] | 'unreadable'> {
  let known: { readonly text: string; readonly secrets: readonly string[] } | undefined;
  return async () => {
    const text = await cache.readOrUnknown(secretName(naming, 'slack'));
    if (text === unreadable) return 'unreadable';
    if (typeof text !== 'string') return [];
    if (known?.text !== text) {
      known = { text, secrets: readSecrets(text) };
      if (known.secrets.length === 0) log({ level: 'error', event: 'signing_secret_unusable' });
    }
    return known.secrets;
  };
}

/** One unusable secret makes all unusable: otherwise half a rotation would go unnoticed until it matters. */
function readSecrets(text: string): string[] {
  const secrets = written(text).map(parseSigningSecret);
  const usable = secrets.flatMap((secret) => (secret.ok ? [secret.value] : []));
  return usable.length === secrets.length ? usable : [];
}

/**
 * The URL of the app's incoming webhook, in the same secret. `undefined` if there is none, or if it is unusable, which is logged
 * once; `unreadable` if the secret cannot be read now.
 */
export function slackWebhookFromSecret(
  cache: SecretCache,
  naming: SecretNaming,
  log: Log,
): () => Promise<string | 'unreadable' | undefined> {
  const unusable = onceFor(() => log({ level: 'error', event: 'slack_webhook_url_unusable' }));
  return async () => {
    const text = await cache.readOrUnknown(secretName(naming, 'slack'));
    if (text === unreadable) return 'unreadable';
    const { webhook_url } = typeof text === 'string' ? documentIn(text) : {};
    if (webhook_url === undefined) return undefined;
    const url = parseSlackWebhookUrl(webhook_url);
    if (url.ok) return url.value;
    unusable(webhook_url);
    return undefined;
  };
}

function documentIn(text: string): Partial<z.infer<typeof secretSchema>> {
  return secretSchema.safeParse(parseJson(text)).data ?? {};
}

function written(text: string): string[] {
  if (!text.trimStart().startsWith('{')) return [text];
  const { signing_secret, previous_signing_secret } = documentIn(text);
  return [signing_secret, previous_signing_secret].filter((secret) => secret !== undefined);
}
