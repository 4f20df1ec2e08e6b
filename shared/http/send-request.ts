import type { Cause } from '../contract/outcome.ts';
import { type TimeLimit, timeLimit } from '../lib/abort.ts';
import { systemClock } from '../lib/clock.ts';
import { yieldIfBusy } from '../lib/event-loop.ts';
import { readLongAnswer } from '../lib/long-json.ts';
import { outgoingTraceparent } from '../lib/telemetry/trace.ts';
import { readConnectionError } from './connection-error.ts';
import { isRequestHeader, readableHeaders } from './headers.ts';
import { readRetryAfter, readRetryAfterMs, timeOfResponse } from './retry-after.ts';
import type { ProviderRequest, ProviderResponse } from './types.ts';
import { joinUrl } from './url-path.ts';

/** The largest response body that is read, in bytes: by default a list of some 3,000 PromptLoop batches. */
const largestBody = { byDefault: 1_000_000, ever: 4_000_000 };

/**
 * The result of one attempt. `lost`: no usable answer; `opened` is false if the connection never opened, and `cause` says
 * why, if it is known.
 */
export type Sent =
  | {
      readonly kind: 'response';
      readonly response: ProviderResponse;
      readonly retryAfterMs: number | null;
      /** When it was made, as a wall time of the provider's clock, or of ours if the provider does not tell. */
      readonly madeAt: number;
    }
  | { readonly kind: 'lost'; readonly opened: boolean; readonly cause?: Cause };

/** A request that is complete but for what a key puts onto it. */
interface OutgoingRequest {
  readonly method: string;
  readonly url: URL;
  readonly headers: Headers;
  readonly body: string | undefined;
}

/** Makes the headers that a key puts onto a request. Rejects only on a bug, with an error that does not hold the key. */
export type Authorize = (request: OutgoingRequest) => Promise<readonly (readonly [string, string])[]>;

/** The base URL, the header with the key or how to make it, and the time to wait. */
export interface SendOptions {
  readonly fetch: typeof fetch;
  readonly baseUrl: string;
  readonly authorization: readonly [string, string] | Authorize;
  readonly timeoutMs: number;
  /** The most bytes of a response body that are read. Default: a million; never more than four million. */
  readonly mostBytes?: number | undefined;
  /** Makes the limit on the wait, if it may end sooner. */
  readonly patience?: ((ms: number) => TimeLimit) | undefined;
  /** The wall time, in milliseconds since the epoch, that a date in `Retry-After` is counted from if the response has no `Date`. */
  readonly now: number;
}

/**
 * Sends one request, once. The only place that calls `fetch` to a provider. It follows no redirects: `fetch` would send a
 * key in a custom header to another origin, and turn a POST into a GET. Only rejections of `fetch` and of the response
 * body are `lost`. Rejects on a bug, with an error that does not hold the key.
 */
export async function send(request: ProviderRequest, wire: SendOptions): Promise<Sent> {
  const url = joinUrl(wire.baseUrl, request.path, request.query);
  const received = await receiveInTime(url, await initOf(request, url, wire), wire);
  if (received.kind === 'lost') return received;
  const { status, text, headers, date } = received;
  await yieldIfBusy();
  const body = text === undefined ? undefined : await readLongAnswer(text);
  const response = { status, body, ...(headers && { headers }) };
  const madeAt = timeOfResponse(date, wire.now);
  const retryAfterMs =
    readRetryAfterMs(headers?.['retry-after-ms']) ?? readRetryAfter(headers?.['retry-after'], madeAt);
  return { kind: 'response', response, retryAfterMs, madeAt };
}

async function initOf(
  request: ProviderRequest,
  url: URL,
  { authorization }: SendOptions,
): Promise<RequestInit> {
  const { method } = request;
  const [headers, body] = [headersOf(request), bodyOf(request)];
  const added =
    typeof authorization === 'function'
      ? await authorization({ method, url: withPlainSpaces(url), headers, body })
      : [authorization];
  for (const header of added) setHeader(headers, header, 'this key');
  // After the signature, which does not cover it: a proxy may change it on the way.
  const traceparent = outgoingTraceparent();
  if (traceparent !== undefined) headers.set('traceparent', traceparent);
  return {
    ...{ method, headers, redirect: 'manual', cache: 'no-store' },
    ...(body === undefined ? {} : { body }),
  };
}

function bodyOf({ body }: ProviderRequest): string | undefined {
  if (body instanceof URLSearchParams) return body.toString();
  return body === undefined ? undefined : JSON.stringify(body);
}

/** Writes spaces in the query as `%20`, as signatures count them, and not as `+`. */
function withPlainSpaces(url: URL): URL {
  url.search = url.search.replaceAll('+', '%20');
  return url;
}

/** The headers of a request without its key. Of the adapter's own headers only those are sent that an adapter may have. */
function headersOf({ body, headers: own = {} }: ProviderRequest): Headers {
  const headers = new Headers({ accept: 'application/json' });
  if (body !== undefined) headers.set('content-type', contentTypeOf(body));
  for (const [name, value] of Object.entries(own))
    if (value !== undefined && isRequestHeader(name))
      setHeader(headers, [name, value], `this value of ${name}`);
  headers.set('user-agent', 'calloff');
  return headers;
}

function contentTypeOf(body: unknown): string {
  return body instanceof URLSearchParams ? 'application/x-www-form-urlencoded' : 'application/json';
}

/** @throws {Error} if a header cannot hold the value. The error of `Headers` itself would print the value. */
function setHeader(headers: Headers, [name, value]: readonly [string, string], what: string): void {
  try {
    headers.set(name, value);
  } catch {
    throw new Error(`a header cannot hold ${what}`);
  }
}

const defaultPatience = (ms: number) => timeLimit(systemClock, ms);

async function receiveInTime(
  url: URL,
  init: RequestInit,
  { fetch, timeoutMs, patience = defaultPatience, mostBytes = largestBody.byDefault }: SendOptions,
): Promise<Received | Lost> {
  const { signal, done } = patience(timeoutMs);
  try {
    return await receive(
      url,
      { ...init, signal },
      { fetch, mostBytes: Math.min(mostBytes, largestBody.ever) },
    );
  } finally {
    done();
  }
}

type Lost = Extract<Sent, { kind: 'lost' }>;

interface Received {
  readonly kind: 'received';
  readonly status: number;
  readonly text: string | undefined;
  readonly headers: ProviderResponse['headers'] | undefined;
  readonly date: string | null;
}

async function receive(
  url: URL,
  init: RequestInit,
  { fetch, mostBytes }: { readonly fetch: SendOptions['fetch']; readonly mostBytes: number },
): Promise<Received | Lost> {
  try {
    const response = await fetch(url, init);
    const text = await readCapped(response, mostBytes);
    return {
      kind: 'received',
      status: response.status,
      text,
      headers: readableHeaders(response.headers),
      date: response.headers.get('date'),
    };
  } catch (error) {
    return { kind: 'lost', ...readConnectionError(error) };
  }
}

/**
 * The body, or `undefined` if it is longer than `mostBytes`.
 * @throws {Error} if it breaks off.
 */
async function readCapped(response: Response, mostBytes: number): Promise<string | undefined> {
  if (response.body === null) return '';
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of response.body) {
    length += chunk.byteLength;
    if (length > mostBytes) return undefined;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}
