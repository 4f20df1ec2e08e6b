import type { Path } from './url-path.ts';

/** A request to a provider, relative to the connection's base URL and without its key. */
export interface ProviderRequest {
  readonly method: 'GET' | 'POST' | 'PUT';
  readonly path: Path;
  readonly query?: readonly (readonly [string, string])[];
  /** Sent as JSON; without it the request has no body. */
  readonly body?: unknown;
}

/** A provider's response, with any status: `body` is the parsed JSON, or `undefined` if it is not JSON. */
export interface ProviderResponse {
  readonly status: number;
  readonly body: unknown;
}

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
