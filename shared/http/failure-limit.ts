import type { Cause } from '../contract/outcome.ts';
import { isObject } from '../lib/json.ts';
import type { Sent } from './send-request.ts';
import type { ProviderResponse } from './types.ts';

const mostRejections = 2;
const mostUnopened = 5;

/** Why nothing more is sent, and the cause if it is known. */
export interface Tripped {
  readonly code: 'credentials_rejected' | 'provider_unavailable';
  readonly cause?: Cause;
}

/**
 * Stops requests to a provider for the rest of one call, after it rejected the key twice or could not be reached five
 * times in a row. Rejections count per key: a changed key starts at zero, and so does a key that is then accepted.
 */
export class FailureLimit {
  readonly #rejections = new Map<string, number>();
  #unopened = 0;
  #cause: Pick<Tripped, 'cause'> = {};

  /** Why nothing more is sent with `apiKey`, or `undefined` while requests may be sent. */
  trippedFor(apiKey: string): Tripped | undefined {
    if ((this.#rejections.get(apiKey) ?? 0) >= mostRejections) return { code: 'credentials_rejected' };
    return this.#unopened >= mostUnopened ? { code: 'provider_unavailable', ...this.#cause } : undefined;
  }

  /** Counts an answer. `denied`: it refuses the request, and says nothing about the key. */
  note(sent: Sent, apiKey: string, denied = false): void {
    this.#unopened = sent.kind === 'lost' && !sent.opened ? this.#unopened + 1 : 0;
    this.#cause = sent.kind === 'lost' && sent.cause !== undefined ? { cause: sent.cause } : {};
    if (sent.kind === 'lost' || denied) return;
    if (isAcceptance(sent.response)) this.#rejections.delete(apiKey);
    if (isRejection(sent.response)) this.#rejections.set(apiKey, (this.#rejections.get(apiKey) ?? 0) + 1);
  }
}

/** Whether an answer shows that the key is accepted. */
export function isAcceptance({ status }: ProviderResponse): boolean {
  return status >= 200 && status < 300;
}

/**
 * Whether an answer says that the key is not accepted. A 403 without a sentence comes from a web page or a gateway, not
 * from the provider.
 */
export function isRejection({ status, body }: ProviderResponse): boolean {
  return status === 401 || (status === 403 && isObject(body) && wordKeys.some((key) => hasText(body[key])));
}

/** The fields in which the providers' errors say what is wrong. */
const wordKeys = ['message', 'detail', 'error', 'error_code'] as const;

function hasText(value: unknown): boolean {
  if (isObject(value)) return Object.values(value).some((part) => typeof part === 'string' && part !== '');
  return typeof value === 'string' && value !== '';
}
