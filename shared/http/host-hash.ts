import { createHash } from 'node:crypto';
import type { CredentialSource } from './auth/credential-source.ts';

/** What leads to a provider, such as a connection. */
interface Leading {
  readonly credentials: Pick<CredentialSource, 'current'>;
}

/** A hash of the host that a connection leads to now; `undefined` if it has no usable key. */
export async function hostOf({ credentials }: Leading): Promise<string | undefined> {
  const credential = await credentials.current();
  if (credential === undefined || credential === 'unreadable') return undefined;
  const { host } = new URL(credential.baseUrl);
  return createHash('sha256').update(host).digest('base64url').slice(0, 16);
}

/** Whether a connection leads to a host, by its hash. Without a usable key, and without a host, nothing says that it does not. */
export async function leadsTo(connection: Leading, host: string | undefined): Promise<boolean> {
  const found = await hostOf(connection);
  return host === undefined || found === undefined || host === found;
}
