import * as z from 'zod';
import { type KeyPlace, keyVariable } from '../../http/key-place.ts';
import type { CredentialSource } from '../../http/provider-client.ts';
import type { Credential } from '../../http/types.ts';
import { parseJson } from '../../lib/json.ts';
import type { Log } from '../../lib/log.ts';
import { type ConnectionSettings, InvalidValue, readBaseUrl, readKey, readToken } from '../settings.ts';
import { accessDenied, onceFor, type ReadSecret, type SecretCache, unreadable } from './cache.ts';

/** The credential that the environment or the configuration file gives, which does not change while the process lives. */
export function credentialFromSettings(connection: ConnectionSettings): CredentialSource {
  const { name, apiKey, baseUrl, keyFault: fault, fromFile } = connection;
  const credential = apiKey === undefined ? undefined : { apiKey, baseUrl };
  const place: KeyPlace = fromFile
    ? { kind: 'field', name: `connections.${name}.api_key_env` }
    : keyVariable(name);
  return {
    current: async () => credential,
    renew: async () => undefined,
    keyPlace: () => ({ ...place, fault }),
  };
}

/** The credential in the secret `<prefix><connection>`, followed when it is rotated. */
export function credentialFromSecret(
  connection: ConnectionSettings,
  cache: SecretCache,
  prefix: string,
): CredentialSource {
  const name = prefix + connection.name;
  let fault: string | undefined;
  const read = (told: ReadSecret) => {
    const credential = told === unreadable ? 'unreadable' : readCredential(told, connection.baseUrl);
    fault = credential instanceof InvalidValue ? credential.message : undefined;
    return credential instanceof InvalidValue ? undefined : credential;
  };
  return {
    current: async () => read(await cache.readOrUnknown(name)),
    async renew(rejected) {
      const credential = read(await cache.tellAgain(name));
      if (credential === 'unreadable' || credential === undefined) return undefined;
      const isSame = credential.apiKey === rejected.apiKey && credential.baseUrl === rejected.baseUrl;
      return isSame ? undefined : credential;
    },
    keyPlace: () => ({ kind: 'secret', name, fault }),
  };
}

/** The API's own token, in the secret `<prefix>token`. One that can never serve counts as not configured, and is logged. */
export function tokenFromSecret(
  cache: SecretCache,
  prefix: string,
  log: Log,
): () => Promise<string | undefined> {
  const unusable = onceFor(() => log({ level: 'error', event: 'token_unusable' }));
  return async () => {
    const text = await cache.get(`${prefix}token`);
    const token = text === undefined ? undefined : readToken(text.trim());
    if (!(token instanceof InvalidValue)) return token;
    unusable(text);
    return undefined;
  };
}

const secretSchema = z.strictObject({ api_key: z.string(), base_url: z.string().optional() });

/** A secret is the key itself, or JSON `{"api_key", "base_url"?}`; else what is wrong with it, where there is any. */
function readCredential(text: ReadSecret, defaultBaseUrl: string): Credential | InvalidValue | undefined {
  if (text === accessDenied)
    return new InvalidValue('is not there, or the role of the function may not read it');
  if (typeof text !== 'string') return undefined;
  const { api_key = '', base_url } = text.trimStart().startsWith('{') ? readJson(text) : { api_key: text };
  if (api_key.trim() === '') return new InvalidValue('holds neither a key nor {"api_key", "base_url"?}');
  const apiKey = readKey(api_key);
  if (apiKey instanceof InvalidValue) return apiKey;
  const baseUrl = base_url === undefined ? defaultBaseUrl : readBaseUrl(base_url);
  return baseUrl instanceof InvalidValue
    ? new InvalidValue(`has a base_url that ${baseUrl.message}`)
    : { apiKey, baseUrl };
}

function readJson(text: string): { api_key?: string | undefined; base_url?: string | undefined } {
  return secretSchema.safeParse(parseJson(text)).data ?? {};
}
