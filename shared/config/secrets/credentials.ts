import * as z from 'zod';
import { keyVariable } from '../../adapter/key-variable.ts';
import { factsOf } from '../../adapter/known-providers.ts';
import { faultText, invalid, ok, type Result } from '../../contract/result.ts';
import type { CredentialSource } from '../../http/auth/credential-source.ts';
import type { KeyPlace } from '../../http/key-location.ts';
import type { Credential } from '../../http/types.ts';
import { isObject, parseJson } from '../../lib/json.ts';
import type { Log } from '../../lib/log.ts';
import type { ConnectionSettings } from '../connection-settings.ts';
import { parseBaseUrl, parseKey, parseToken } from '../values.ts';
import { accessDenied, onceFor, type ReadSecret, type SecretCache, unreadable } from './cache.ts';
import { type SecretNaming, secretName } from './secret-name.ts';

/** The credential from the environment or the configuration file, which does not change while the process lives. */
export function credentialFromSettings(connection: ConnectionSettings): CredentialSource {
  const { name, apiKey, baseUrl, keyFault: fault, keyIn, fromFile } = connection;
  const credential = apiKey === undefined || baseUrl === undefined ? undefined : { apiKey, baseUrl };
  const place: KeyPlace = fromFile
    ? { kind: 'field', name: keyIn ?? `connections.${name}.api_key_env` }
    : { ...keyVariable(name), ...(keyIn !== undefined && { name: keyIn }) };
  return {
    current: async () => credential,
    renew: async () => undefined,
    keyPlace: () => ({ ...place, fault }),
  };
}

/** The credential in the secret of the connection's name, reread when it is rotated. */
export function credentialFromSecret(
  connection: ConnectionSettings,
  cache: SecretCache,
  naming: SecretNaming,
): CredentialSource {
  const name = secretName(naming, connection.name);
  let fault: string | undefined;
  const read = (told: ReadSecret) => {
    if (told === unreadable) {
      fault = undefined;
      return 'unreadable';
    }
    const credential = readCredential(told, connection);
    fault = credential.ok ? undefined : faultText(credential.faults);
    return credential.ok ? credential.value : undefined;
  };
  return {
    current: async () => read(await cache.readOrUnknown(name)),
    async renew(rejected) {
      const credential = read(await cache.rereadOrUnknown(name));
      if (credential === 'unreadable' || credential === undefined) return undefined;
      const isSame = credential.apiKey === rejected.apiKey && credential.baseUrl === rejected.baseUrl;
      return isSame ? undefined : credential;
    },
    keyPlace: () => ({ kind: 'secret', name, fault }),
  };
}

/** The API's own token, in the secret `token`. An invalid one counts as not configured, and is logged. */
export function tokenFromSecret(
  cache: SecretCache,
  naming: SecretNaming,
  log: Log,
): () => Promise<string | undefined> {
  const unusable = onceFor(() => log({ level: 'error', event: 'token_unusable' }));
  return async () => {
    const text = await cache.get(secretName(naming, 'token'));
    const token = text === undefined ? ok(undefined) : parseToken(text);
    if (token.ok) return token.value;
    unusable(text);
    return undefined;
  };
}

const secretSchema = z.strictObject({ api_key: z.string(), base_url: z.string().optional() });

/** Reads a secret: the key itself, or JSON `{"api_key", "base_url"?}`. */
function readCredential(
  text: ReadSecret,
  { provider, baseUrl: defaultBaseUrl }: Pick<ConnectionSettings, 'provider' | 'baseUrl'>,
): Result<Credential | undefined> {
  if (text === accessDenied)
    return invalid('', 'does not exist, or the role of the function may not read it');
  if (typeof text !== 'string') return ok(undefined);
  const { api_key = '', base_url } = text.trimStart().startsWith('{')
    ? readJson(text, provider)
    : { api_key: text };
  if (api_key.trim() === '') return invalid('', 'holds neither a key nor JSON {"api_key", "base_url"?}');
  const apiKey = parseKey(api_key);
  if (!apiKey.ok) return apiKey;
  if (base_url === undefined)
    return defaultBaseUrl === undefined
      ? noBaseUrl(provider)
      : ok({ apiKey: apiKey.value, baseUrl: defaultBaseUrl });
  const baseUrl = parseBaseUrl(base_url);
  return baseUrl.ok
    ? ok({ apiKey: apiKey.value, baseUrl: baseUrl.value })
    : invalid('', `has a base_url that ${faultText(baseUrl.faults)}`);
}

/** At a provider whose customers each have a host of their own, a key alone leads nowhere. */
function noBaseUrl(provider: string): Result<never> {
  const name = factsOf(provider)?.displayName ?? provider;
  return invalid(
    '',
    `holds a key without a base URL, and each customer of ${name} has a host of their own; write JSON {"api_key", "base_url"} into it`,
  );
}

/** The fields of a secret; or the whole of it, if a key of the provider is itself JSON. */
function readJson(
  text: string,
  provider: ConnectionSettings['provider'],
): { api_key?: string | undefined; base_url?: string | undefined } {
  const value = parseJson(text);
  const isKey = factsOf(provider)?.key.isJson && isObject(value) && !('api_key' in value);
  return isKey ? { api_key: text } : (secretSchema.safeParse(value).data ?? {});
}
