import { tokenIdOf } from '../../shared/access/api-token.ts';
import { bearerOf } from '../../shared/access/bearer-token.ts';
import { claimOf } from '../../shared/access/session.ts';
import type { Sessions } from '../../shared/access/sessions.ts';
import { configuredSessions } from '../console/configured-sessions.ts';
import { type ConsoleSurface, consoleSurface } from '../console/console-surface.ts';
import type { LambdaParts } from './lambda-gateway.ts';

/** The sessions of the console in the API. Another function serves the page, and no link is printed that signs in. */
export function lambdaConsole({
  callerParts,
  settings,
}: Pick<LambdaParts, 'callerParts' | 'settings'>): ConsoleSurface {
  const { publicUrl } = settings;
  return consoleSurface({ sessions: readingAhead(configuredSessions(callerParts), callerParts), publicUrl });
}

/** Reads the secret that a session is checked with in parallel with the configuration, so that both take as long as one. */
function readingAhead(
  sessions: Sessions,
  { oneToken, pepper }: Pick<LambdaParts['callerParts'], 'oneToken' | 'pepper'>,
): Sessions {
  const read = (isOneToken: boolean) => {
    const ahead = isOneToken ? oneToken() : pepper();
    ahead.catch(() => undefined);
  };
  return {
    identifySession(cookie) {
      read(claimOf(cookie)?.tokenId === 'token');
      return sessions.identifySession(cookie);
    },
    openSession(authorization) {
      read(tokenIdOf(bearerOf(authorization)) === undefined);
      return sessions.openSession(authorization);
    },
  };
}
