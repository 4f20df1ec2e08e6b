import type { Path } from './url-path.ts';

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

/** Operations whose requests share a quota at the provider. One that stands in no group has a quota of its own. */
export interface LimitGroup<Operation extends string> {
  readonly operations: readonly Operation[];
  /** What the provider documents; without it the quota is learned. */
  readonly limit?: RateLimit;
  /**
   * Set if it is of no use to ask before the time that the provider's 429 names. Without it one request asks again after
   * a minute, however long a 429 wants to be waited for.
   */
  readonly resetIsBinding?: true;
}

/** The documented limit on an operation, alone or together with others. */
export function limitOn<Operation extends string>(
  operation: Operation,
  groups: readonly LimitGroup<Operation>[],
): RateLimit | undefined {
  return groups.find(({ operations }) => operations.includes(operation))?.limit;
}

/** What opens a provider's door: its key, and where the door is. */
export interface Credential {
  readonly apiKey: string;
  readonly baseUrl: string;
}
