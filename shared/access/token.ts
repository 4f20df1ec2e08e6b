import { createHash, timingSafeEqual } from 'node:crypto';

/** Where the one token of this installation comes from; `undefined` where none is set. Rejects never. */
export type TokenSource = () => Promise<string | undefined>;

/** What an `Authorization` header amounts to. `unconfigured`: this installation has no token, so nobody can come in. */
export type Admission = 'admitted' | 'rejected' | 'unconfigured';

/** Judges an `Authorization` header against the one token. Takes the same time for every wrong token. */
export async function admit(authorization: string | undefined, source: TokenSource): Promise<Admission> {
  const expected = await source();
  if (expected === undefined) return 'unconfigured';
  const presented = /^Bearer ([\x21-\x7e]{1,512})$/i.exec(authorization ?? '')?.[1] ?? '';
  return timingSafeEqual(digest(presented), digest(expected)) ? 'admitted' : 'rejected';
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
