import type { Sent } from './send.ts';

const mostRejections = 2;
const mostUnopened = 5;

/**
 * Stops asking, for the rest of one call, a provider that rejected our key twice or could not be reached five times
 * in a row. Rejections count for the key they were said of: one that has changed since starts afresh.
 */
export class Breaker {
  readonly #rejections = new Map<string, number>();
  #unopened = 0;

  /** Why nothing more is sent with `apiKey`, or `undefined` while sending goes on. */
  trippedFor(apiKey: string): 'credentials_rejected' | 'provider_unavailable' | undefined {
    if ((this.#rejections.get(apiKey) ?? 0) >= mostRejections) return 'credentials_rejected';
    return this.#unopened >= mostUnopened ? 'provider_unavailable' : undefined;
  }

  note(sent: Sent, apiKey: string): void {
    this.#unopened = sent.kind === 'lost' && !sent.opened ? this.#unopened + 1 : 0;
    if (sent.kind === 'response' && isRejection(sent.response.status))
      this.#rejections.set(apiKey, (this.#rejections.get(apiKey) ?? 0) + 1);
  }
}

/** Whether a status says that the key is not accepted. */
export function isRejection(status: number): boolean {
  return status === 401 || status === 403;
}
