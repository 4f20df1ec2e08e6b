import { type Authenticator, callerOfOneToken, callersByToken } from '../access/authenticator.ts';
import type { TokenSource } from '../access/bearer-token.ts';
import type { Clock } from '../lib/clock.ts';
import type { ConfigurationSource } from './file/reload.ts';

/** What identifies callers. */
export interface CallerParts {
  readonly configuration: ConfigurationSource;
  /** The one token of an installation whose callers have no tokens of their own. */
  readonly oneToken: TokenSource;
  pepper(): Promise<string | undefined>;
  readonly clock: Clock;
}

/** The callers of the configuration in force. If it cannot be read, calloff admits no caller. */
export function configuredCallers({ configuration, oneToken, pepper, clock }: CallerParts): Authenticator {
  const one = callerOfOneToken(oneToken);
  return {
    async identify(authorization) {
      const current = await configuration.current();
      if (current === 'unreadable') return 'unconfigured';
      const { tokens } = current;
      if (tokens === 'one') return one.identify(authorization);
      return callersByToken({ tokens: async () => tokens, pepper, clock }).identify(authorization);
    },
  };
}
