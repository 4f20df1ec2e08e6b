import type { Sent } from './send.ts';

const mostRejections = 2;
const mostUnopened = 5;

/**
 * Stops asking, for the rest of one call, a provider that rejected our key twice or could not be reached five times
 * in a row.
 */
export class Breaker {
  #rejections = 0;
  #unopened = 0;

  /** Why nothing more is sent, or `undefined` while sending goes on. */
  get tripped(): 'credentials_rejected' | 'provider_unavailable' | undefined {
    if (this.#rejections >= mostRejections) return 'credentials_rejected';
    return this.#unopened >= mostUnopened ? 'provider_unavailable' : undefined;
  }

  note(sent: Sent): void {
    if (sent.kind === 'lost') this.#unopened = sent.opened ? 0 : this.#unopened + 1;
    else {
      this.#unopened = 0;
      if (isRejection(sent.response.status)) this.#rejections += 1;
    }
  }
}

/** Whether a status says that the key is not accepted. */
export function isRejection(status: number): boolean {
  return status === 401 || status === 403;
}
