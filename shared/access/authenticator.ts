import { timingSafeEqual } from 'node:crypto';
import type { Clock } from '../lib/clock.ts';
import { hmacOf, tokenIdOf } from './api-token.ts';
import { bearerOf, type TokenSource, verifyToken } from './bearer-token.ts';
import { type Caller, unrestrictedRights } from './caller.ts';

/** The caller of a request. `rejected`: the token is not valid; `unconfigured`: no token is configured. */
export type Identity = Caller | 'rejected' | 'unconfigured';

/** Finds the caller of an `Authorization` header. The result is the same for an unknown, a wrong and an expired token. */
export interface Authenticator {
  identify(authorization: string | undefined): Promise<Identity>;
}

/** A token as the configuration knows it. */
export interface KnownToken {
  /** HMAC-SHA-256, 64 hexadecimal digits. */
  readonly hmac: string;
  /** When it expires, in milliseconds since the epoch. */
  readonly expiresAt?: number | undefined;
  readonly caller: Caller;
}

/** What tokens are checked with. `undefined` means that no caller can be admitted. */
export interface TokenParts {
  /** Tokens by their id. */
  tokens(): Promise<ReadonlyMap<string, KnownToken> | undefined>;
  pepper(): Promise<string | undefined>;
  readonly clock: Clock;
}

/** The caller of an installation with one token: `token`, with every right. */
export const callerOfTheOneToken: Caller = { id: 'token', kind: 'program', rights: unrestrictedRights };

/** The authenticator of an installation with one token. @see callerOfTheOneToken */
export function callerOfOneToken(source: TokenSource): Authenticator {
  return {
    async identify(authorization) {
      const admission = await verifyToken(authorization, source);
      return admission === 'admitted' ? callerOfTheOneToken : admission;
    },
  };
}

/** An HMAC that no token has. An unknown token is compared with it, so that it takes as long as a wrong one. */
const dummyHmac = '0'.repeat(64);

/** The authenticator of an installation whose callers have their own tokens. */
export function callersByToken({ tokens, pepper, clock }: TokenParts): Authenticator {
  return {
    async identify(authorization) {
      const [book, secret] = await Promise.all([tokens(), pepper().catch(() => undefined)]);
      if (book === undefined || secret === undefined) return 'unconfigured';
      const presented = bearerOf(authorization);
      const known = book.get(tokenIdOf(presented) ?? '');
      const isRight = sameHmac(hmacOf(presented, secret), known?.hmac ?? dummyHmac);
      if (known === undefined || !isRight) return 'rejected';
      return clock.wallTime() < (known.expiresAt ?? Number.POSITIVE_INFINITY) ? known.caller : 'rejected';
    },
  };
}

function sameHmac(one: string, other: string): boolean {
  return timingSafeEqual(Buffer.from(one, 'hex'), Buffer.from(other, 'hex'));
}
