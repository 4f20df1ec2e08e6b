import { timingSafeEqual } from 'node:crypto';
import type { Clock } from '../lib/clock.ts';
import { hmacOf, tokenIdOf } from './api-token.ts';
import { bearerOf, type TokenSource, verifyToken } from './bearer-token.ts';
import { type Caller, unrestrictedRights } from './caller.ts';

/** Who asks. `rejected`: nobody we know; `unconfigured`: nobody can come in here yet, whatever they present. */
export type Identity = Caller | 'rejected' | 'unconfigured';

/** Tells who presents an `Authorization` header. Says the same of an unknown, a wrong and an expired token. */
export interface Authenticator {
  identify(authorization: string | undefined): Promise<Identity>;
}

/** A token as the configuration knows it. */
export interface KnownToken {
  /** HMAC-SHA-256, 64 hexadecimal digits. */
  readonly hmac: string;
  /** Milliseconds since the epoch; from then on it is refused. */
  readonly expiresAt?: number | undefined;
  readonly caller: Caller;
}

/** What tokens are judged by. `undefined` means that nobody can come in. */
export interface TokenParts {
  /** Tokens by their id. */
  tokens(): Promise<ReadonlyMap<string, KnownToken> | undefined>;
  pepper(): Promise<string | undefined>;
  readonly clock: Clock;
}

/** Where there is one token for all: whoever presents it is the caller `token`, and may do everything. */
export function callerOfOneToken(source: TokenSource): Authenticator {
  const caller: Caller = { id: 'token', kind: 'program', rights: unrestrictedRights };
  return {
    async identify(authorization) {
      const admission = await verifyToken(authorization, source);
      return admission === 'admitted' ? caller : admission;
    },
  };
}

/** An HMAC that no token has: an unknown token is compared with it, and so takes as long as a wrong one. */
const nobodysHmac = '0'.repeat(64);

/** Where callers have tokens of their own. */
export function callersByToken({ tokens, pepper, clock }: TokenParts): Authenticator {
  return {
    async identify(authorization) {
      const [book, secret] = await Promise.all([tokens(), pepper().catch(() => undefined)]);
      if (book === undefined || secret === undefined) return 'unconfigured';
      const presented = bearerOf(authorization);
      const known = book.get(tokenIdOf(presented) ?? '');
      const isRight = sameHmac(hmacOf(presented, secret), known?.hmac ?? nobodysHmac);
      if (known === undefined || !isRight) return 'rejected';
      return clock.wallTime() < (known.expiresAt ?? Number.POSITIVE_INFINITY) ? known.caller : 'rejected';
    },
  };
}

function sameHmac(one: string, other: string): boolean {
  return timingSafeEqual(Buffer.from(one, 'hex'), Buffer.from(other, 'hex'));
}
