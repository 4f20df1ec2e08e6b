import type { ProviderResponse } from '../http/types.ts';
import { type ReadTurnedAway, readTurnedAway } from '../http/verdict.ts';
import type { Failure } from './adapter.ts';

/**
 * The reading of every answer that an adapter has no word for. Total: a 2xx that ends up here was not shaped as
 * documented, so it is never a success, and it may have acted; so may a redirect, which often follows a success.
 * `turnedAway` is the adapter's own, if it has one.
 */
export function readFailure(response: ProviderResponse, turnedAway?: ReadTurnedAway): Failure {
  const { status } = response;
  const turned = readTurnedAway(response, turnedAway);
  if (turned === 'rejected') return failure('credentials_rejected', false);
  if (turned === 'limited') return failure('rate_limited', false);
  if (status === 408 || status >= 500) return failure('provider_unavailable', true);
  return failure('unexpected_response', status < 400);
}

/** A failure value. */
export function failure(code: Failure['code'], mayHaveActed: boolean): Failure {
  return { kind: 'failure', code, mayHaveActed };
}

/** Whether the provider refused a request for what it holds, so that a smaller one may fare better. */
export function isContentRefusal({ status }: ProviderResponse): boolean {
  return status === 400 || status === 404 || status === 413;
}
