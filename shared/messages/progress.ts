import type { Code } from '../contract/outcome.ts';
import type { Phase } from '../contract/progress.ts';
import { capitalized } from '../lib/text.ts';
import { countOfJobs } from './counts.ts';

/** What a call is doing, in a few words. */
export function phaseMessage(phase: Phase): string {
  switch (phase.kind) {
    case 'finding':
      return 'listing jobs';
    case 'checking':
      return `checking ${countOfJobs(phase.jobs)}`;
    case 'sending':
      return `sent ${phase.sent} of ${phase.jobs} cancels`;
    case 'watching':
      return phase.jobs === 0 ? 'recording the outcomes' : `waiting for ${countOfJobs(phase.jobs)} to end`;
    case 'held':
      return limitWait(phase.provider, phase.forMs);
    case 'asking':
      return "waiting for the user's answer";
  }
}

function limitWait(provider: string, ms: number): string {
  return `waiting ${Math.ceil(ms / 1_000)} s because of the rate limit of ${provider}`;
}

/** Says that nothing is sent at a connection for some milliseconds, because a limit of its provider is used up. */
export function limitWaitMessage(provider: string, ms: number): string {
  return `${capitalized(limitWait(provider, ms))}.`;
}

/** Why nothing is sent at a connection for a while. */
export interface HoldUp {
  readonly provider: string;
  readonly code: Code;
  readonly times: number;
  /** The time of the next attempt, RFC 3339. */
  readonly next: string;
}

const holdUps: Partial<Record<Code, (provider: string) => string>> = {
  rate_limited: (provider) => `${provider} asks calloff to wait`,
  credentials_rejected: (provider) => `${provider} did not accept the API key`,
  provider_not_configured: (provider) => `there is no usable API key for ${provider}`,
  unexpected_response: (provider) => `${provider} answered in a way its documentation does not allow`,
  internal: () => 'an internal error occurred in calloff',
};

/** Says why nothing is sent at a connection for a while, and when calloff tries again. */
export function heldUpMessage({ provider, code, times, next }: HoldUp): string {
  const why = holdUps[code]?.(provider) ?? `${provider} could not be reached or did not give a usable answer`;
  const often = times === 1 ? '' : ` ${times} times in a row`;
  return `${capitalized(why)}${often}. calloff tries again at ${next}.`;
}

/** Says that an operation is held at a connection that leads to another host, and how to accept that host. */
export function otherHostMessage(connection: string, operation: string): string {
  return `The connection ${connection} now leads to another host than when this operation began. calloff sends nothing and checks nothing there. If that host is right, pause ${operation} and resume it: that accepts the host. If not, correct the address of the connection.`;
}

/** Says that a round gave up the remaining jobs of a connection. */
export function gaveUpMessage(provider: string): string {
  return `calloff gave up the remaining jobs at ${provider} for now. They have an outcome that says why; resume the operation to try them again.`;
}
