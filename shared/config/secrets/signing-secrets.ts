import * as z from 'zod';
import { parseJson } from '../../lib/json.ts';
import type { Log } from '../../lib/log.ts';
import { parseSigningSecret } from '../values.ts';
import { type SecretCache, unreadable } from './cache.ts';

const secretSchema = z.strictObject({
  signing_secret: z.string(),
  previous_signing_secret: z.string().optional(),
});

/**
 * What the Slack app signs with, in the secret `<prefix>slack`: the signing secret itself, or JSON `{"signing_secret",
 * "previous_signing_secret"?}` while it is rotated. None where there is no such secret, or where it holds one that is
 * too short to be safe, which is logged once. `unreadable` where nobody can tell now.
 */
export function signingSecretsFromSecret(
  cache: SecretCache,
  prefix: string,
  log: Log,
): () => Promise<readonly string[] | 'unreadable'> {
  let known: { readonly text: string; readonly secrets: readonly string[] } | undefined;
  return async () => {
    const text = await cache.readOrUnknown(`${prefix}slack`);
    if (text === unreadable) return 'unreadable';
    if (typeof text !== 'string') return [];
    if (known?.text !== text) {
      known = { text, secrets: readSecrets(text) };
      if (known.secrets.length === 0) log({ level: 'error', event: 'signing_secret_unusable' });
    }
    return known.secrets;
  };
}

/** One that is unusable makes all of them so: half a rotation would be noticed by nobody until it matters. */
function readSecrets(text: string): string[] {
  const secrets = written(text).map(parseSigningSecret);
  const usable = secrets.flatMap((secret) => (secret.ok ? [secret.value] : []));
  return usable.length === secrets.length ? usable : [];
}

function written(text: string): string[] {
  if (!text.trimStart().startsWith('{')) return [text];
  const { signing_secret, previous_signing_secret } = secretSchema.safeParse(parseJson(text)).data ?? {};
  return [signing_secret, previous_signing_secret].filter((secret) => secret !== undefined);
}
