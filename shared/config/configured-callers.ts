import {
  type Authenticator,
  callerOfOneToken,
  callersByToken,
  type Sessions,
} from '../access/authenticator.ts';
import type { TokenSource } from '../access/bearer-token.ts';
import type { Clock } from '../lib/clock.ts';
import type { ConfigurationSource } from './file/reload.ts';

/** What identifies callers. */
interface Parts {
  readonly configuration: ConfigurationSource;
  /** The one token of an installation whose callers have no tokens of their own. */
  readonly oneToken: TokenSource;
  pepper(): Promise<string | undefined>;
  readonly clock: Clock;
}

/** The callers of the configuration in force. If it cannot be read, calloff admits no caller. */
export function configuredCallers({
  configuration,
  oneToken,
  pepper,
  clock,
}: Parts): Authenticator & Sessions {
  const one = callerOfOneToken(oneToken, clock);
  const inForce = async () => {
    const current = await configuration.current();
    if (current === 'unreadable') return undefined;
    const { tokens } = current;
    return tokens === 'one' ? one : callersByToken({ tokens: async () => tokens, pepper, clock });
  };
  return {
    identify: async (authorization) => (await inForce())?.identify(authorization) ?? 'unconfigured',
    identifySession: async (cookie) => (await inForce())?.identifySession(cookie) ?? 'unconfigured',
    openSession: async (authorization) => (await inForce())?.openSession(authorization) ?? 'unconfigured',
  };
}
