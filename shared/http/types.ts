import type { RequestHeader, ResponseHeader } from './headers.ts';
import type { Path } from './url-path.ts';

/** A request to a provider, relative to the connection's base URL and without its key. */
export interface ProviderRequest {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  readonly path: Path;
  readonly query?: readonly (readonly [string, string])[];
  /** Sent as JSON, or as a form if it is `URLSearchParams`; without it the request has no body. */
  readonly body?: unknown;
  /** Headers beyond those that every request has, in small letters. A content type here takes the place of `application/json`. */
  readonly headers?: { readonly [name in RequestHeader]?: string };
}

/** A provider's response, with any status: `body` is the parsed JSON, or `undefined` if it is not JSON. */
export interface ProviderResponse {
  readonly status: number;
  readonly body: unknown;
  /** Those that adapters may read, if the response has any of them. */
  readonly headers?: { readonly [name in ResponseHeader]?: string };
}

/**
 * What a response says of the key or the pace, whatever its status: the key is not accepted, or more requests were sent
 * than the provider allows. Either way the request has had no effect. `retryAfterMs` is how long the response asks to wait;
 * `null` is what its headers `retry-after-ms` and `Retry-After` say.
 */
export type TurnedAway =
  | { readonly kind: 'rejected' }
  | { readonly kind: 'limited'; readonly retryAfterMs: number | null };

/** At most `count` requests in any `windowMs` milliseconds. */
export interface RateLimit {
  readonly count: number;
  readonly windowMs: number;
}

/** Kinds of requests that share a rate limit at the provider. A kind in no group has its own limit. */
export interface LimitGroup<Operation extends string> {
  readonly operations: readonly Operation[];
  /** The documented limit; without it the limit is learned. */
  readonly limit?: RateLimit;
  /** The most requests of the group that may be under way at the same time, if the provider limits that. */
  readonly atOnce?: number;
  /**
   * Set if no request can succeed before the time in the provider's 429. Without it one request is sent after a minute even
   * if a 429 asks for a longer wait.
   */
  readonly resetIsBinding?: true;
}

/** The documented limit on a kind of request, alone or together with others. */
export function limitOn<Operation extends string>(
  operation: Operation,
  groups: readonly LimitGroup<Operation>[],
): RateLimit | undefined {
  return groups.find(({ operations }) => operations.includes(operation))?.limit;
}

/** An API key, and the base URL it is for. */
export interface Credential {
  readonly apiKey: string;
  readonly baseUrl: string;
}
