import { isObject } from '../lib/json.ts';
import { boundedWait } from './retry-after.ts';
import type { ProviderResponse, TurnedAway } from './types.ts';

/** What an adapter knows of its provider's responses about the key or the pace; `null` leaves it to their status. */
export type ReadTurnedAway = (response: ProviderResponse, now: number) => TurnedAway | null;

/** A response, and how long its headers ask to wait. */
interface Answered {
  readonly response: ProviderResponse;
  readonly retryAfterMs: number | null;
}

/**
 * What a response says of the key and the pace. `forbidden` is a 403 of which the adapter knows no more: it is about the
 * key, or about this request if the key was accepted a moment ago.
 */
export type Verdict =
  | { readonly kind: 'accepted' | 'rejected' | 'forbidden' | 'nothing' }
  | { readonly kind: 'limited'; readonly retryAfterMs: number | null };

/** Reads the verdict of a response. `now` is the wall time at which it was made; `own` is what the adapter knows. */
export function verdictOn({ response, retryAfterMs }: Answered, now: number, own?: ReadTurnedAway): Verdict {
  const stated = own?.(response, now) ?? null;
  const turnedAway = stated ?? byStatus(response);
  if (turnedAway === null) return { kind: isSuccess(response) ? 'accepted' : 'nothing' };
  if (turnedAway.kind === 'limited')
    return { kind: 'limited', retryAfterMs: boundedWait(turnedAway.retryAfterMs) ?? retryAfterMs };
  return { kind: stated === null && response.status === 403 ? 'forbidden' : 'rejected' };
}

/** Whether a response rejects the key or limits the pace, by the adapter's word or else by its status. */
export function readTurnedAway(response: ProviderResponse, own?: ReadTurnedAway): TurnedAway['kind'] | null {
  return (own?.(response, 0) ?? byStatus(response))?.kind ?? null;
}

function isSuccess({ status }: ProviderResponse): boolean {
  return status >= 200 && status < 300;
}

/**
 * The rule of most providers. A 403 without a sentence comes from a web page or a gateway, not from the provider, and says
 * nothing about the key.
 */
function byStatus({ status, body }: ProviderResponse): TurnedAway | null {
  if (status === 429) return { kind: 'limited', retryAfterMs: null };
  return status === 401 || (status === 403 && hasSentence(body)) ? { kind: 'rejected' } : null;
}

/** The fields in which the providers' errors say what is wrong. */
const sentenceKeys = ['message', 'Message', 'detail', 'error', 'error_code'] as const;

function hasSentence(body: unknown): boolean {
  return isObject(body) && sentenceKeys.some((key) => hasText(body[key]));
}

function hasText(value: unknown): boolean {
  if (isObject(value)) return Object.values(value).some((part) => typeof part === 'string' && part !== '');
  return typeof value === 'string' && value !== '';
}
