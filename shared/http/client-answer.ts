import type { Cause } from '../contract/outcome.ts';
import type { Tripped } from './failure-limit.ts';
import type { Permit, RequestResult } from './rate-limit/permit.ts';
import type { Sent } from './send-request.ts';
import type { ProviderResponse } from './types.ts';
import type { Verdict } from './verdict.ts';

/**
 * The result of a request, and its wall time `at`. `unsent` promises that nothing was sent; `lost` with `opened: false`
 * that nothing arrived. `needless`: the request was no longer needed at its turn. `rejected`: the response says that the
 * key is not accepted; with `denied` it is a 403 with a key that was accepted a moment ago, so it is about this request.
 * `answered`: a response that limits the pace came before.
 */
export type ClientAnswer =
  | {
      readonly kind: 'response';
      readonly response: ProviderResponse;
      readonly at: number;
      readonly denied?: boolean;
      readonly rejected?: true | undefined;
    }
  | { readonly kind: 'lost'; readonly opened: boolean; readonly cause?: Cause; readonly at: number }
  | {
      readonly kind: 'unsent';
      readonly code: UnsentCode;
      readonly cause?: Cause;
      readonly retryAfterMs?: number;
      readonly answered?: boolean;
    }
  | { readonly kind: 'skipped'; readonly reason: 'late' | 'aborted' | 'needless' };

export type UnsentCode =
  | 'provider_not_configured'
  | 'credentials_rejected'
  | 'provider_unavailable'
  | 'rate_limited';

/** Marks an answer whose request had a 429 before. */
export function withHistory(answer: ClientAnswer, answered: boolean): ClientAnswer {
  return answer.kind === 'unsent' && answered ? { ...answer, answered } : answer;
}

/** Whether the provider rejected the key, now or earlier in the same call. */
export function isRejected(answer: ClientAnswer): boolean {
  if (answer.kind === 'response') return answer.rejected === true;
  return answer.kind === 'unsent' && answer.code === 'credentials_rejected';
}

/** Whether the provider rejected the key itself, and not one request with it. */
export function isAboutKey(answer: ClientAnswer): boolean {
  return isRejected(answer) && !(answer.kind === 'response' && answer.denied === true);
}

/** The result of a request for the rate limiter. */
export function requestResult(sent: Sent, verdict: Verdict): RequestResult {
  if (sent.kind === 'lost') return { kind: sent.opened ? 'lost' : 'unopened' };
  return verdict.kind === 'limited' ? verdict : { kind: 'answered' };
}

/** A response that does not limit the pace, with its verdict, as an answer. */
export function answerOf({ response }: Extract<Sent, { kind: 'response' }>, { kind }: Verdict) {
  const denied = kind === 'forbidden';
  return {
    kind: 'response',
    response,
    denied,
    rejected: denied || kind === 'rejected' || undefined,
  } as const;
}

/** Why the rate limiter, or a failure limit reached while waiting, keeps this request from being sent. */
export function unsentAnswer(
  entry: Permit,
  tripped: Tripped | undefined,
  again: boolean,
): ClientAnswer | undefined {
  if (entry.kind === 'held')
    return { kind: 'unsent', code: 'rate_limited', retryAfterMs: entry.retryAfterMs };
  if (entry.kind === 'withdrawn') return { kind: 'skipped', reason: 'needless' };
  if (entry.kind === 'late' || entry.kind === 'aborted')
    return again ? { kind: 'unsent', code: 'rate_limited' } : { kind: 'skipped', reason: entry.kind };
  if (tripped === undefined) return undefined;
  entry.release({ kind: 'unused' });
  return { kind: 'unsent', ...tripped };
}
