import type { Turn } from './turn.ts';

/**
 * The result of a request with a permit. `limited` is a 429, with its `Retry-After`; `unopened` is one that never arrived,
 * so the provider has not counted it; `unused` is one that was not sent after all.
 */
export type RequestResult =
  | { readonly kind: 'answered' | 'lost' | 'unopened' | 'unused' }
  | { readonly kind: 'limited'; readonly retryAfterMs: number | null };

/**
 * Whether a request may be sent. `held`: a 429 asks for a longer wait than there is time. `late`, `aborted`: its turn did
 * not come. `withdrawn`: it gave up its place.
 */
export type Permit =
  | { readonly kind: 'entered'; release(result: RequestResult): void }
  | { readonly kind: 'held'; readonly retryAfterMs: number }
  | { readonly kind: 'late' }
  | { readonly kind: 'aborted' }
  | { readonly kind: 'withdrawn' };

/** The place of a waiting request in the queue. */
export interface Place {
  /** Estimates the milliseconds until its turn; 0 if that depends on answers that may come at any time. */
  waitMs(): number;
  /** Gives the place up. Does nothing once the turn has come. */
  withdraw(): void;
}

/** How long a request may wait for its turn, and its order. `deadline` is in milliseconds on the limiter's clock. */
export interface AcquireOptions {
  readonly deadline: number;
  readonly turn: Turn;
  readonly signal?: AbortSignal | undefined;
  /** Whether this request had a 429 before: then it goes before others of its call. */
  readonly again?: boolean;
  /** Called at once if the request has to wait. */
  queued?(place: Place): void;
}
