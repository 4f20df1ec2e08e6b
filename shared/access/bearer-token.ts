import { createHash, timingSafeEqual } from 'node:crypto';

/** Where the one token of this installation comes from; `undefined` where none is set. Rejects never. */
export type TokenSource = () => Promise<string | undefined>;

/** What an `Authorization` header amounts to. `unconfigured`: this installation has no token, so nobody can come in. */
export type TokenVerdict = 'admitted' | 'rejected' | 'unconfigured';

/** Judges an `Authorization` header against the one token. Takes the same time for every wrong token. */
export async function verifyToken(
  authorization: string | undefined,
  source: TokenSource,
): Promise<TokenVerdict> {
  const expected = await source();
  if (expected === undefined) return 'unconfigured';
  return timingSafeEqual(digest(bearerOf(authorization)), digest(expected)) ? 'admitted' : 'rejected';
}

/** The token in an `Authorization` header; empty where there is none. */
export function bearerOf(authorization: string | undefined): string {
  return /^Bearer +([\x21-\x7e]{1,512}) *$/i.exec(authorization ?? '')?.[1] ?? '';
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
