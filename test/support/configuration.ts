import { randomUUID } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createToken, hmacOf } from '../../shared/access/api-token.ts';
import { unrestrictedRights } from '../../shared/access/caller.ts';
import { freshFolder } from './process/temporary.ts';

/** A pepper for tests. */
export const pepper = 'a-pepper-of-more-than-32-characters';

/** The section `may` of someone who may do everything. */
export const mayAll = { connections: ['*'], actions: [...unrestrictedRights.actions] };

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

/** The path of a file of its own that holds the configuration. */
export function writeConfiguration(configuration: object): string {
  const folder = freshFolder();
  mkdirSync(folder, { recursive: true });
  const path = join(folder, `${randomUUID()}.json`);
  writeFileSync(path, JSON.stringify(configuration));
  return path;
}

/** A configuration in which `maya`, who is the person of the samples of Slack, may do everything. */
export function mayaOnSlack(more: object = {}, may: object = mayAll): object {
  return {
    callers: { maya: { kind: 'person', slack: [{ team_id: 'T111', user_id: 'W111' }], may } },
    slack: { team_id: 'T111', app_id: 'A111', channels: ['C111'], ...more },
  };
}
