import * as z from 'zod';
import type { Credential, CredentialSource } from '../http/line.ts';
import type { SecretCache } from './secret-cache.ts';
import { type ConnectionSettings, Problem, readBaseUrl, readKey, readToken } from './settings.ts';

/** The credential that the environment gives, which does not change while the process lives. */
export function credentialFromSettings({ apiKey, baseUrl }: ConnectionSettings): CredentialSource {
  const credential = apiKey === undefined ? undefined : { apiKey, baseUrl };
  return { current: async () => credential, renew: async () => undefined };
}

/** The credential in the secret `<prefix><connection>`, followed when it is rotated. */
export function credentialFromSecret(
  connection: ConnectionSettings,
  cache: SecretCache,
  prefix: string,
): CredentialSource {
  const name = prefix + connection.name;
  return {
    current: async () => readCredential(await cache.get(name), connection.baseUrl),
    async renew(rejected) {
      const credential = readCredential(await cache.reread(name), connection.baseUrl);
      return credential?.apiKey === rejected.apiKey && credential.baseUrl === rejected.baseUrl
        ? undefined
        : credential;
    },
  };
}

/** The API's own token, in the secret `<prefix>token`. One that is too short to be safe counts as not configured. */
export function tokenFromSecret(cache: SecretCache, prefix: string): () => Promise<string | undefined> {
  return async () => {
    const token = readToken((await cache.get(`${prefix}token`))?.trim() ?? '');
    return token instanceof Problem ? undefined : token;
  };
}

const secretSchema = z.strictObject({ api_key: z.string(), base_url: z.string().optional() });

/** A secret is the key itself, or JSON `{"api_key", "base_url"?}`. One that is neither counts as not configured. */
function readCredential(text: string | undefined, defaultBaseUrl: string): Credential | undefined {
  if (text === undefined) return undefined;
  const { api_key, base_url } = text.trimStart().startsWith('{')
    ? readJson(text)
    : { api_key: text, base_url: undefined };
  const apiKey = readKey(api_key ?? '');
  const baseUrl = base_url === undefined ? defaultBaseUrl : readBaseUrl(base_url);
  return apiKey instanceof Problem || baseUrl instanceof Problem ? undefined : { apiKey, baseUrl };
}

function readJson(text: string): { api_key?: string | undefined; base_url?: string | undefined } {
  try {
    return secretSchema.safeParse(JSON.parse(text)).data ?? {};
  } catch {
    return {};
  }
}
