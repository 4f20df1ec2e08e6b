import { fromEnv } from '@aws-sdk/credential-provider-env';
import { Sha256 } from '@smithy/core/checksum';
import { HttpRequest } from '@smithy/core/transport';
import { SignatureV4 } from '@smithy/signature-v4';
import type { Clock } from '../../lib/clock.ts';
import type { Authorize } from '../send-request.ts';
import type { SigV4Auth } from './auth.ts';
import { type AwsKey, readAwsKey } from './aws-key.ts';

/**
 * The access key that a connection's key states; for the word `role` that in the process's environment, where Lambda sets the
 * key of its role. `undefined` if there is none.
 */
export async function accessKeyOf(text: string): Promise<AwsKey | undefined> {
  const stated = readAwsKey(text);
  return stated === 'role' ? fromEnv()().catch(() => undefined) : stated;
}

/**
 * Signs requests with AWS's own signer. Their paths are signed as they stand on the wire, encoded once more, as AWS asks
 * for every service but S3.
 */
export function signWith({ service, region }: SigV4Auth, credentials: AwsKey, clock: Clock): Authorize {
  const signer = new SignatureV4({ service, region, credentials: definedOf(credentials), sha256: Sha256 });
  return async ({ method, url, headers, body }) => {
    const { host, hostname, port, protocol, pathname } = url;
    const request = new HttpRequest({
      ...{ method, protocol, hostname, path: pathname, query: queryOf(url), body },
      ...(port === '' ? {} : { port: Number(port) }),
      headers: { ...Object.fromEntries(headers), host },
    });
    const signed = await signer.sign(request, { signingDate: new Date(clock.wallTime()) });
    return Object.entries(signed.headers).filter(([name]) => name !== 'host' && !headers.has(name));
  };
}

function definedOf({ sessionToken, ...key }: AwsKey) {
  return sessionToken === undefined ? key : { ...key, sessionToken };
}

function queryOf({ searchParams }: URL): Record<string, string[]> {
  const names = new Set(searchParams.keys());
  return Object.fromEntries([...names].map((name) => [name, searchParams.getAll(name)]));
}
