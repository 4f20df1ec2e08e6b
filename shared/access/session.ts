import { createHmac, timingSafeEqual } from 'node:crypto';
import { keyFor } from './api-token.ts';

/** How long a session of the console lasts at most, in milliseconds. */
export const sessionMs = 8 * 3_600_000;

/** What a session rests on. If the token is changed, revoked or expires, the session is over. */
export interface SessionTerms {
  /** The id of the token; `token` in an installation with one token. */
  readonly tokenId: string;
  /** What changes with the token: its HMAC, or the one token itself. */
  readonly proof: string;
  /** When the session ends, in milliseconds since the epoch. */
  readonly endsAt: number;
}

const form = /^([0-9A-Za-z]{1,8})\.([1-9]\d{9,13})\.([\w-]{43})$/;

/** The value of the cookie: the id of the token, the end, and a MAC that only this installation can make. */
export function sealSession(terms: SessionTerms, secret: string): string {
  return `${terms.tokenId}.${terms.endsAt}.${macOf(terms, secret)}`;
}

/** The id and the end that a cookie claims; `undefined` if it has another form. The claim is worth nothing before it is checked. */
export function claimOf(cookie: string): Pick<SessionTerms, 'tokenId' | 'endsAt'> | undefined {
  const [, tokenId, endsAt] = form.exec(cookie) ?? [];
  return tokenId === undefined ? undefined : { tokenId, endsAt: Number(endsAt) };
}

/** Whether the cookie is a session of these terms that this installation made. */
export function isSealed(cookie: string, terms: SessionTerms, secret: string): boolean {
  const [, , , mac = ''] = form.exec(cookie) ?? [];
  const expected = macOf(terms, secret);
  return mac.length === expected.length && timingSafeEqual(Buffer.from(mac), Buffer.from(expected));
}

/** Eight characters that stand for the secret of an installation and give nothing of it away. */
export function tagOf(secret: string): string {
  return createHmac('sha256', keyFor('session name', secret)).digest('base64url').slice(0, 8);
}

function macOf({ tokenId, proof, endsAt }: SessionTerms, secret: string): string {
  return createHmac('sha256', keyFor('session', secret))
    .update(`${tokenId}\n${endsAt}\n${proof}`)
    .digest('base64url');
}
