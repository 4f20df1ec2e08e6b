import type { Cause } from '../outcome.ts';
import type { Sent } from './send.ts';

const mostRejections = 2;
const mostUnopened = 5;

/** Why nothing more is sent, and what kept the provider from being reached, where that is known. */
export interface Tripped {
  readonly code: 'credentials_rejected' | 'provider_unavailable';
  readonly cause?: Cause;
}

/**
 * Stops asking, for the rest of one call, a provider that rejected our key twice or could not be reached five times
 * in a row. Rejections count for the key they were said of: one that has changed since starts afresh.
 */
export class Breaker {
  readonly #rejections = new Map<string, number>();
  #unopened = 0;
  #cause: Pick<Tripped, 'cause'> = {};

  /** Why nothing more is sent with `apiKey`, or `undefined` while sending goes on. */
  trippedFor(apiKey: string): Tripped | undefined {
    if ((this.#rejections.get(apiKey) ?? 0) >= mostRejections) return { code: 'credentials_rejected' };
    return this.#unopened >= mostUnopened ? { code: 'provider_unavailable', ...this.#cause } : undefined;
  }

  note(sent: Sent, apiKey: string): void {
    this.#unopened = sent.kind === 'lost' && !sent.opened ? this.#unopened + 1 : 0;
    this.#cause = sent.kind === 'lost' && sent.cause !== undefined ? { cause: sent.cause } : {};
    if (sent.kind === 'response' && isRejection(sent.response.status))
      this.#rejections.set(apiKey, (this.#rejections.get(apiKey) ?? 0) + 1);
  }
}

/** Whether a status says that the key is not accepted. */
export function isRejection(status: number): boolean {
  return status === 401 || status === 403;
}
