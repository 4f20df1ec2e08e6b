import type { Path } from './path.ts';

/** What is to be sent, below the connection's base URL and without its key. */
export interface ProviderRequest {
  readonly method: 'GET' | 'POST' | 'PUT';
  readonly path: Path;
  readonly query?: readonly (readonly [string, string])[];
  /** Sent as JSON; left out, there is no body. */
  readonly body?: unknown;
}

/** What came back: `body` is the parsed JSON, or `undefined` where it was none. Every status is possible. */
export interface ProviderResponse {
  readonly status: number;
  readonly body: unknown;
}

/** At most `count` requests in any `windowMs` milliseconds. */
export interface RateLimit {
  readonly count: number;
  readonly windowMs: number;
}
