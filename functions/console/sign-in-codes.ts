import { createHash, randomBytes } from 'node:crypto';
import type { Clock } from '../../shared/lib/clock.ts';

/** How long a printed link signs in, in milliseconds. */
const codeMs = 15 * 60_000;

/** Codes of links that sign in once, each for a token. They live in this process only. */
export class SignInCodes {
  readonly #clock: Clock;
  readonly #tokens = new Map<string, { readonly token: string; readonly endsAt: number }>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Makes the code of a link for this token. */
  make(token: string): string {
    const code = randomBytes(18).toString('base64url');
    this.#tokens.set(digestOf(code), { token, endsAt: this.#clock.wallTime() + codeMs });
    return code;
  }

  /** The token of a code that was not used yet. From then on it is used. */
  take(code: string): string | undefined {
    const key = digestOf(code);
    const known = this.#tokens.get(key);
    this.#tokens.delete(key);
    return known !== undefined && this.#clock.wallTime() < known.endsAt ? known.token : undefined;
  }
}

/** So that the time of a look-up tells nothing of a code. */
function digestOf(code: string): string {
  return createHash('sha256').update(code).digest('hex');
}
