import type { Cause } from '../contract/outcome.ts';
import type { Sent } from './send-request.ts';
import type { Verdict } from './verdict.ts';

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

  /** Counts an answer, with what it says of the key. */
  note(sent: Sent, apiKey: string, verdict: Verdict['kind']): void {
    this.#unopened = sent.kind === 'lost' && !sent.opened ? this.#unopened + 1 : 0;
    this.#cause = sent.kind === 'lost' && sent.cause !== undefined ? { cause: sent.cause } : {};
    if (verdict === 'accepted') this.#rejections.delete(apiKey);
    if (verdict === 'rejected') this.reject(apiKey);
  }

  /** Counts a rejection of a key. */
  reject(apiKey: string): void {
    this.#rejections.set(apiKey, (this.#rejections.get(apiKey) ?? 0) + 1);
  }
}
