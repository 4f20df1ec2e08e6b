import { type Sessions, sessionsByToken, sessionsOfOneToken } from '../../shared/access/sessions.ts';
import type { CallerParts } from '../../shared/config/configured-callers.ts';

/** The sessions of the console, by the configuration in force. If it cannot be read, calloff admits no caller. */
export function configuredSessions({ configuration, oneToken, pepper, clock }: CallerParts): Sessions {
  const one = sessionsOfOneToken(oneToken, clock);
  const inForce = async () => {
    const current = await configuration.current();
    if (current === 'unreadable') return undefined;
    const { tokens } = current;
    return tokens === 'one' ? one : sessionsByToken({ tokens: async () => tokens, pepper, clock });
  };
  return {
    identifySession: async (cookie) => (await inForce())?.identifySession(cookie) ?? 'unconfigured',
    openSession: async (authorization) => (await inForce())?.openSession(authorization) ?? 'unconfigured',
  };
}
