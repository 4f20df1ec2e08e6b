import type { ProviderRequest, ProviderResponse } from './message.ts';
import { urlBelow } from './path.ts';
import { readRetryAfter } from './retry.ts';

/** A response body above this many bytes is not read: nothing we ask for comes near. */
const largestBody = 1_000_000;

/** What one attempt came to. `lost`: no usable answer; `opened` is false where the connection never came about. */
export type Sent =
  | { readonly kind: 'response'; readonly response: ProviderResponse; readonly retryAfterMs: number | null }
  | { readonly kind: 'lost'; readonly opened: boolean };

/** Where to send, with the header that carries the key, and how long to wait. */
export interface Wire {
  readonly fetch: typeof fetch;
  readonly baseUrl: string;
  readonly authorization: readonly [string, string];
  readonly timeoutMs: number;
  readonly now: number;
}

/**
 * Sends one request, once. The only place that calls `fetch`. Redirects are not followed: `fetch` would carry a key
 * in a custom header to another origin, and turn a POST into a GET. Never rejects but for a bug of ours.
 */
export async function send(request: ProviderRequest, wire: Wire): Promise<Sent> {
  const url = urlBelow(wire.baseUrl, request.path, request.query);
  const headers: Record<string, string> = { accept: 'application/json', 'user-agent': 'calloff' };
  if (request.body !== undefined) headers['content-type'] = 'application/json';
  headers[wire.authorization[0]] = wire.authorization[1];
  try {
    const response = await wire.fetch(url, {
      method: request.method,
      headers,
      redirect: 'manual',
      cache: 'no-store',
      signal: AbortSignal.timeout(wire.timeoutMs),
      ...(request.body === undefined ? {} : { body: JSON.stringify(request.body) }),
    });
    const body = parse(await readCapped(response));
    const retryAfterMs = readRetryAfter(response.headers.get('retry-after'), wire.now);
    return { kind: 'response', response: { status: response.status, body }, retryAfterMs };
  } catch (error) {
    return { kind: 'lost', opened: !neverOpened(error) };
  }
}

/** @throws {Error} when the body is longer than `largestBody` or breaks off. */
async function readCapped(response: Response): Promise<string> {
  if (response.body === null) return '';
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of response.body) {
    length += chunk.byteLength;
    if (length > largestBody) throw new Error('the body is too long');
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

const unopenedCodes: ReadonlySet<string> = new Set([
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'UND_ERR_CONNECT_TIMEOUT',
]);

/** Whether an error of `fetch` proves that no byte of the request left: name look-up, connect or TLS failed. */
function neverOpened(error: unknown): boolean {
  const cause = error instanceof Error ? error.cause : undefined;
  if (typeof cause !== 'object' || cause === null || !('code' in cause) || typeof cause.code !== 'string')
    return false;
  return (
    unopenedCodes.has(cause.code) || /^(CERT_|ERR_TLS_|DEPTH_ZERO_|SELF_SIGNED_|UNABLE_TO_)/.test(cause.code)
  );
}
