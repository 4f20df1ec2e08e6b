import { timingSafeEqual } from 'node:crypto';
import type { Clock } from '../lib/clock.ts';
import { hmacOf, tokenIdOf } from './api-token.ts';
import { bearerOf, type TokenSource, verifyToken } from './bearer-token.ts';
import { type Caller, unrestrictedRights } from './caller.ts';
import { claimOf, isSealed, sealSession, sessionMs } from './session.ts';

/** Why a request has no caller. `rejected`: the token or the session is not valid; `unconfigured`: no token is configured. */
export type NoCaller = 'rejected' | 'unconfigured';
/** The caller of a request, or why there is none. */
export type Identity = Caller | NoCaller;

/** A session that was just opened, and the value of its cookie. */
export interface OpenedSession {
  readonly caller: Caller;
  readonly cookie: string;
  /** Milliseconds since the epoch. */
  readonly endsAt: number;
}

/** Finds the caller of an `Authorization` header. The result is the same for an unknown, a wrong and an expired token. */
export interface Authenticator {
  identify(authorization: string | undefined): Promise<Identity>;
}

/** Sessions of the console: each stands for a token, and ends with it. */
export interface Sessions {
  /** Finds the caller by the cookie of a session. */
  identifySession(cookie: string): Promise<Identity>;
  /** Opens a session for the caller of an `Authorization` header. */
  openSession(authorization: string): Promise<OpenedSession | NoCaller>;
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
export function callerOfOneToken(source: TokenSource, clock: Clock): Authenticator & Sessions {
  return {
    async identify(authorization) {
      const admission = await verifyToken(authorization, source);
      return admission === 'admitted' ? callerOfTheOneToken : admission;
    },
    async identifySession(cookie) {
      const token = await source();
      if (token === undefined) return 'unconfigured';
      const claim = claimOf(cookie) ?? noClaim;
      const isGood = isSealed(cookie, { ...claim, proof: token }, token) && isInTime(claim.endsAt, clock);
      return isGood ? callerOfTheOneToken : 'rejected';
    },
    async openSession(authorization) {
      const token = await source();
      if (token === undefined) return 'unconfigured';
      const admission = await verifyToken(authorization, async () => token);
      if (admission !== 'admitted') return admission;
      const endsAt = clock.wallTime() + sessionMs;
      const cookie = sealSession({ tokenId: 'token', proof: token, endsAt }, token);
      return { caller: callerOfTheOneToken, cookie, endsAt };
    },
  };
}

/** An HMAC that no token has. An unknown token is compared with it, so that it takes as long as a wrong one. */
const dummyHmac = '0'.repeat(64);
/** What no session claims. */
const noClaim = { tokenId: '', endsAt: 0 };

/** The authenticator of an installation whose callers have their own tokens. */
export function callersByToken({ tokens, pepper, clock }: TokenParts): Authenticator & Sessions {
  const read = async () => {
    const [book, secret] = await Promise.all([tokens(), pepper().catch(() => undefined)]);
    return book === undefined || secret === undefined ? undefined : { book, secret };
  };
  const find = async (authorization: string | undefined) => {
    const known = await read();
    if (known === undefined) return 'unconfigured';
    const presented = bearerOf(authorization);
    const tokenId = tokenIdOf(presented) ?? '';
    const token = known.book.get(tokenId);
    const isRight = sameHmac(hmacOf(presented, known.secret), token?.hmac ?? dummyHmac);
    return token !== undefined && isRight && isInTime(token.expiresAt, clock)
      ? { ...known, tokenId, token }
      : 'rejected';
  };
  return {
    async identify(authorization) {
      const found = await find(authorization);
      return typeof found === 'string' ? found : found.token.caller;
    },
    async identifySession(cookie) {
      const known = await read();
      if (known === undefined) return 'unconfigured';
      const claim = claimOf(cookie) ?? noClaim;
      const token = known.book.get(claim.tokenId);
      const isRight = isSealed(cookie, { ...claim, proof: token?.hmac ?? dummyHmac }, known.secret);
      const isGood = isRight && isInTime(claim.endsAt, clock) && isInTime(token?.expiresAt, clock);
      return token !== undefined && isGood ? token.caller : 'rejected';
    },
    async openSession(authorization) {
      const found = await find(authorization);
      if (typeof found === 'string') return found;
      const { token, tokenId, secret } = found;
      const endsAt = Math.min(clock.wallTime() + sessionMs, token.expiresAt ?? Number.POSITIVE_INFINITY);
      return {
        ...{ caller: token.caller, endsAt },
        cookie: sealSession({ tokenId, proof: token.hmac, endsAt }, secret),
      };
    },
  };
}

/** Whether a time lies ahead. None is always ahead. */
function isInTime(at: number | undefined, clock: Clock): boolean {
  return clock.wallTime() < (at ?? Number.POSITIVE_INFINITY);
}

function sameHmac(one: string, other: string): boolean {
  return timingSafeEqual(Buffer.from(one, 'hex'), Buffer.from(other, 'hex'));
}
