import type { Clock } from '../lib/clock.ts';
import { tokenIdOf } from './api-token.ts';
import {
  callerOfTheOneToken,
  callersByToken,
  type Identity,
  type KnownToken,
  type TokenParts,
} from './authenticator.ts';
import { bearerOf, type TokenSource, verifyToken } from './bearer-token.ts';
import type { Caller } from './caller.ts';
import { claimOf, isSealed, sealSession, sessionMs, tagOf } from './session.ts';

/** A session that was just opened, and the value of its cookie. */
export interface OpenedSession {
  readonly caller: Caller;
  readonly cookie: string;
  /** Milliseconds since the epoch. */
  readonly endsAt: number;
  /** What tells the cookies of installations at one host name apart, in eight characters. */
  readonly tag: string;
}

/** Sessions of the console: each stands for a token, and ends with it. */
export interface Sessions {
  /** Finds the caller by the cookie of a session. */
  identifySession(cookie: string): Promise<Identity>;
  /** Opens a session for the caller of an `Authorization` header. */
  openSession(authorization: string): Promise<OpenedSession | Exclude<Identity, Caller>>;
}

/** What no session claims. */
const noClaim = { tokenId: '', endsAt: 0 };

/** The sessions of an installation with one token. @see callerOfTheOneToken */
export function sessionsOfOneToken(source: TokenSource, clock: Clock): Sessions {
  return {
    async identifySession(cookie) {
      const token = await source();
      if (token === undefined) return 'unconfigured';
      const claim = claimOf(cookie) ?? noClaim;
      const isGood = isSealed(cookie, { ...claim, proof: token }, token) && isAhead(claim.endsAt, clock);
      return isGood ? callerOfTheOneToken : 'rejected';
    },
    async openSession(authorization) {
      const token = await source();
      if (token === undefined) return 'unconfigured';
      const admission = await verifyToken(authorization, async () => token);
      if (admission !== 'admitted') return admission;
      const endsAt = clock.wallTime() + sessionMs;
      const cookie = sealSession({ tokenId: 'token', proof: token, endsAt }, token);
      return { caller: callerOfTheOneToken, cookie, endsAt, tag: tagOf(token) };
    },
  };
}

/** A token that no caller has. An unknown one is compared with it, so that it takes as long as a wrong one. */
const noToken: Pick<KnownToken, 'hmac' | 'expiresAt'> = { hmac: '0'.repeat(64) };

/** The sessions of an installation whose callers have their own tokens. */
export function sessionsByToken({ tokens, pepper, clock }: TokenParts): Sessions {
  const read = async () => {
    const [book, secret] = await Promise.all([tokens(), pepper().catch(() => undefined)]);
    return book === undefined || secret === undefined ? undefined : { book, secret };
  };
  return {
    async identifySession(cookie) {
      const known = await read();
      if (known === undefined) return 'unconfigured';
      const claim = claimOf(cookie) ?? noClaim;
      const token = known.book.get(claim.tokenId);
      const { hmac, expiresAt } = token ?? noToken;
      const isRight = isSealed(cookie, { ...claim, proof: hmac }, known.secret);
      const isGood = isRight && isAhead(claim.endsAt, clock) && isAhead(expiresAt, clock);
      return token !== undefined && isGood ? token.caller : 'rejected';
    },
    async openSession(authorization) {
      const known = await read();
      if (known === undefined) return 'unconfigured';
      const { book, secret } = known;
      const callers = callersByToken({ tokens: async () => book, pepper: async () => secret, clock });
      const caller = await callers.identify(authorization);
      if (typeof caller === 'string') return caller;
      const tokenId = tokenIdOf(bearerOf(authorization)) ?? '';
      const { hmac, expiresAt } = book.get(tokenId) ?? noToken;
      const endsAt = Math.min(clock.wallTime() + sessionMs, expiresAt ?? Number.POSITIVE_INFINITY);
      const cookie = sealSession({ tokenId, proof: hmac, endsAt }, secret);
      return { caller, endsAt, cookie, tag: tagOf(secret) };
    },
  };
}

/** Whether a time lies ahead. None always does. */
function isAhead(at: number | undefined, clock: Clock): boolean {
  return clock.wallTime() < (at ?? Number.POSITIVE_INFINITY);
}
