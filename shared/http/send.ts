import { parseJson } from '../json.ts';
import type { ProviderRequest, ProviderResponse } from './message.ts';
import { urlBelow } from './path.ts';
import { readRetryAfter } from './retry.ts';

/** A response body above this many bytes is not read: it would be a list of some 3,000 PromptLoop batches. */
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
 * Sends one request, once. The only place that calls `fetch` to a provider. Redirects are not followed: `fetch` would carry a key
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
    const text = await readCapped(response);
    const body = text === undefined ? undefined : parseJson(text);
    const retryAfterMs = readRetryAfter(response.headers.get('retry-after'), wire.now);
    return { kind: 'response', response: { status: response.status, body }, retryAfterMs };
  } catch (error) {
    return { kind: 'lost', opened: !neverOpened(error) };
  }
}

/**
 * The body, or `undefined` when it is longer than `largestBody`.
 * @throws {Error} when it breaks off.
 */
async function readCapped(response: Response): Promise<string | undefined> {
  if (response.body === null) return '';
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of response.body) {
    length += chunk.byteLength;
    if (length > largestBody) return undefined;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

/** Whether an error of `fetch` proves that no byte of the request left: name look-up, connect or TLS failed. */
function neverOpened(error: unknown): boolean {
  return isUnopened(error instanceof Error ? error.cause : undefined);
}

const openingFailed =
  /^(ECONNREFUSED|ENOTFOUND|EAI_AGAIN|UND_ERR_CONNECT_TIMEOUT|CERT_.*|ERR_TLS_.*|DEPTH_ZERO_.*|SELF_SIGNED_.*|UNABLE_TO_.*)$/;

/** A route can also be lost under a socket that is open: `EHOSTUNREACH` and its like count only while connecting. */
function isUnopened(cause: unknown): boolean {
  if (cause instanceof AggregateError) return cause.errors.length > 0 && cause.errors.every(isUnopened);
  if (typeof cause !== 'object' || cause === null) return false;
  if ('syscall' in cause && cause.syscall === 'connect') return true;
  return 'code' in cause && typeof cause.code === 'string' && openingFailed.test(cause.code);
}
