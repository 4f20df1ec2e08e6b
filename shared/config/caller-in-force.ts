import { callerOfTheOneToken } from '../access/authenticator.ts';
import type { Caller } from '../access/caller.ts';
import type { Configuration } from './configuration.ts';

/** The surfaces without tokens: the ids of their callers begin with the surface. */
const localSurfaces = ['cli', 'stdio'] as const;

/**
 * The caller with this id by the rules in force, for work that goes on after its request; `undefined` if it is gone: it is not
 * configured any more, or nothing identifies it any more, because its tokens were revoked or have expired.
 * `now`: milliseconds since the epoch.
 */
export function callerInForce(id: string, configuration: Configuration, now: number): Caller | undefined {
  const { callers, tokens, slack } = configuration;
  if (tokens === 'one') {
    if (id === callerOfTheOneToken.id) return callerOfTheOneToken;
  } else {
    const caller = callers.get(id);
    const hasToken = [...tokens.values()].some(
      (token) => token.caller.id === id && now < (token.expiresAt ?? Number.POSITIVE_INFINITY),
    );
    const isOnSlack = typeof slack === 'object' && slack.people.some((person) => person.caller.id === id);
    if (caller !== undefined) return hasToken || isOnSlack ? caller : undefined;
  }
  const surface = localSurfaces.find((name) => id.startsWith(`${name}:`));
  return surface && { id, ...configuration[surface] };
}
