import type { Phase } from '../contract/progress.ts';
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
      return `waiting ${Math.ceil(phase.forMs / 1_000)} s because of the rate limit of ${phase.provider}`;
    case 'asking':
      return "waiting for the user's answer";
  }
}
