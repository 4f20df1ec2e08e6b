import { createHash, timingSafeEqual } from 'node:crypto';

/** The source of an installation's one token; `undefined` if none is set. Never rejects. */
export type TokenSource = () => Promise<string | undefined>;

/** The result of checking an `Authorization` header. `unconfigured`: this installation has no token, so it admits no caller. */
export type TokenVerdict = 'admitted' | 'rejected' | 'unconfigured';

/** Checks an `Authorization` header against the one token. Takes the same time for every wrong token. */
export async function verifyToken(
  authorization: string | undefined,
  source: TokenSource,
): Promise<TokenVerdict> {
  const expected = await source();
  if (expected === undefined) return 'unconfigured';
  return timingSafeEqual(digest(bearerOf(authorization)), digest(expected)) ? 'admitted' : 'rejected';
}

/** The token in an `Authorization` header; empty if there is none. */
export function bearerOf(authorization: string | undefined): string {
  return /^Bearer +([\x21-\x7e]{1,512}) *$/i.exec(authorization ?? '')?.[1] ?? '';
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
