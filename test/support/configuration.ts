import { everything } from '../../shared/access/caller.ts';
import { createToken, hmacOf } from '../../shared/access/caller-token.ts';

/** A pepper for tests. */
export const pepper = 'a-pepper-of-more-than-32-characters';

/** The section `may` of someone who may do everything. */
export const mayAll = { connections: ['*'], actions: [...everything.actions] };

/** A token, what to present, and its entry in a configuration. */
export function newToken(expires_at?: string) {
  const { token, id } = createToken();
  const entry = { id, hmac: hmacOf(token, pepper), ...(expires_at === undefined ? {} : { expires_at }) };
  return { token, id, entry, authorization: `Bearer ${token}` };
}

/** The text of a configuration in which `ada` may do everything with these tokens. */
export function adaWith(...tokens: readonly ReturnType<typeof newToken>[]): string {
  return JSON.stringify({
    callers: { ada: { kind: 'person', tokens: tokens.map(({ entry }) => entry), may: mayAll } },
  });
}
